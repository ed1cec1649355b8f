"""The app's name: one app, one migration chain, many rooms."""

from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    name = "stakeholders"
