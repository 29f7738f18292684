"""Participants in the office's console."""

from participants.admin import (
    compliance,
    entered,
    expressions,
    extensions,
    interest_cases,
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
    "interest_cases",
    "invitations",
    "people",
    "register",
    "resets",
    "suggestions",
]
