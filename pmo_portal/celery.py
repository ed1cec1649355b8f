"""The Celery app and its one-minute tick: each ground or wing that the clock knocks at, by name."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_portal.settings.base")

app = Celery("pmo_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

EVERY_MINUTE = 60.0
app.conf.beat_schedule = {
    name: {"task": name, "schedule": EVERY_MINUTE, "options": {"expires": EVERY_MINUTE}}
    for name in ("outbox.tick", "digests.tick", "audit.tick", "paper.tick")
}
