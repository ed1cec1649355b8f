from django.apps import AppConfig


class PaperConfig(AppConfig):
    name = "pmo_portal.paper"
    default_auto_field = "django.db.models.BigAutoField"
