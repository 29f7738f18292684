"""References that people read aloud: eight characters none of which can be taken for another."""

import secrets

# Without vowels no reference spells a word; without 0 O 1 I L 2 Z 5 S 8 B none is misread.
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH = 8


def new_reference() -> str:
    """Return a new random reference, such as SC-7GKD4HTX (22^8, about 5 x 10^10, of them)."""
    return "SC-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_salt() -> str:
    """Return a new random salt: what makes a digest of few possible words tell none of them."""
    return secrets.token_hex(16)
