"""The production settings as they are, with static files collected outside the tree."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from pmo_portal.settings.base import *  # noqa: F403
from pmo_portal.settings.base import problems

STATIC_ROOT = Path(os.environ["JOURNEY_STATIC_ROOT"])
if found := problems():
    raise ImproperlyConfigured("\n".join(found))
