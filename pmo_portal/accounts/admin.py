"""The administrator's room: accounts and appointments. Signing in goes through the portal's own door.

An administrator opens and shuts doors and becomes nobody else: no password, code or address of another person
can be set here, and no appointment of the past made undone.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.models import today

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister([EmailAddress, Group])


class NeverDeleted(admin.ModelAdmin):
    """What has been is ended, never removed."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(NeverDeleted):
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "is_superuser")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who holds an address comes in by it, so it is given once."""
        return ("email",) if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.email = obj.email.lower()
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        note(by=request.user, verb="keep_user", subject=f"user:{obj.pk}", changed=form.changed_data)


@admin.register(Appointment)
class AppointmentAdmin(NeverDeleted):
    fields = ("user", "office", "is_deputy", "starts_on", "ends_on")
    list_display = ("user", "office", "is_deputy", "starts_on", "ends_on")
    autocomplete_fields = ("user",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that has not begun can still be taken back."""
        return isinstance(obj, Appointment) and obj.starts_on > today()

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> tuple[str, ...]:
        """An appointment that stands can only be ended."""
        return ("user", "office", "is_deputy", "starts_on") if obj else ()

    def save_model(self, request: HttpRequest, obj: Appointment, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        note(
            by=request.user, verb="appoint", subject=f"user:{obj.user_id}", office=obj.office,
            deputy=obj.is_deputy, ends_on=str(obj.ends_on or ""),
        )  # fmt: skip
