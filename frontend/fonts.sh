#!/usr/bin/env bash
# Makes participants/copies/fonts/, what the copy to keep is set in; what it writes is committed. Needs Node and pip.
# From pinned packages whose fonts' licences (OFL, DejaVu's own) allow it, without what hints a screen only.
set -euo pipefail
cd "$(dirname "$0")"
out=$PWD/../participants/copies/fonts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet --disable-pip-version-check fonttools==4.68.0
fetch() { (cd "$work" && npm pack --silent "$1" > /dev/null && mkdir "$2" && tar xzf ./*.tgz -C "$2" --strip-components=1 && rm ./*.tgz); }
subset() {
  "$work/tools/bin/pyftsubset" "$work/$1" --unicodes="$2" --no-hinting --layout-features='*' \
    --drop-tables+=DSIG,FFTM,meta --notdef-outline --output-file="$out/$3"
}

fetch @expo-google-fonts/noto-sans@0.4.2 sans
fetch @expo-google-fonts/noto-sans-arabic@0.4.3 arabic
fetch @expo-google-fonts/noto-sans-hebrew@0.4.1 hebrew
fetch @expo-google-fonts/noto-emoji@0.4.7 emoji
fetch dejavu-fonts-ttf@2.37.3 dejavu

mkdir -p "$out"
letters=U+0000-0590,U+1AB0-1AFF,U+1C80-1C8F,U+1D00-1FFF,U+2000-2BFF,U+2C60-2C7F,U+2DE0-2E7F,U+A640-A69F,U+A700-A7FF,U+AB30-AB6F,U+FB00-FB0F,U+FE00-FE2F,U+FFFC-FFFD
subset sans/400Regular/NotoSans_400Regular.ttf "$letters" NotoSans-Regular.ttf
subset sans/700Bold/NotoSans_700Bold.ttf "$letters" NotoSans-Bold.ttf
subset arabic/400Regular/NotoSansArabic_400Regular.ttf '*' NotoSansArabic-Regular.ttf
subset hebrew/400Regular/NotoSansHebrew_400Regular.ttf '*' NotoSansHebrew-Regular.ttf
subset emoji/400Regular/NotoEmoji_400Regular.ttf '*' NotoEmoji-Regular.ttf
# Arrows, mathematics, ticks, Armenian, Georgian: what Noto keeps in fonts of their own.
subset dejavu/ttf/DejaVuSans.ttf \
  U+2000-2BFF,U+0530-058F,U+10A0-10FF,U+2C00-2C5F,U+2D00-2D2F,U+FFFD,U+1D538-1D7FF,U+1F030-1F0FF,U+4DC0-4DFF DejaVuSans.ttf
cp "$work/sans/LICENSE_FONT" "$out/LICENSE-NOTO"
cp "$work/dejavu/LICENSE" "$out/LICENSE-DEJAVU"
"$work/tools/bin/python" fallback_font.py "$out/StepChangeFallback.ttf"
