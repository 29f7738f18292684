"""Reviewing over HTTP."""
