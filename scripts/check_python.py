"""Refuse a Python that the portal does not run on, in words any Python 3 can say.

Its syntax stays old on purpose: an interpreter that is too old must be able to read it.
"""

import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def complaint(version: "tuple[int, int]") -> "str | None":
    """Say what is wrong with this (major, minor), or nothing."""
    if OLDEST <= tuple(version) <= NEWEST:
        return None
    major, minor = version
    trouble = "too old" if tuple(version) < OLDEST else "newer than any that we test"
    return (
        f"Python {major}.{minor} is {trouble}: Step-Change runs on Python 3.11, 3.12 or 3.13.\n"
        "If you have one of them, name it:  make run PYTHON=python3.11"
    )


if __name__ == "__main__":
    sys.exit(complaint(sys.version_info[:2]))
