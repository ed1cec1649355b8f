"""The app's name."""

from django.apps import AppConfig


class MandateConfig(AppConfig):
    name = "mandate"
