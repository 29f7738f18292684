#!/usr/bin/env bash
# Builds static/stepchange/ from this folder; what it writes is committed. Run by `make assets`; needs Node.
set -euo pipefail
cd "$(dirname "$0")"
out=../static/stepchange
export LC_ALL=C

[ -d node_modules ] && [ node_modules -nt package-lock.json ] || { npm ci --ignore-scripts --no-audit --no-fund; touch node_modules; }
mkdir -p "$out"

sass() { npx --no-install sass --no-source-map --style=compressed --quiet-deps "$1" "$2"; }
sass portal.scss "$out/portal.css"
sass console.scss "$out/console.css"

for script in portal organisation offer passkeys; do
  npx --no-install esbuild "$script.js" --bundle --minify --format=esm --target=es2019 \
    --charset=utf8 --legal-comments=none --log-level=warning --outfile="$out/$script.js"
done
# Its own map is not shipped with it.
sed -i '/^\/\/# sourceMappingURL=/d' "$out"/*.js

# What it was built from: the versions, and a digest of the sources, so that a test sees a forgotten build.
{
  node -p "const p = require('./package.json'); ['stepchange-frontend ' + p.version, 'govuk-frontend ' + p.dependencies['govuk-frontend'], 'accessible-autocomplete ' + p.dependencies['accessible-autocomplete']].join('\n')"
  echo "sources $(cat portal.scss console.scss portal.js organisation.js offer.js passkeys.js package.json package-lock.json scss/*.scss | sha256sum | cut -d' ' -f1)"
} > "$out/version.txt"
