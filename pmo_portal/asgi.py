"""The door for ASGI servers; production settings unless told otherwise."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_portal.settings.base")

application = get_asgi_application()
