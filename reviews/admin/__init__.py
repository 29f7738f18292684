"""Reviewing in the office's console."""

from reviews.admin import choices, decisions, memberships, splits

__all__ = ["choices", "decisions", "memberships", "splits"]
