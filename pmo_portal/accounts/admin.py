"""The administrator's room: accounts and appointments. Signing in goes through the portal's own door.

An administrator opens and shuts doors and becomes nobody else: no password, code or address of another person
can be set here, and no appointment of the past made undone.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pmo_portal.accounts.actions import end_sessions, reset_sign_in
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import today

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister([EmailAddress, Group])
# Secrets of second factors, ties to single sign-on and sessions are nobody's to see or to write.
admin.site.unregister([Authenticator, SocialAccount, SocialApp, SocialToken, UserSession])


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
    actions = ("sign_out", "take_off_factors")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who holds an address comes in by it, so it is given once."""
        return ("email",) if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.email = obj.email.lower()
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        note(by=request.user, verb="keep_user", subject=f"user:{obj.pk}", changed=form.changed_data)
        if change and not obj.is_active:
            end_sessions(obj, by=request.user, why="shut")

    @admin.action(description=gettext_lazy("Sign out on all devices"), permissions=["change"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """End everything that these people have open."""
        for user in chosen:
            end_sessions(user, by=request.user, why="administrator")
        messages.success(request, _("Signed out."))

    @admin.action(
        description=gettext_lazy("Take off second factors and single sign-on (lost phone); tells the person"),
        permissions=["change"],
    )
    def take_off_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For one person at a time; like every change in this room after a proof of the last minutes."""
        if chosen.count() != 1:
            messages.error(request, _("One person at a time."))
            return
        try:
            reset_sign_in(chosen.get(), by=request.user)
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Taken off; a letter tells the person."))


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
