"""The portal's settings in test mode, whoever starts pytest and from whichever environment."""

import os
from pathlib import Path

os.environ["STEPCHANGE_MODE"] = "test"
os.environ.setdefault("STEPCHANGE_VAR", str(Path(__file__).parent.parent / "var" / "test"))

from stepchange.settings import *
from stepchange.settings import DATABASES, PASSWORD_HASHERS, VAR

PASSWORD_HASHERS = ["tests.hashing.QuickArgon2", *PASSWORD_HASHERS]
PAGES_KEPT = 0  # tests change the world behind the record's back; tests of the keeping turn it on

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the demonstration: in memory, all threads would share one connection.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
