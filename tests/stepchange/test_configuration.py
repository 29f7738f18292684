"""Every bad value is refused with a message that says what to set, all at once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scripts.lint import PRODUCTION as COMPLETE
from stepchange.configuration import Configuration, ConfigurationError, Mode, is_trusted

ROOT = Path(__file__).resolve().parents[2]
KEYS = [Fernet.generate_key().decode() for _ in range(2)]


def refusals(environment: dict[str, str], base: Path) -> list[str]:
    """Return what the portal says is wrong with an environment; nothing when it may start."""
    try:
        Configuration.read(environment, base)
    except ConfigurationError as error:
        first, *problems = str(error).split("\n")
        assert first == f"The portal can't start in {environment['STEPCHANGE_MODE']} mode:"
        return [problem.removeprefix("  - ") for problem in problems]
    return []


def production(**changed: str) -> dict[str, str]:
    return COMPLETE | changed


class TestProduction:
    def test_starts_with_all_that_it_needs(self, tmp_path):
        read = Configuration.read(production(FIELD_KEYS=",".join(KEYS)), tmp_path)

        assert read.mode is Mode.PRODUCTION
        assert read.field_keys == tuple(KEYS)
        assert read.allowed_hosts == ("portal.example",)
        assert read.public_url == "https://portal.example"
        assert read.trusted_proxies == ()
        assert read.database["ENGINE"] == "stepchange.postgresql"
        assert (read.database["CONN_MAX_AGE"], read.database["CONN_HEALTH_CHECKS"]) == (60, True)
        assert not list(tmp_path.iterdir())  # it makes no keys of its own

    @pytest.mark.parametrize(
        ("variable", "message"),
        [
            ("SECRET_KEY", "SECRET_KEY is not set: a random text of 40 characters or more."),
            (
                "FIELD_KEYS",
                "FIELD_KEYS is not set: Fernet keys, newest first, separated by commas.",
            ),
            (
                "DATABASE_URL",
                "DATABASE_URL is not set: for example postgres://user:password@host:5432/name.",
            ),
            ("REDIS_URL", "REDIS_URL is not set: for example redis://host:6379/0."),
            (
                "EMAIL_URL",
                "EMAIL_URL is not set: for example smtp+tls://user:password@host:587.",
            ),
            (
                "EMAIL_FROM",
                "EMAIL_FROM is not set: "
                "for example Step-Change office <office@stepchange.example>.",
            ),
            ("OFFICE_EMAIL", "OFFICE_EMAIL is not set: for example office@stepchange.example."),
            (
                "PUBLIC_URL",
                "PUBLIC_URL is not set: the address people type, for example https://host.",
            ),
            (
                "ALLOWED_HOSTS",
                "ALLOWED_HOSTS is not set: the host names served, separated by commas.",
            ),
            (
                "TRUSTED_PROXIES",
                "TRUSTED_PROXIES is not set: "
                "the proxies' addresses or networks, or empty for none.",
            ),
        ],
    )
    def test_does_not_start_without(self, variable, message, tmp_path):
        missing = production()
        del missing[variable]

        assert refusals(missing, tmp_path) == [message]
        # Blank is missing too, but for the proxies, where it says that there are none.
        blank = [] if variable == "TRUSTED_PROXIES" else [message]
        assert refusals(production(**{variable: "  "}), tmp_path) == blank

    def test_names_everything_that_is_missing_at_once(self, tmp_path):
        assert [
            line.split()[0] for line in refusals({"STEPCHANGE_MODE": "production"}, tmp_path)
        ] == [
            "PUBLIC_URL",
            "SECRET_KEY",
            "FIELD_KEYS",
            "DATABASE_URL",
            "REDIS_URL",
            "EMAIL_URL",
            "EMAIL_FROM",
            "OFFICE_EMAIL",
            "ALLOWED_HOSTS",
            "TRUSTED_PROXIES",
        ]

    @pytest.mark.parametrize(
        ("variable", "value", "message"),
        [
            ("SECRET_KEY", "x" * 39, "SECRET_KEY has under 40 characters: too short."),
            (
                "FIELD_KEYS",
                f"{KEYS[0]}, nonsense",
                "FIELD_KEYS: key 2 is not a Fernet key (32 bytes, URL-safe base64; "
                "`python manage.py new_field_key` makes one).",
            ),
            (
                "FIELD_KEYS",
                "é" * 44,
                "FIELD_KEYS: key 1 is not a Fernet key (32 bytes, URL-safe base64; "
                "`python manage.py new_field_key` makes one).",
            ),
            ("FIELD_KEYS", " , ", "FIELD_KEYS holds no key."),
            ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS names no host."),
            (
                "DATABASE_URL",
                "sqlite:////tmp/portal.sqlite3",
                "DATABASE_URL names SQLite: production needs PostgreSQL.",
            ),
            *(
                (
                    "DATABASE_URL",
                    value,
                    "DATABASE_URL is neither a postgres:// nor a sqlite:/// address.",
                )
                for value in ("mysql://db/portal", "portal", "postgres//db", "://", "http://[")
            ),
            *(
                ("REDIS_URL", value, "REDIS_URL is not a redis:// or rediss:// address.")
                for value in ("amqp://queue", "queue:6379", "redis://[", "redis://queue:port/0")
            ),
            (
                "EMAIL_URL",
                "http://mail.example",
                "EMAIL_URL is not an address of a mail server: "
                "begin with smtp://, smtp+tls:// or smtp+ssl://.",
            ),
            (
                "EMAIL_URL",
                "consolemail://",
                "EMAIL_URL is not an address of a mail server: "
                "begin with smtp://, smtp+tls:// or smtp+ssl://.",
            ),
            (
                "EMAIL_URL",
                "smtp://mail.example:port",
                "EMAIL_URL is not an address of a mail server: "
                "begin with smtp://, smtp+tls:// or smtp+ssl://.",
            ),
            (
                "OFFICE_EMAIL",
                "the office",
                "OFFICE_EMAIL is no email address: write it like office@stepchange.example.",
            ),
            (
                "PUBLIC_URL",
                "http://portal.example",
                "PUBLIC_URL must begin with https:// in production.",
            ),
            *(
                ("PUBLIC_URL", value, "PUBLIC_URL is not of the form https://host (no path).")
                for value in (
                    "portal.example",
                    "https://",
                    "https://portal.example/path",
                    "https://portal.example?query",
                    "https://portal.example#part",
                    "https://somebody:secret@portal.example",
                    "https://[",
                    "https://portal.example:port",
                    "ftp://portal.example",
                )
            ),
            ("ALLOWED_HOSTS", "portal.example,*", "ALLOWED_HOSTS is '*': name the hosts."),
            (
                "ALLOWED_HOSTS",
                "other.example",
                "ALLOWED_HOSTS lacks portal.example, the host of PUBLIC_URL.",
            ),
            (
                "TRUSTED_PROXIES",
                "10.0.0.1, proxy.example",
                "TRUSTED_PROXIES: 'proxy.example' is no address or network.",
            ),
            (
                "TRUSTED_PROXIES",
                "0.0.0.0/0",
                "TRUSTED_PROXIES: '0.0.0.0/0' trusts everybody: name the proxies.",
            ),
            ("LOG_LEVEL", "CHATTY", "LOG_LEVEL is not DEBUG, INFO, WARNING or ERROR."),
        ],
    )
    def test_refuses(self, variable, value, message, tmp_path):
        assert refusals(production(**{variable: value}), tmp_path) == [message]

    @pytest.mark.parametrize("host", ["portal.example", ".example", "PORTAL.example"])
    def test_serves_a_public_host_that_it_allows(self, host, tmp_path):
        assert refusals(production(ALLOWED_HOSTS=host), tmp_path) == []

    @pytest.mark.filterwarnings("error")
    def test_never_repeats_a_secret(self, tmp_path):
        secret = "hunter2"
        environment = {
            name: secret + value[:5]
            for name, value in COMPLETE.items()
            if name != "STEPCHANGE_MODE"
        }
        environment |= {
            "STEPCHANGE_MODE": "production",
            "DATABASE_URL": f"mysql://portal:{secret}@db/portal",
            "EMAIL_URL": f"http://portal:{secret}@mail",
            "REDIS_URL": f"amqp://:{secret}@queue",
            "PUBLIC_URL": f"https://portal:{secret}@host",
            "ALLOWED_HOSTS": "*",
            "TRUSTED_PROXIES": "",
        }

        assert secret not in "".join(refusals(environment, tmp_path))

    def test_manage_py_says_it_and_stops(self):
        ran = subprocess.run(
            [sys.executable, "manage.py", "check"],
            env={"PATH": os.environ["PATH"], "STEPCHANGE_MODE": "production"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )

        assert ran.returncode == 1
        assert "The portal can't start in production mode:\n  - PUBLIC_URL is not set" in ran.stderr
        assert "Traceback" not in ran.stderr


class TestDemonstration:
    def test_starts_with_nothing(self, tmp_path):
        read = Configuration.read({}, tmp_path)

        assert read.mode is Mode.DEMONSTRATION
        assert read.public_url == "http://127.0.0.1:8000"
        assert read.allowed_hosts == ("127.0.0.1", "localhost", "[::1]")
        assert read.database["NAME"] == str(tmp_path / "var" / "portal.sqlite3")
        assert read.database["OPTIONS"] == {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
        assert (read.redis_url, read.email_url, read.log_level) == (None, "", "INFO")

    def test_follows_the_port(self, tmp_path):
        assert Configuration.read({"PORT": "8123"}, tmp_path).public_url == "http://127.0.0.1:8123"

    def test_makes_its_keys_once_and_keeps_them_to_itself(self, tmp_path):
        first, second = (Configuration.read({}, tmp_path) for _ in range(2))

        keys = tmp_path / "var" / "keys.json"
        assert (first.secret_key, first.field_keys) == (second.secret_key, second.field_keys)
        assert set(json.loads(keys.read_text())) == {"secret_key", "field_key"}
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        assert [path.name for path in keys.parent.iterdir()] == ["keys.json"]
        Fernet(first.field_keys[0])

    def test_keeps_its_files_where_it_is_told(self, tmp_path):
        read = Configuration.read({"STEPCHANGE_VAR": str(tmp_path / "elsewhere")}, tmp_path)

        assert read.var == tmp_path / "elsewhere"
        assert (tmp_path / "elsewhere" / "keys.json").exists()

    @pytest.mark.parametrize(
        ("variable", "value", "message"),
        [
            (
                "DATABASE_URL",
                "postgres://portal:secret@db.police.example/portal",
                "DATABASE_URL names a server: the demonstration keeps to SQLite in var/. Unset it.",
            ),
            (
                "EMAIL_URL",
                "smtp://mail.police.example",
                "EMAIL_URL names a mail server: the demonstration sends to nobody. Unset it.",
            ),
            (
                "PUBLIC_URL",
                "https://step-change.police.example",
                "PUBLIC_URL names a public host: the demonstration serves this machine only.",
            ),
            (
                "ALLOWED_HOSTS",
                "localhost,step-change.police.example",
                "ALLOWED_HOSTS names a public host: not in the demonstration.",
            ),
            ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS is '*': name the hosts."),
        ],
    )
    def test_refuses_what_smells_of_production(self, variable, value, message, tmp_path):
        environment = {"STEPCHANGE_MODE": "demonstration", variable: value}

        assert message in refusals(environment, tmp_path)

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("EMAIL_URL", "smtp://127.0.0.1:2525"),
            ("PUBLIC_URL", "http://localhost:8000"),
            ("PUBLIC_URL", "http://localhost:8000/"),
            ("ALLOWED_HOSTS", "localhost, 127.0.0.1"),
            ("DATABASE_URL", "sqlite:////tmp/portal.sqlite3"),
            ("LOG_LEVEL", "debug"),
        ],
    )
    def test_takes_what_stays_on_this_machine(self, variable, value, tmp_path):
        assert refusals({"STEPCHANGE_MODE": "demonstration", variable: value}, tmp_path) == []


class TestTest:
    def test_may_use_a_server(self, tmp_path):
        read = Configuration.read(
            {"STEPCHANGE_MODE": "test", "DATABASE_URL": "postgres://portal@127.0.0.1:5432/portal"},
            tmp_path,
        )

        assert read.database["HOST"] == "127.0.0.1"


class TestMode:
    @pytest.mark.parametrize("value", ["Production", "prod", "", " test"])
    def test_an_unknown_one_is_refused(self, value, tmp_path):
        with pytest.raises(ConfigurationError) as refusal:
            Configuration.read({"STEPCHANGE_MODE": value}, tmp_path)

        assert str(refusal.value) == (
            f"STEPCHANGE_MODE is {value!r}: set it to demonstration, test or production."
        )


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
URLS = st.builds(
    "{}://{}".format,
    st.sampled_from(["postgres", "sqlite", "smtp", "smtp+tls", "redis", "https", "mysql"]),
    TEXT,
)


@pytest.mark.filterwarnings("ignore:SQLite URL contains host component")
class TestAnyEnvironment:
    @examples(max_examples=300, deadline=None)
    @given(
        st.sampled_from(["production", "test", "demonstration"]),
        st.dictionaries(
            st.sampled_from([name for name in COMPLETE if name != "STEPCHANGE_MODE"]), TEXT | URLS
        ),
    )
    def test_is_taken_or_refused_with_a_message(self, tmp_path_factory, mode, changed):
        base = tmp_path_factory.getbasetemp() / "any"
        refusals(COMPLETE | {"STEPCHANGE_MODE": mode} | changed, base)


@pytest.mark.parametrize(
    ("address", "trusted"),
    [("10.1.2.3", True), ("11.0.0.1", False), ("::1", True), ("", False), ("proxy", False)],
)
def test_who_is_trusted(address, trusted):
    assert is_trusted(address, ("10.0.0.0/8", "::1")) is trusted
