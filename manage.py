#!/usr/bin/env python
"""Run a management command of the portal."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepchange.settings")
    from django.core.management import execute_from_command_line

    from stepchange.configuration import ConfigurationError

    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as refusal:
        sys.exit(str(refusal))
