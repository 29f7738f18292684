"""The portal's settings in test mode, whoever starts pytest and from whichever environment."""

import os

os.environ["STEPCHANGE_MODE"] = "test"

from stepchange.settings import *
