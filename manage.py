"""The command line of the portal."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run a management command; a wrong setting ends it with one plain message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_portal.settings.local")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"The portal's settings are not complete:\n{problem}")


if __name__ == "__main__":
    main()
