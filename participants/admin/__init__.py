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
    validation,
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
    "validation",
]
