"""Addresses of the door: our own under /in/, and those of allauth that this house uses, and no other.

Nobody changes their own address here (it is who they are to the PMO), so allauth's e-mail pages stay shut.
"""

from allauth.account import views
from django.urls import path, re_path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from pmo_portal.accounts import sso
from pmo_portal.accounts.access import signing
from pmo_portal.accounts.views import door as ours
from pmo_portal.accounts.views import factors
from pmo_portal.accounts.views import mine as my_sign_in

door = [
    path("", ours.address, name="address"),
    path("code/", ours.code, name="code"),
    path("<str:token>/", ours.letter, name="letter"),
    path("<str:token>/not-me/", ours.not_me, name="not_me"),
]
urlpatterns = [
    path("sso/", sso.begin, name="sso"),
    path("sso/callback/", sso.callback, name="sso_callback"),
    path("second/", factors.authenticate, name="mfa_authenticate"),
    path("second/again/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("passkey/", factors.come_in_by_passkey, name="mfa_login_webauthn"),
    path("passkey/again/", factors.reauthenticate_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("reauthenticate/code/", ours.reauthenticate_by_code, name="account_reauthenticate_by_code"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", signing(views.password_set), name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # allauth leads here by name after some of its steps.
    path("email/", RedirectView.as_view(pattern_name="home:me"), name="account_email"),
]

# One's own page under /me/. allauth leads to most of these by name.
mine = [
    path("", my_sign_in.mine, name="mfa_index"),
    path("app/", factors.add_app, name="mfa_activate_totp"),
    path("app/remove/", factors.remove_app, name="mfa_deactivate_totp"),
    path("passkeys/", require_safe(RedirectView.as_view(pattern_name="mfa_index")), name="mfa_list_webauthn"),
    path("passkeys/add/", factors.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<id:pk>/remove/", factors.remove_passkey, name="mfa_remove_webauthn"),
    path("passkeys/<id:pk>/name/", factors.rename_passkey, name="mfa_edit_webauthn"),
    path("codes/", factors.codes, name="mfa_view_recovery_codes"),
    path("codes/recovery-codes.txt", factors.codes_as_file, name="mfa_download_recovery_codes"),
    path("codes/new/", factors.new_codes, name="mfa_generate_recovery_codes"),
    path("sessions/others/end/", my_sign_in.end_other_sessions, name="end_other_sessions"),
    path("sessions/<id:pk>/end/", my_sign_in.end_session, name="end_session"),
]
