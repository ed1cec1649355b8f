"""Registers the seals: taken off before each migrate, put back after it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.urls import register_converter

from pmo_portal.common import links


class CommonConfig(AppConfig):
    name = "pmo_portal.common"
    label = "common"

    def ready(self) -> None:
        from pmo_portal.common import checks  # noqa: PLC0415 (apps must be ready first)

        register_converter(links.Id, "id")
        pre_migrate.connect(checks.lift_seals, sender=self)
        post_migrate.connect(checks.lay_seals)
