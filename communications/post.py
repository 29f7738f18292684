"""Hands messages to the mail server and says for certain, or not, whether it took them.

The one thing that Django's backend does not tell: whether a broken connection broke before the
server could have accepted the message (try again) or after (only a person can know).
"""

import smtplib
from types import TracebackType
from typing import Any, Self

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.utils.translation import gettext as _

END_OF_MESSAGE = b"\r\n.\r\n"


class NotTaken(Exception):
    """The server did not take the message; the words say why."""


class NotNow(NotTaken):
    """It may take it later."""


class Unreachable(NotNow):
    """There is no conversation with the server at all: no message will fare better now."""


class Never(NotTaken):
    """It will never take it."""


class InDoubt(Exception):
    """The whole message went out and no answer came back: it may have been taken."""


class _Telling:
    """Remembers, for smtplib's clients, whether the final dot of the present message went out."""

    handed_over = False

    def sendmail(self, *args: Any, **kwargs: Any) -> Any:
        """Begin anew with each message."""
        self.handed_over = False
        return super().sendmail(*args, **kwargs)  # type: ignore[misc]  # the mixin's base

    def send(self, s: Any) -> None:
        """Send, and notice the dot. No command ends so; if sending fails, it did not go out."""
        super().send(s)  # type: ignore[misc]  # the mixin's base
        if isinstance(s, bytes) and s.endswith(END_OF_MESSAGE):
            self.handed_over = True


class _SMTP(_Telling, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Telling, smtplib.SMTP_SSL):
    pass


class SMTPBackend(smtp.EmailBackend):
    """Django's SMTP backend, which can tell whether a message was handed over."""

    connection: Any

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the client that remembers the dot."""
        return _SMTPOverTLS if self.use_ssl else _SMTP

    def open(self) -> bool | None:
        """Open the connection and greet, so that no message is begun with a server that won't talk."""
        opened = super().open()
        if opened:
            self.connection.ehlo_or_helo_if_needed()
        return opened

    @property
    def handed_over(self) -> bool:
        """Say whether the message last begun went out to its final dot."""
        return self.connection is not None and self.connection.handed_over

    def drop(self) -> None:
        """Let go of a connection that can't be spoken through any more."""
        if self.connection is not None:
            smtplib.SMTP.close(self.connection)
            self.connection = None


class Post:
    """At most one connection to the mail server, for one batch, opened when first needed.

    Works with any of Django's backends; one without `handed_over` leaves every failure in doubt.
    """

    def __init__(self) -> None:
        self._backend: Any = get_connection()
        self._failure: Unreachable | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._backend.close()
        except OSError:
            self._drop()

    @property
    def is_unreachable(self) -> bool:
        """Say whether the server could not be spoken to."""
        return self._failure is not None

    def connect(self) -> None:
        """Open the connection unless it is open. Raises Unreachable, and asks no second time."""
        if self._failure:
            raise self._failure
        try:
            self._backend.open()
        except OSError as error:  # all of smtplib's errors are
            self._drop()
            self._failure = Unreachable(_words(error))
            raise self._failure from error

    def hand_over(self, message: EmailMessage) -> None:
        """Give the server one message. Raises NotNow, Never or InDoubt."""
        try:
            self._backend.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise self._by_code(code, answer) from error
        except smtplib.SMTPResponseException as error:
            raise self._by_code(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Never(_words(error)) from error
        except Exception as error:
            in_doubt = getattr(self._backend, "handed_over", True)
            self._drop()
            if in_doubt:
                raise InDoubt(_words(error)) from error
            raise NotNow(_words(error)) from error

    def _by_code(self, code: int, answer: bytes | str) -> NotTaken | InDoubt:
        words = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
        said = _("The mail server said %(code)d %(words)s") % {"code": code, "words": words}
        if 500 <= code < 600:
            return Never(said)
        in_doubt = not 400 <= code < 500 and getattr(self._backend, "handed_over", True)
        if code == 421 or not 400 <= code < 500:
            self._drop()
        return InDoubt(said) if in_doubt else NotNow(said)

    def _drop(self) -> None:
        if hasattr(self._backend, "drop"):
            self._backend.drop()


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
