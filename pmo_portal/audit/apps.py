"""The app's name."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "pmo_portal.audit"
    label = "audit"
