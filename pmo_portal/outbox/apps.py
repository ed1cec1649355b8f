"""The app's name."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "pmo_portal.outbox"
    label = "outbox"
