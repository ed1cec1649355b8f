"""The door for WSGI servers; production settings unless told otherwise."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_portal.settings.base")

application = get_wsgi_application()
