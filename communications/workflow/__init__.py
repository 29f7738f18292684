"""The only functions that change the ledger and the messages to the office."""

from communications.workflow.contact import receive_message
from communications.workflow.deriving import address_key, derive, queue
from communications.workflow.restores import generation, hold_after_a_restore, release
from communications.workflow.sending import (
    CLAIM_LASTS,
    MOST_ATTEMPTS,
    OVERTAKEN,
    SENDING_LASTS,
    claim_due,
    confirm_sent,
    let_go,
    pause,
    recover,
    resend,
    send,
    sweep,
)
from communications.workflow.tables import EMAIL, GENERATION

__all__ = [
    "CLAIM_LASTS",
    "EMAIL",
    "GENERATION",
    "MOST_ATTEMPTS",
    "OVERTAKEN",
    "SENDING_LASTS",
    "address_key",
    "claim_due",
    "confirm_sent",
    "derive",
    "generation",
    "hold_after_a_restore",
    "let_go",
    "pause",
    "queue",
    "receive_message",
    "recover",
    "release",
    "resend",
    "send",
    "sweep",
]
