"""What the machine tells the portal: environment variables, read once, typed, and refused with a message.

Every variable is listed in `docs/deploy.md`. Production starts only when all that it needs is given;
the demonstration makes its own keys and refuses anything that smells of production.
"""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host
from environ import Env

DATABASES = ("postgres", "postgresql", "sqlite")
MAIL_SERVERS = ("smtp", "smtp+tls", "smtp+ssl")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_SECRET = 40


class Mode(StrEnum):
    """How the portal runs; chosen by STEPCHANGE_MODE."""

    DEMONSTRATION = "demonstration"
    TEST = "test"
    PRODUCTION = "production"


class ConfigurationError(ImproperlyConfigured):
    """The environment does not describe a portal that may start; the message says what to set."""


@dataclass(frozen=True)
class Configuration:
    """One validated reading of the environment."""

    mode: Mode
    secret_key: str
    field_keys: tuple[str, ...]
    database: dict[str, Any]
    redis_url: str | None
    email_url: str
    email_from: str
    office_email: str
    public_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    breached_passwords: str
    log_level: str
    var: Path

    @classmethod
    def read(cls, environment: Mapping[str, str], base: Path) -> "Configuration":
        """Return the configuration that `environment` describes.

        Raises ConfigurationError naming every variable that is missing or wrong, all at once.
        In the demonstration it may write keys into `var/`.
        """
        return _Reading(environment, base).configuration()


class _Reading:
    """One pass over the environment that collects every problem before it refuses."""

    def __init__(self, environment: Mapping[str, str], base: Path) -> None:
        self.environment = environment
        self.problems: list[str] = []
        self.var = Path(environment.get("STEPCHANGE_VAR") or base / "var")
        self.mode = self._mode()

    def configuration(self) -> Configuration:
        public_url = self._public_url()
        read = Configuration(
            mode=self.mode,
            secret_key=self._secret_key(),
            field_keys=self._field_keys(),
            database=self._database(),
            redis_url=self._redis_url(),
            email_url=self._email_url(),
            email_from=self._address(
                "EMAIL_FROM", "Step-Change office <office@stepchange.example>"
            ),
            office_email=self._address("OFFICE_EMAIL", "office@stepchange.example"),
            public_url=public_url,
            allowed_hosts=self._allowed_hosts(public_url),
            trusted_proxies=self._trusted_proxies(),
            breached_passwords=self._breached_passwords(),
            log_level=self._log_level(),
            var=self.var,
        )
        if self.problems:
            listed = "\n".join(f"  - {problem}" for problem in self.problems)
            raise ConfigurationError(f"The portal can't start in {self.mode} mode:\n{listed}")
        return read

    def _mode(self) -> Mode:
        value = self.environment.get("STEPCHANGE_MODE", Mode.DEMONSTRATION)
        try:
            return Mode(value)
        except ValueError:
            raise ConfigurationError(
                f"STEPCHANGE_MODE is {value!r}: set it to demonstration, test or production."
            ) from None

    def _given(self, name: str, needed: str) -> str:
        """Return the variable, or note that production lacks it (`needed` says what it is)."""
        value = self.environment.get(name, "").strip()
        if not value and self.mode is Mode.PRODUCTION:
            self.problems.append(f"{name} is not set: {needed}.")
        return value

    def _secret_key(self) -> str:
        value = self._given("SECRET_KEY", f"a random text of {SHORTEST_SECRET} characters or more")
        if value and len(value) < SHORTEST_SECRET:
            self.problems.append(f"SECRET_KEY has under {SHORTEST_SECRET} characters: too short.")
        return value or self._own_keys()["secret_key"]

    def _field_keys(self) -> tuple[str, ...]:
        value = self._given("FIELD_KEYS", "Fernet keys, newest first, separated by commas")
        keys = tuple(key.strip() for key in value.split(",") if key.strip())
        if value and not keys:
            self.problems.append("FIELD_KEYS holds no key.")
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                self.problems.append(
                    f"FIELD_KEYS: key {position} is not a Fernet key "
                    "(32 bytes, URL-safe base64; `python manage.py new_field_key` makes one)."
                )
        return keys or (self._own_keys()["field_key"],)

    def _own_keys(self) -> dict[str, str]:
        """Return the keys that the demonstration and the tests make for themselves."""
        if self.mode is Mode.PRODUCTION:
            return {"secret_key": "", "field_key": ""}
        path = self.var / "keys.json"
        if not path.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            made = {
                "secret_key": secrets.token_urlsafe(50),
                "field_key": Fernet.generate_key().decode(),
            }
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(made))
            draft.chmod(0o600)
            try:
                os.link(draft, path)  # the first process to start wins
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        keys: dict[str, str] = json.loads(path.read_text())
        return keys

    def _database(self) -> dict[str, Any]:
        value = self._given("DATABASE_URL", "for example postgres://user:password@host:5432/name")
        if not value:
            return _sqlite(self.var / "portal.sqlite3")
        parsed: dict[str, Any] = {}
        parts = _split(value)
        if parts and parts.scheme in DATABASES:  # environ warns of others with their password
            with suppress(ValueError, KeyError, ImproperlyConfigured):
                parsed = dict(Env.db_url_config(value))
        engine = str(parsed.get("ENGINE", ""))
        if engine.endswith("sqlite3"):
            if self.mode is Mode.PRODUCTION:
                self.problems.append("DATABASE_URL names SQLite: production needs PostgreSQL.")
            return _sqlite(Path(str(parsed["NAME"])))
        if not engine.endswith("postgresql"):
            self.problems.append("DATABASE_URL is neither a postgres:// nor a sqlite:/// address.")
        elif self.mode is Mode.DEMONSTRATION:
            self.problems.append(
                "DATABASE_URL names a server: the demonstration keeps to SQLite in var/. Unset it."
            )
        # Compiling a statement takes PostgreSQL longer than answering any of ours.
        options = {"options": "-c jit=off"} | parsed.get("OPTIONS", {})
        kept = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
        return parsed | {"ENGINE": "stepchange.postgresql", "OPTIONS": options} | kept

    def _redis_url(self) -> str | None:
        value = self._given("REDIS_URL", "for example redis://host:6379/0")
        parts = _split(value)
        if value and (parts is None or parts.scheme not in {"redis", "rediss", "unix"}):
            self.problems.append("REDIS_URL is not a redis:// or rediss:// address.")
        return value or None

    def _email_url(self) -> str:
        value = self._given("EMAIL_URL", "for example smtp+tls://user:password@host:587")
        if not value:
            return ""
        parts = _split(value)
        known = MAIL_SERVERS if self.mode is Mode.PRODUCTION else Env.EMAIL_SCHEMES
        if parts is None or parts.scheme not in known:
            self.problems.append(
                "EMAIL_URL is not an address of a mail server: "
                "begin with smtp://, smtp+tls:// or smtp+ssl://."
            )
            return ""
        if self.mode is Mode.DEMONSTRATION and parts.hostname not in LOOPBACK_HOSTS:
            self.problems.append(
                "EMAIL_URL names a mail server: the demonstration sends to nobody. Unset it."
            )
        return value

    def _address(self, name: str, example: str) -> str:
        """Return an email address; the demonstration and the tests have the example's."""
        value = self._given(name, f"for example {example}")
        if value and "@" not in parseaddr(value)[1]:
            self.problems.append(f"{name} is no email address: write it like {example}.")
        return value or example

    def _public_url(self) -> str:
        value = self._given("PUBLIC_URL", "the address people type, for example https://host")
        if not value:
            port = self.environment.get("PORT") or "8000"
            return "" if self.mode is Mode.PRODUCTION else f"http://127.0.0.1:{port}"
        parts = _split(value)
        if parts is None or not _is_bare_address(parts):
            self.problems.append("PUBLIC_URL is not of the form https://host (no path).")
        elif self.mode is Mode.PRODUCTION and parts.scheme != "https":
            self.problems.append("PUBLIC_URL must begin with https:// in production.")
        elif self.mode is Mode.DEMONSTRATION and parts.hostname not in LOOPBACK_HOSTS:
            self.problems.append(
                "PUBLIC_URL names a public host: the demonstration serves this machine only."
            )
        return value.rstrip("/")

    def _allowed_hosts(self, public_url: str) -> tuple[str, ...]:
        value = self._given("ALLOWED_HOSTS", "the host names served, separated by commas")
        hosts = tuple(host.strip() for host in value.split(",") if host.strip())
        if value and not hosts:
            self.problems.append("ALLOWED_HOSTS names no host.")
        if "*" in hosts:
            self.problems.append("ALLOWED_HOSTS is '*': name the hosts.")
        if self.mode is Mode.DEMONSTRATION and set(hosts) - LOOPBACK_HOSTS:
            self.problems.append("ALLOWED_HOSTS names a public host: not in the demonstration.")
        if self.mode is Mode.PRODUCTION:
            public = _split(public_url)
            if hosts and public and public.hostname and not validate_host(public.hostname, hosts):
                self.problems.append(
                    f"ALLOWED_HOSTS lacks {public.hostname}, the host of PUBLIC_URL."
                )
            return hosts
        return hosts or (*sorted(LOOPBACK_HOSTS - {"::1"}), "[::1]")

    def _trusted_proxies(self) -> tuple[str, ...]:
        value = self.environment.get("TRUSTED_PROXIES", "").strip()
        proxies = tuple(proxy.strip() for proxy in value.split(",") if proxy.strip())
        if self.mode is Mode.PRODUCTION and "TRUSTED_PROXIES" not in self.environment:
            self.problems.append(
                "TRUSTED_PROXIES is not set: the proxies' addresses or networks, or empty for none."
            )
        for proxy in proxies:
            try:
                network = ip_network(proxy, strict=False)
            except ValueError:
                self.problems.append(f"TRUSTED_PROXIES: {proxy!r} is no address or network.")
            else:
                if network.prefixlen == 0:
                    self.problems.append(
                        f"TRUSTED_PROXIES: {proxy!r} trusts everybody: name the proxies."
                    )
        return proxies

    def _breached_passwords(self) -> str:
        value = self.environment.get("BREACHED_PASSWORDS", "").strip()
        if value and not (Path(value).is_file() and Path(value).stat().st_size):
            self.problems.append(
                "BREACHED_PASSWORDS names no file: make one with manage.py pack_breached_passwords."
            )
        return value

    def _log_level(self) -> str:
        value = self.environment.get("LOG_LEVEL", "INFO").upper()
        if value not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            self.problems.append("LOG_LEVEL is not DEBUG, INFO, WARNING or ERROR.")
        return value


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL, or nothing when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read to be checked
    except ValueError:
        return None
    return parts


def _is_bare_address(parts: SplitResult) -> bool:
    """Say whether a URL names a web server and nothing more."""
    more = (parts.path.strip("/"), parts.query, parts.fragment, parts.username, parts.password)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(more)


def is_address(text: str) -> bool:
    """Say whether `text` is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_trusted(address: str, proxies: tuple[str, ...]) -> bool:
    """Say whether `address` belongs to one of the configured proxies."""
    return is_address(address) and any(
        ip_address(address) in ip_network(proxy, strict=False) for proxy in proxies
    )


def _sqlite(path: Path) -> dict[str, Any]:
    """SQLite as the embedded default: write-ahead log, immediate transactions, patient writers."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
