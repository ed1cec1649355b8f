"""The app's name."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "pmo_portal.journal"
    label = "journal"
