"""Participants in the office's console."""

from participants.admin import expressions, invitations, resets

__all__ = ["expressions", "invitations", "resets"]
