"""The app's name."""

from django.apps import AppConfig


class DigestsConfig(AppConfig):
    name = "stakeholders.digests"
    label = "digests"
