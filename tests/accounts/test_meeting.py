"""Where code, single sign-on, second factor and fresh proof meet: none is asked twice, none is got round."""

import json
import re
import time
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from PIL import Image

from pmo_portal.accounts import actions
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common import links
from pmo_portal.common.models import Organisation
from stakeholders.areas.models import Area
from stakeholders.home import reading
from tests.accounts.conftest import HOUR, ask_for_a_code, grow_old, newest_code, signed_in
from tests.accounts.passkey import Device
from tests.accounts.test_proof import HARBOUR, hidden
from tests.house import page

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "quiet-harbour-9"


@pytest.fixture(autouse=True)
def _half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands in the middle of a half minute, so that an app's code does not change in a test's hands."""
    start = time.time() // 30 * 30 + 15
    monkeypatch.setattr(time, "time", lambda: start)


def code_of_app() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def with_app(who: User) -> Authenticator:
    RecoveryCodes.activate(who)
    return TOTP.activate(who, SECRET).instance


def proved_by(browser: Client, who: User, factor: Authenticator, *, ago: float) -> Client:
    """A session that was opened with a factor, so many seconds ago."""
    session = browser.session
    records = [{"method": "code"}, {"method": "mfa", "id": factor.pk, "type": factor.type}]
    session["account_authentication_methods"] = [{**each, "at": time.time() - ago} for each in records]
    session.save()
    return browser


def with_factor(who: User, *, ago: float) -> Client:
    browser = signed_in(who)
    return proved_by(browser, who, Authenticator.objects.filter(user=who).first(), ago=ago)


def options_on(answer: Any) -> dict[str, Any]:
    """What a page asks of the device."""
    found = re.search(r'data-options="([^"]*)"', answer.content.decode())
    assert found, "the page asks for no passkey"
    return json.loads(unescape(found[1]))


# --- a fresh proof of who has a second factor ---------------------------------------------------
def test_who_has_an_app_signs_with_its_code_and_no_letter_is_sent(proposed, head):
    with_app(head.user)
    browser = with_factor(head.user, ago=16 * 60)
    address, form = f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}
    asked = browser.post(address, form)
    assert (asked.status_code, dict(hidden(asked)), mail.outbox) == (401, form, [])
    assert browser.post(address, {**form, "proof-code": code_of_app()}).status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "in_force"


def test_a_code_of_the_app_proves_once_and_guessing_is_throttled(lead):
    with_app(lead)
    browser = with_factor(lead, ago=13 * HOUR)
    code = code_of_app()
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": code}).status_code == 302
    again = with_factor(lead, ago=13 * HOUR)
    assert again.post("/areas/add/", {"name": "Quays", "proof-code": code}).status_code == 401
    for _time in range(6):
        again.post("/areas/add/", {"name": "Quays", "proof-code": "000000"})
    recovery = Authenticator.objects.get(user=lead, type="recovery_codes").wrap().get_unused_codes()[0]
    asked = again.post("/areas/add/", {"name": "Quays", "proof-code": recovery})
    assert (asked.status_code, dict(hidden(asked))) == (401, {"name": "Quays"})
    assert not Area.objects.filter(name="Quays").exists()


def test_who_has_a_factor_does_not_sign_with_less(proposed, head):
    """A device left open often has the mailbox and the kept passwords open too."""
    with_app(head.user)
    browser = with_factor(head.user, ago=16 * 60)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.post("/accounts/reauthenticate/code/")
    answer = browser.post(f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash})
    assert (answer.status_code, mail.outbox) == (401, [])


def test_who_has_a_passkey_alone_signs_with_it(proposed, head):
    device = Device(head.user)
    RecoveryCodes.activate(head.user)
    browser = with_factor(head.user, ago=16 * 60)
    address, form = f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}
    asked = browser.post(address, form)
    assert (asked.status_code, page.problems(asked), mail.outbox) == (401, [], [])
    # Once in the form of the passkey, once in that of the recovery code.
    assert set(hidden(asked)) == {*form.items()}
    answer = browser.post(address, {**form, "proof-credential": device.answer(options_on(asked))})
    assert answer.status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "in_force"


def test_a_passkey_s_answer_proves_once_and_that_of_another_nothing(head, lead):
    mine, theirs = Device(lead), Device(head.user)
    browser = with_factor(lead, ago=13 * HOUR)
    options = options_on(browser.post("/areas/add/", HARBOUR))
    for wrong in (theirs.answer(options), "", "{", "[]", '{"id": 1}', "\x00"):
        asked = browser.post("/areas/add/", {**HARBOUR, "proof-credential": wrong, "proof-code": ""})
        assert asked.status_code == 401
        assert set(hidden(asked)) == {*HARBOUR.items()}
    answer = mine.answer(options_on(asked))
    assert browser.post("/areas/add/", {**HARBOUR, "proof-credential": answer}).status_code == 302
    grow_old(browser, 13 * HOUR)
    assert browser.post("/areas/add/", {"name": "Quays", "proof-credential": answer}).status_code == 401


def test_a_recovery_code_stands_in_for_the_passkey(lead):
    Device(lead)
    kept = RecoveryCodes.activate(lead)
    browser = with_factor(lead, ago=13 * HOUR)
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": kept.get_unused_codes()[0]}).status_code == 302


def test_who_is_fresh_by_the_factor_is_asked_no_second_time_by_allauth(client, lead):
    with_app(lead)
    browser = with_factor(lead, ago=16 * 60)
    assert browser.get("/me/sign-in/codes/")["Location"].startswith("/accounts/second/again/")
    assert browser.post("/accounts/second/again/", {"code": code_of_app()}).status_code == 302
    assert browser.get("/me/sign-in/codes/").status_code == 200
    assert browser.post("/settings/organisation/", {"name": ""}).status_code == 422


# --- a session that has ended, of who has a factor -----------------------------------------------
def test_who_has_a_factor_gives_both_before_what_was_posted_goes_on(lead):
    with_app(lead)
    browser = with_factor(lead, ago=0)
    browser.get("/areas/add/")
    actions.end_sessions(lead, by=None)
    browser.post("/areas/add/", HARBOUR)
    app_first = browser.post("/areas/add/", {**HARBOUR, "proof-code": code_of_app()})
    assert "not the code" in app_first.content.decode(), "the mailbox comes first"
    asked = browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()})
    assert (asked.status_code, dict(hidden(asked)), page.problems(asked)) == (401, HARBOUR, [])
    assert "code that your app shows" in asked.content.decode()
    assert "_auth_user_id" not in browser.session
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()}).status_code == 401
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": code_of_app()}).status_code == 302
    assert Area.objects.get().name == "Harbour"
    assert browser.get("/people/").status_code == 200
    assert len(mail.outbox) == 1


def test_a_passkey_stands_for_the_factor_there_too(lead):
    device = Device(lead)
    browser = with_factor(lead, ago=0)
    browser.get("/areas/add/")
    actions.end_sessions(lead, by=None)
    browser.post("/areas/add/", HARBOUR)
    asked = browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()})
    answer = browser.post("/areas/add/", {**HARBOUR, "proof-credential": device.answer(options_on(asked))})
    assert answer.status_code == 302
    assert Area.objects.get().name == "Harbour"


# --- the way there survives every step ------------------------------------------------------------
def test_a_letter_s_link_leads_past_the_second_factor_to_the_very_page(client, head):
    with_app(head.user)
    link = links.way_in(head.user.pk, "/areas/networks/?tab=2").removeprefix("http://testserver")
    client.post(link)
    assert client.post("/in/code/", {"code": newest_code()})["Location"] == "/accounts/second/"
    answer = client.post("/accounts/second/", {"code": code_of_app()})
    assert answer["Location"] == "/areas/networks/?tab=2"
    assert client.get(link)["Location"] == "/areas/networks/?tab=2"


@pytest.mark.parametrize("method", ["get", "head"])
def test_who_is_sent_out_for_the_factor_comes_back_to_the_page(lead, method):
    with_app(lead)
    browser = signed_in(lead)
    assert getattr(browser, method)("/people/?page=2")["Location"] == "/in/?next=/people/%3Fpage%3D2"


# --- required from the first minute -----------------------------------------------------------------
def test_a_fresh_portal_that_requires_factors_can_be_set_up_to_the_end(client, settings):
    settings.MFA_REQUIRED = True
    Organisation.objects.all().delete()
    address = reading.setup_address().removeprefix("http://testserver")
    told = {"name": "Harbour", "office_name": "PMO", "your_name": "Ann", "email": "ann@harbour.example",
            "time_zone": "Europe/London"}  # fmt: skip
    before = client.get(address) and client.session.session_key
    arrived = client.post(address, told, follow=True)
    assert [where for where, _status in arrived.redirect_chain] == ["/", "/me/sign-in/"]
    assert client.session.session_key != before
    assert page.problems(arrived) == []
    text = client.get("/me/sign-in/app/").content.decode()
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", text)[1]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post("/me/sign-in/app/", {"code": code})["Location"] == "/me/sign-in/codes/"
    assert client.get("/me/sign-in/codes/").status_code == 200
    assert client.get("/").status_code == 200
    assert client.get("/settings/organisation/").status_code == 200
    assert Appointment.objects.get().office == "lead"


def test_the_logo_stands_on_the_page_where_a_factor_is_set_up(settings, lead, tmp_path):
    from io import BytesIO

    from stakeholders.home.logo import redraw

    raw = BytesIO()
    Image.new("RGB", (60, 20), "navy").save(raw, "PNG")
    actions.set_organisation(Organisation.as_stored(), by=lead, fields=["name"], logo=redraw(raw.getvalue()))
    settings.MFA_REQUIRED = True
    browser = signed_in(lead)
    shown = re.search(r'src="(/look/logo-[^"]+)"', browser.get("/me/sign-in/").content.decode())
    assert shown, "the page shows the logo"
    assert browser.get(shown[1])["Content-Type"] == "image/png"


# --- readers by the organisation's domains ----------------------------------------------------------
def set_readers(readers: str, domains: str) -> None:
    Organisation.objects.update(mandate_readers=readers, mail_domains=domains)


def test_a_reader_reads_no_more_once_their_domain_is_taken_out(client, live):
    set_readers("organisation", "fairhaven.example, sister.example")
    client.post("/in/code/", {"code": ask_for_a_code(client, "Ann@Sister.example", "/mandate/")})
    assert client.get("/mandate/").status_code == 200
    set_readers("organisation", "fairhaven.example")
    assert client.get("/mandate/").status_code == 403
    set_readers("closed", "sister.example")
    assert client.get("/mandate/").status_code == 403
    set_readers("anyone", "")
    assert client.get("/mandate/").status_code == 200


def test_somebody_with_a_role_reads_whatever_their_domain(client, live, head):
    set_readers("organisation", "elsewhere.example")
    assert signed_in(head.user).get("/mandate/").status_code == 200
    head.roles.update(ends_on=head.roles.get().starts_on)
    assert signed_in(head.user).get("/mandate/").status_code == 403


# --- the administrator's room ------------------------------------------------------------------------
def test_an_administrator_s_every_change_asks_for_a_proof_of_the_last_minutes(administrator, head):
    """An office and a way in are worth a signature."""
    room = signed_in(administrator, ago=16 * 60)
    new = {"user": head.user.pk, "office": "lead", "starts_on": "2026-01-01"}
    asked = room.post("/admin/accounts/appointment/add/", new)
    assert asked.status_code == 401
    assert not Appointment.objects.filter(office="lead").exists()
    assert room.post("/admin/accounts/appointment/add/", {**new, "proof-code": newest_code()}).status_code == 302
    assert Appointment.objects.filter(office="lead", user=head.user).exists()
    assert signed_in(administrator, ago=29 * 24 * HOUR).get("/admin/accounts/user/").status_code == 200


# --- what is carried along ---------------------------------------------------------------------------
def test_whatever_was_posted_is_carried_along_whole(lead):
    odd = {'a"b': '"><script>', "form": "x", "submit": "go", "action": "", "line": "one\r\n\ttwo ", "emoji": "🚢 بحر"}
    asked = signed_in(lead, ago=13 * HOUR).post("/areas/add/", {**HARBOUR, **odd})
    assert dict(hidden(asked)) == {**HARBOUR, **odd}


def test_nearly_two_megabytes_are_carried_along(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    body = "name=x&rows=" + "a" * 2_090_000
    asked = browser.post("/areas/add/", body, content_type="application/x-www-form-urlencoded")
    assert asked.status_code == 401
    again = browser.post(
        "/areas/add/", f"{body}&proof-code={newest_code()}", content_type="application/x-www-form-urlencoded"
    )
    assert again.status_code == 302


# --- throttles under load ------------------------------------------------------------------------------
def test_many_others_at_the_door_push_no_count_out_of_the_cache(head):
    """All counts stand in one table; emptied of the live ones, it would give who guesses a new start."""
    browser = Client()
    for _time in range(3):
        assert browser.post("/in/", {"email": head.user.email}).status_code == 302
    for number in range(700):
        cache.set(f"zz{number}", "somebody else's count", 3600)
    assert browser.post("/in/", {"email": head.user.email}).status_code == 429
