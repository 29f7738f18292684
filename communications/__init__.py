"""Told when: the ledger that proves each message went out once, and messages to the office."""
