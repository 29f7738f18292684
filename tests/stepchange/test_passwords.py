"""Passwords that attackers try first are refused, plain or in disguise; passphrases are not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from argon2 import Type
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string

from stepchange import passwords
from stepchange import settings as shipped
from stepchange.configuration import Configuration, ConfigurationError

REFUSED = [
    "password1234",
    "PassWord1234",
    "P@ssw0rd2018!!",
    "  liverpool2018  ",
    "2018liverpool!",
    "L1verp00l!!!!",
    "qwertyuiopas",
    "1qaz2wsx3edc",
    "abcdefghijklm",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabc",
    "112233445566",
    "dragondragondragon",
    "monkeydragon",
    "nogardyeknom",
    "stepchange2026!",
    "Step-Change 2026",
    "trustno1trustno1",
    "".join(chr(ord(sign) + 0xFEE0) for sign in "password1234"),
]
ACCEPTED = [
    "warm-woolly-jumpers-for-kayaks",
    "a long walk by the harbour",
    "coffee tin fish",
    "four grey herons by a weir",
    "correct horse battery staple",
    "Xk9#vTq2!mZp",
    "liverpool and 17 otters",
    "мокрая лошадь поёт",
    "密码是一条很长的河流经过山谷",
    "🦆🌊🚲🧀 dull moon",
]


@pytest.mark.parametrize("password", REFUSED)
def test_what_is_tried_first_is_refused_with_what_to_do(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert any("three random words" in message for message in refused.value.messages)


@pytest.mark.parametrize("password", ACCEPTED)
def test_a_good_one_is_taken(password):
    validate_password(password)


@pytest.mark.parametrize(
    "password", ["\0" * 12, "x" * 1_000_000, "ab" * 64, "\ud800" * 12, "e\u0301" * 20]
)
def test_hostile_ones_are_answered(password):
    with pytest.raises(ValidationError):
        validate_password(password)


def test_the_list_is_that_of_breaches_and_in_lower_case():
    known = passwords._known()
    assert len(known) > 19_000
    assert {"password", "letmein", "qwerty", "liverpool"} <= known


@pytest.mark.parametrize("form", ["plain", "digests"])
def test_a_larger_list_is_packed_and_looked_in(settings, tmp_path: Path, form: str, capsys):
    known = [f"a quite good phrase {number}" for number in range(500)]
    lines = known
    if form == "digests":
        lines = [
            f"{hashlib.sha1(each.encode()).hexdigest().upper()}:{number + 1}"  # noqa: S324
            for number, each in enumerate(known)
        ]
    source, packed = tmp_path / "list.txt", tmp_path / "packed"
    source.write_text("\n".join(lines) + "\n")
    call_command("pack_breached_passwords", str(source), str(packed))
    assert packed.stat().st_size == 500 * passwords.DIGEST_BYTES
    settings.BREACHED_PASSWORDS = str(packed)
    for each in (known[0], known[250], known[-1]):
        with pytest.raises(ValidationError):
            validate_password(each)
    validate_password("a quite good phrase 500")

    if form == "digests":
        call_command("pack_breached_passwords", str(source), str(packed), "--least", "401")
        assert packed.stat().st_size == 100 * passwords.DIGEST_BYTES


def test_an_empty_or_missing_list_is_refused(tmp_path: Path):
    empty = tmp_path / "empty"
    empty.touch()
    for path in (empty, tmp_path / "none"):
        with pytest.raises(CommandError):
            call_command("pack_breached_passwords", str(path), str(tmp_path / "packed"))
        with pytest.raises(ConfigurationError, match="BREACHED_PASSWORDS names no file"):
            Configuration.read(
                {"STEPCHANGE_MODE": "test", "BREACHED_PASSWORDS": str(path)}, tmp_path
            )


def test_they_are_hashed_at_the_cost_that_owasp_asks_for():
    """OWASP's Password Storage Cheat Sheet: Argon2id with at least 19 MiB, two rounds, one thread."""
    hasher = import_string(shipped.PASSWORD_HASHERS[0])()
    cost = hasher.params()

    assert cost.type is Type.ID
    assert cost.memory_cost >= 19 * 1024
    assert cost.time_cost >= 2
    assert cost.parallelism >= 1
