"""Single sign-on, an app and a passkey in a real browser, under the strict policy; the pages looked at closely."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from playwright.sync_api import Browser

from tests.accounts import provider as oidc
from tests.journeys.conftest import SIGN_IN, Example, Visit
from tests.journeys.processes import running, surroundings, wait_for_port
from tests.journeys.visitor import PHONE, Visitor
from tests.servers import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc.Provider]:
    with oidc.running() as provider:
        yield provider


@pytest.fixture(scope="module")
def portal(browser: Browser, provider: oidc.Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The embedded portal with single sign-on, at a host name that passkeys can belong to."""
    var, port = tmp_path_factory.mktemp("var"), free_port()
    log = var / "output"
    told = {
        "SSO_URL": provider.url, "SSO_CLIENT_ID": oidc.CLIENT, "SSO_SECRET": oidc.SECRET,
        "SSO_NAME": "Westmark account",
    }  # fmt: skip
    with running(
        [sys.executable, "bin/start.py", "example"], surroundings(PORT=port, PORTAL_VAR=var, **told), log
    ) as it:
        wait_for_port(port, it, log, seconds=180)
        yield Example(f"http://localhost:{port}", var / "example" / "mail", SIGN_IN.findall(log.read_text()))


def come_in(visitor: Visitor, portal: Example, role: str) -> None:
    address, password = portal.pass_of(role)
    visitor.go("/accounts/login/")
    visitor.fill(login=address, password=password)
    visitor.press("Sign in")


def code_of(secret: str) -> str:
    """What the app shows, early in its half minute: so there is time to type it, however slow the machine."""
    if time.time() % 30 > 10:
        time.sleep(30 - time.time() % 30 + 0.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_a_device(visitor: Visitor) -> None:
    """A device that holds passkeys, and whose person is there."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


LATER = """
from importlib import import_module
from django.conf import settings
from django.contrib.sessions.models import Session
for key in Session.objects.values_list("session_key", flat=True):
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    for record in session.get("account_authentication_methods", []):
        record["at"] -= 3600
    session.modified = True
    session.save()
"""


def an_hour_later(portal: Example) -> None:
    """All that anybody has shown of themselves is an hour old."""
    told = surroundings(PORTAL="example", PORTAL_VAR=portal.mail.parent.parent)
    subprocess.run([sys.executable, "manage.py", "shell", "-v", "0", "-c", LATER], env=told, check=True, timeout=240)


def test_single_sign_on_there_and_back(portal: Example, provider: oidc.Provider, visit: Visit) -> None:
    visitor = visit(portal.base, **PHONE)
    provider.says(sub="sponsor", email=portal.who("Sponsor"))
    visitor.go("/in/?next=/me/sign-in/")
    visitor.look_closely()
    visitor.page.get_by_role("button", name="Sign in with your Westmark account").click()
    visitor.page.wait_for_url("**/me/sign-in/")
    assert visitor.heading == "Your sign-in"
    assert "This device" in visitor.text
    visitor.go("/accounts/reauthenticate/code/?next=/me/")
    visitor.look_closely()


def test_a_refusal_of_single_sign_on_is_a_plain_page(portal: Example, provider: oidc.Provider, visit: Visit) -> None:
    visitor = visit(portal.base)
    provider.says(sub="stranger", email="stranger@elsewhere.example")
    visitor.go("/accounts/sso/")
    visitor.look_closely()
    visitor.expect_refusal(403)
    visitor.page.get_by_role("button", name="Sign in with your Westmark account").click()
    visitor.page.wait_for_url("**/accounts/sso/callback/**")
    assert visitor.heading == "Nobody was signed in"
    assert "does not know stranger@elsewhere.example" in visitor.text


def test_without_scripts_one_comes_there_and_back_too(portal: Example, provider: oidc.Provider, visit: Visit) -> None:
    visitor = visit(portal.base, java_script_enabled=False)
    provider.says(sub="sponsor", email=portal.who("Sponsor"))
    visitor.go("/accounts/sso/?next=/me/")
    assert not visitor.page.get_by_role("button", name="Sign in with a passkey").is_visible()
    visitor.page.get_by_role("button", name="Sign in with your Westmark account").click()
    visitor.page.wait_for_url("**/me/")


def test_an_app_is_set_up_and_asked_for(portal: Example, visit: Visit) -> None:
    visitor = visit(portal.base)
    come_in(visitor, portal, "PMO member")
    visitor.go("/me/sign-in/")
    visitor.look_closely()
    visitor.follow("Set up the authenticator app")
    visitor.look_closely()
    visitor.go("/me/sign-in/app/")
    visitor.page.get_by_text("It cannot read pictures").click()
    secret = re.search(r"\b[A-Z2-7]{32}\b", visitor.text)
    assert secret is not None
    visitor.fill(code=code_of(secret[0]))
    visitor.press("Set it up")
    assert visitor.heading == "Your recovery codes"
    visitor.look_closely()
    visitor.follow("I have kept them")
    visitor.look_closely()
    for link in ("Remove the authenticator app", "Show the recovery codes"):
        visitor.go("/me/sign-in/")
        visitor.follow(link)
        visitor.look_closely()
    visitor.follow("Make new ones")
    visitor.look_closely()
    other = visit(portal.base)
    come_in(other, portal, "PMO member")
    assert other.heading == "Your second factor"
    other.look_closely()
    # A code works once, and one set the app up: the next half minute shows another.
    time.sleep(30 - time.time() % 30 + 0.5)
    other.fill(code=code_of(secret[0]))
    other.press("Go on")
    assert "/accounts/" not in other.page.url


def test_a_passkey_is_made_used_as_second_factor_and_opens_the_door_alone(portal: Example, visit: Visit) -> None:
    visitor = visit(portal.base)
    with_a_device(visitor)
    come_in(visitor, portal, "PMO lead")
    visitor.go("/me/sign-in/passkeys/add/")
    visitor.look_closely()
    visitor.go("/me/sign-in/passkeys/add/")
    visitor.fill(name="My laptop")
    visitor.press("Set it up")
    assert visitor.heading == "Your recovery codes"
    visitor.follow("I have kept them")
    assert "My laptop" in visitor.text
    visitor.context.clear_cookies()
    come_in(visitor, portal, "PMO lead")
    assert visitor.heading == "Your second factor"
    visitor.press("Use your passkey")
    visitor.go("/me/sign-in/")
    assert visitor.heading == "Your sign-in"
    visitor.context.clear_cookies()
    visitor.go("/in/?next=/me/sign-in/")
    visitor.press("Sign in with a passkey")
    assert visitor.heading == "Your sign-in"
    visitor.go("/accounts/passkey/again/?next=/me/sign-in/")
    visitor.look_closely()
    visitor.go("/accounts/passkey/again/?next=/me/sign-in/")
    visitor.press("Use your passkey")
    visitor.follow("Rename My laptop")
    visitor.look_closely()
    visitor.fill(name="Work laptop")
    visitor.press("Save")
    visitor.follow("Remove Work laptop")
    visitor.look_closely()
    visitor.press("Remove it")
    assert "Work laptop" not in visitor.page.locator(".row-list").first.inner_text()


def test_who_has_a_passkey_alone_goes_on_with_it_where_they_are_asked_again(portal: Example, visit: Visit) -> None:
    visitor = visit(portal.base, **PHONE)
    with_a_device(visitor)
    come_in(visitor, portal, "Administrator")
    visitor.go("/me/sign-in/passkeys/add/")
    visitor.press("Set it up")
    assert visitor.heading == "Your recovery codes"
    an_hour_later(portal)
    visitor.go("/settings/organisation/")
    visitor.fill(sender_name="Harbour office")
    visitor.expect_refusal(401)
    visitor.press("Save")
    assert visitor.heading == "Is it still you?"
    assert "Recovery code" in visitor.text
    visitor.look_closely()
    visitor.press("Use your passkey")
    assert "Saved." in visitor.text
    assert visitor.page.locator("[name=sender_name]").input_value() == "Harbour office"


def test_a_device_without_the_passkey_is_told_so(portal: Example, visit: Visit) -> None:
    visitor = visit(portal.base)
    with_a_device(visitor)
    visitor.go("/in/")
    visitor.page.get_by_role("button", name="Sign in with a passkey").click()
    visitor.page.get_by_text("No passkey was used.").wait_for()
