"""Participants in the office's console."""

from participants.admin import (
    entered,
    expressions,
    extensions,
    interest_cases,
    invitations,
    resets,
)

__all__ = ["entered", "expressions", "extensions", "interest_cases", "invitations", "resets"]
