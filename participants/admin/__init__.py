"""Participants in the office's console."""

from participants.admin import (
    compliance,
    entered,
    expressions,
    extensions,
    invitations,
    people,
    register,
    resets,
    suggestions,
)

__all__ = [
    "compliance",
    "entered",
    "expressions",
    "extensions",
    "invitations",
    "people",
    "register",
    "resets",
    "suggestions",
]
