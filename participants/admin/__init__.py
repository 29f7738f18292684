"""Participants in the office's console."""

from participants.admin import (
    entered,
    expressions,
    extensions,
    invitations,
    resets,
    validation,
)

__all__ = ["entered", "expressions", "extensions", "invitations", "resets", "validation"]
