"""A real SMTP server on this machine that can be told to misbehave, and keeps what it accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from scripts.services import free_port

DROP = "drop the connection"
SILENCE = "say nothing"


@dataclass
class Sink:
    """What it answers to each step; `at_dot` is its answer to the whole message."""

    port: int
    at_greeting: str = ""
    at_recipient: str = ""
    at_dot: str = ""
    keeps_before_dropping: bool = True
    recipients_at: dict[str, tuple[str, str]] = field(default_factory=dict)
    """For one recipient alone: at which step ("recipient", "dot") it does what."""
    pause_at_dot: float = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, host: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = host
        answer = await self._misbehave(server, self.at_greeting)
        return [answer] if answer else responses

    async def handle_HELO(
        self, server: SMTP, session: Session, _envelope: Envelope, host: str
    ) -> str:
        session.host_name = host
        return await self._misbehave(server, self.at_greeting) or "250 Good day"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if answer := await self._misbehave(server, self._how("recipient", [address])):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 Yes"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        how = self._how("dot", envelope.rcpt_tos)
        await asyncio.sleep(self.pause_at_dot)
        refused = how[:1] in {"4", "5"}
        if not refused and (how != DROP or self.keeps_before_dropping):
            content = envelope.original_content or b""
            self.letters.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        return await self._misbehave(server, how) or "250 Kept"

    def _how(self, step: str, recipients: list[str]) -> str:
        at, how = self.recipients_at.get(recipients[0], ("", ""))
        everybody = self.at_recipient if step == "recipient" else self.at_dot
        return how if at == step else everybody

    async def _misbehave(self, server: SMTP, how: str) -> str:
        if how == SILENCE:
            await asyncio.sleep(3600)
        if how == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 Nobody hears this"
        return how

    def behave(self) -> None:
        """Answer as a good server does from now on."""
        self.at_greeting = self.at_recipient = self.at_dot = ""
        self.recipients_at.clear()
        self.pause_at_dot = 0

    def forget(self) -> None:
        """Behave, and forget what was accepted."""
        self.behave()
        self.letters.clear()
        self.recipients.clear()


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Run a sink while the block lasts."""
    sink = Sink(port=free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
