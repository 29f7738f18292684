"""Reviewing in the office's console."""

from reviews.admin import memberships

__all__ = ["memberships"]
