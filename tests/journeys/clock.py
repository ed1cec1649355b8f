"""The portal's own Celery app, with a minute of two seconds: a journey must not wait a whole one for the clock."""

from pmo_portal.celery import app

MINUTE = 2.0
for entry in app.conf.beat_schedule.values():
    entry["schedule"] = MINUTE

__all__ = ["app"]
