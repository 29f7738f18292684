"""Participants in the office's console."""

from participants.admin import entered, expressions, extensions, invitations, people, resets

__all__ = ["entered", "expressions", "extensions", "invitations", "people", "resets"]
