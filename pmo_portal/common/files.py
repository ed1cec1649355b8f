"""Reading a file that somebody names on a command line."""

from pathlib import Path

from django.utils.translation import gettext as _

from pmo_portal.common.errors import RuleBroken


def bytes_of(path: Path, most: int) -> bytes:
    """The file's bytes; of one that is larger than `most` bytes one more than that, which shows it.

    Raises RuleBroken with words for a person when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        words = _("There is no file %(path)s.")
    except IsADirectoryError:
        words = _("%(path)s is a folder: please name the file in it.")
    except (OSError, ValueError):
        words = _("The file %(path)s cannot be read.")
    raise RuleBroken(words % {"path": path})
