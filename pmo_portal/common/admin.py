"""The administrator's room: the organisation's names, its zone, and who may read its mandate."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from pmo_portal.common.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    """There is one, and it stays."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Organisation.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)
