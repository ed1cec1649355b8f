"""The project: roof and ground of the house, no business."""

from pmo_portal.celery import app as celery_app

__all__ = ["celery_app"]
