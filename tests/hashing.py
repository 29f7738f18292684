"""Passwords hashed as the portal hashes them, at a hundredth of the cost."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 for passwords of nobody: `tests/stepchange/test_passwords.py` asks what the portal takes."""

    time_cost, memory_cost, parallelism = 1, 64, 1
