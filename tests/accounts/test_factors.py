"""Second factors: set up after a fresh proof, asked for at each sign-in, good once, required where one says so."""

import re
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pmo_portal.accounts import actions
from pmo_portal.accounts.guard import OPEN_WITHOUT_FACTOR
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken
from stakeholders.areas.models import Area
from tests.conftest import user
from tests.house import page
from tests.house.routes import routes
from tests.house.test_routes import address_of

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "quiet-harbour-9"
SETUP = "/me/sign-in/app/"


def code_of(secret: str, ahead: int = 0) -> str:
    """What an authenticator app shows now, or some half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that stands in the middle of a half minute, however slow the machine; tests move it on."""
    moved = {"by": 0.0}
    start = time.time() // 30 * 30 + 15
    monkeypatch.setattr(time, "time", lambda: start + moved["by"])

    def on(seconds: float) -> None:
        moved["by"] += seconds

    return on


def sign_in(client: Client, who: User, password: str = PASSWORD, after: str = ""):
    return client.post(
        f"/accounts/login/{'?next=' + after if after else ''}", {"login": who.email, "password": password}
    )


def newest_code() -> str:
    """The digits of the letter that was sent last."""
    return re.search(r"\b\d{6}\b", mail.outbox[-1].message().as_bytes().decode())[0]


def by_code(client: Client, who: User):
    client.post("/in/", {"email": who.email})
    return client.post("/in/code/", {"code": newest_code()})


def is_in(client: Client) -> bool:
    return client.get("/me/sign-in/").status_code == 200


def set_up_app(client: Client) -> str:
    """Walk through the page; the key that the app keeps."""
    text = client.get(SETUP).content.decode()
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", text)[1]
    answer = client.post(SETUP, {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


@pytest.fixture
def guarded(client, member, clock):
    """A member with an app, who is signed in; their key."""
    sign_in(client, member)
    secret = set_up_app(client)
    clock(30)
    return secret


def letters() -> list[str]:
    return [letter.subject for letter in mail.outbox]


# --- setting it up ------------------------------------------------------------------------------
def test_an_app_is_set_up_by_its_first_code_and_a_letter_tells_so(client, head):
    sign_in(client, head.user)
    text = client.get(SETUP)
    assert page.problems(text) == []
    assert "<svg viewBox" in text.content.decode()
    assert client.post(SETUP, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", text.content.decode())[1]
    answer = client.post(SETUP, {"code": code_of(secret)})
    assert answer["Location"] == "/me/sign-in/codes/"
    codes = client.get("/me/sign-in/codes/")
    assert page.problems(codes) == []
    assert len(re.findall(r"<code dir=\"ltr\">\d{8}</code>", codes.content.decode())) == 10
    assert letters() == ["An app now guards your sign-in"]
    assert client.get("/areas/networks/").status_code == 200


def test_the_secret_is_unreadable_in_the_database(guarded, member):
    for factor in Authenticator.objects.filter(user=member):
        assert guarded not in str(factor.data)
        kept = {"totp": "secret", "recovery_codes": "seed"}[factor.type]
        assert factor.data[kept].startswith("gAAAA")


def test_secrets_are_read_with_the_key_before_the_last(client, guarded, member, settings, clock):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    other = Client()
    sign_in(other, member)
    assert other.post("/accounts/second/", {"code": code_of(guarded)}).status_code == 302


def test_setting_up_asks_for_a_fresh_proof(client, head, clock):
    sign_in(client, head.user)
    clock(16 * 60)
    answer = client.get(SETUP)
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fme%2Fsign-in%2Fapp%2F"
    assert client.post(SETUP, {"code": "1"})["Location"].startswith(
        "/accounts/reauthenticate/?next=%2Fme%2Fsign-in%2F"
    )
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": SETUP})
    assert client.get(SETUP).status_code == 200


def test_who_has_no_password_proves_it_by_a_code(client, clock):
    head = user("head@fairhaven.example")
    head.set_unusable_password()
    head.save()
    by_code(client, head)
    assert client.get(SETUP).status_code == 200
    clock(16 * 60)
    again = "/accounts/reauthenticate/code/?next=%2Fme%2Fsign-in%2Fapp%2F"
    assert client.get(SETUP)["Location"] == again
    assert page.problems(client.get(again)) == []
    assert client.post(again).status_code == 200
    assert client.post(again, {"code": newest_code()})["Location"] == SETUP
    assert client.get(SETUP).status_code == 200


def test_a_session_without_any_proof_sets_nothing_up(client, head):
    """A device that is only remembered has shown nothing of its person."""
    browser = client
    browser.force_login(head.user)
    for address in (SETUP, "/me/sign-in/passkeys/add/", "/me/sign-in/codes/new/"):
        assert browser.get(address)["Location"].startswith("/accounts/reauthenticate/")
        assert browser.post(address, {"code": "123456"}).status_code == 302
    assert not Authenticator.objects.exists()


def test_setting_up_signs_out_every_other_device(client, member, head):
    other, bystander = Client(), Client()
    sign_in(other, member)
    sign_in(bystander, head.user)
    assert is_in(other)
    sign_in(client, member)
    set_up_app(client)
    assert is_in(client)
    assert not is_in(other)
    assert is_in(bystander)


# --- signing in with it -------------------------------------------------------------------------
@pytest.mark.parametrize("first", [sign_in, by_code])
def test_the_second_factor_is_asked_for_after_the_first(guarded, member, first):
    browser = Client()
    answer = first(browser, member)
    assert answer["Location"] == "/accounts/second/"
    asked = browser.get("/accounts/second/")
    assert page.problems(asked) == []
    assert not is_in(browser)
    assert browser.post("/accounts/second/", {"code": "000000"}).status_code == 200
    assert not is_in(browser)
    assert browser.post("/accounts/second/", {"code": code_of(guarded)}).status_code == 302
    assert is_in(browser)


def test_one_comes_out_where_one_was_going(guarded, member):
    browser = Client()
    sign_in(browser, member, after="/people/")
    assert browser.post("/accounts/second/", {"code": code_of(guarded)})["Location"] == "/people/"


def test_who_takes_too_long_signs_in_once_more_and_still_comes_out_there(guarded, member, clock):
    browser = Client()
    sign_in(browser, member, after="/people/?page=2")
    clock(16 * 60)
    answer = browser.post("/accounts/second/", {"code": code_of(guarded)}, follow=True)
    assert answer.redirect_chain == [("/in/?next=%2Fpeople%2F%3Fpage%3D2", 302)]
    assert "took too long" in answer.content.decode()
    assert not is_in(browser)
    browser.post("/in/", {"email": member.email, "next": "/people/?page=2"})
    browser.post("/in/code/", {"code": newest_code()})
    assert browser.post("/accounts/second/", {"code": code_of(guarded)})["Location"] == "/people/?page=2"


def test_who_comes_to_the_second_factor_without_the_first_begins_at_the_door(client):
    assert client.get("/accounts/second/")["Location"] == "/in/"


def test_a_code_works_once(guarded, member):
    code = code_of(guarded)
    for works in (True, False):
        browser = Client()
        sign_in(browser, member)
        browser.post("/accounts/second/", {"code": code})
        assert is_in(browser) is works


def test_the_code_that_set_the_app_up_signs_nobody_in(client, member):
    sign_in(client, member)
    text = client.get(SETUP).content.decode()
    code = code_of(re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", text)[1])
    client.post(SETUP, {"code": code})
    browser = Client()
    sign_in(browser, member)
    browser.post("/accounts/second/", {"code": code})
    assert not is_in(browser)


def test_an_old_code_and_one_of_the_future_open_nothing(guarded, member):
    for ahead in (-2, -1, 1, 2):
        browser = Client()
        sign_in(browser, member)
        browser.post("/accounts/second/", {"code": code_of(guarded, ahead)})
        assert not is_in(browser)


def test_guessing_is_throttled(guarded, member):
    browser = Client()
    sign_in(browser, member)
    for _ in range(6):
        browser.post("/accounts/second/", {"code": "000000"})
    browser.post("/accounts/second/", {"code": code_of(guarded)})
    assert not is_in(browser)


def test_a_recovery_code_stands_in_once(client, guarded, member):
    code = re.search(r"<code dir=\"ltr\">(\d{8})</code>", client.get("/me/sign-in/codes/").content.decode())[1]
    for works in (True, False):
        browser = Client()
        sign_in(browser, member)
        browser.post("/accounts/second/", {"code": code})
        assert is_in(browser) is works
    assert "9 left" in client.get("/me/sign-in/").content.decode()


def test_a_session_that_began_past_the_factor_is_ended(guarded, member):
    """Whatever way somebody was signed in: without the factor it is no sign-in of theirs."""
    browser = Client()
    browser.force_login(member)
    assert browser.get("/people/")["Location"] == "/in/?next=/people/"
    browser.force_login(member)
    asked = browser.post("/areas/add/", {"name": "Harbour"})
    assert (asked.status_code, page.problems(asked)) == (401, [])
    assert "_auth_user_id" not in browser.session
    assert not Area.objects.exists()


def test_the_admin_s_door_asks_for_it_too(client, administrator, clock):
    sign_in(client, administrator)
    secret = set_up_app(client)
    clock(30)
    browser = Client()
    browser.get("/admin/", follow=True)
    assert sign_in(browser, administrator, after="/admin/")["Location"] == "/accounts/second/"
    assert browser.get("/admin/").status_code == 302
    assert browser.post("/accounts/second/", {"code": code_of(secret)})["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


# --- taking it off ------------------------------------------------------------------------------
def test_taking_it_off_asks_for_the_factor_itself_and_not_only_for_a_password(client, guarded, member, clock):
    clock(16 * 60)
    remove = "/me/sign-in/app/remove/"
    assert client.get(remove)["Location"] == "/accounts/second/again/?next=%2Fme%2Fsign-in%2Fapp%2Fremove%2F"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post(remove)["Location"].startswith("/accounts/second/again/")
    assert Authenticator.objects.filter(user=member).exists()
    assert page.problems(client.get("/accounts/second/again/")) == []
    client.post("/accounts/second/again/", {"code": code_of(guarded)})
    assert page.problems(client.get(remove)) == []
    client.post(remove)
    assert not Authenticator.objects.filter(user=member).exists()
    assert letters()[-1] == "The app no longer guards your sign-in"


def test_new_recovery_codes_replace_the_old_and_a_letter_tells_so(client, guarded):
    old = set(re.findall(r"<code dir=\"ltr\">(\d{8})</code>", client.get("/me/sign-in/codes/").content.decode()))
    assert page.problems(client.get("/me/sign-in/codes/new/")) == []
    client.post("/me/sign-in/codes/new/")
    new = set(re.findall(r"<code dir=\"ltr\">(\d{8})</code>", client.get("/me/sign-in/codes/").content.decode()))
    assert not old & new
    assert letters()[-1] == "You have new recovery codes"


def test_reading_the_codes_writes_nothing(client, guarded, member):
    kept = list(Authenticator.objects.order_by("pk").values())
    client.get("/me/sign-in/codes/")
    client.get("/me/sign-in/")
    assert list(Authenticator.objects.order_by("pk").values()) == kept


def test_nobody_removes_a_passkey_of_somebody_else(client, guarded, head):
    theirs = Authenticator.objects.create(user=head.user, type="webauthn", data={"name": "x", "credential": {}})
    assert client.get(f"/me/sign-in/passkeys/{theirs.pk}/remove/").status_code == 404
    assert client.post(f"/me/sign-in/passkeys/{theirs.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


# --- required -----------------------------------------------------------------------------------
OPEN_TO_WHO_HAS_NONE = set(OPEN_WITHOUT_FACTOR)


@pytest.mark.parametrize("role", ["member", "lead", "administrator"])
def test_where_it_is_required_the_pmo_and_administrators_reach_nothing_before(request, role, settings, as_user):
    settings.MFA_REQUIRED = True
    who = request.getfixturevalue(role)
    reached = set()
    for route in routes():
        browser = as_user(who)
        for answer in (browser.get(address_of(route)), as_user(who).post(address_of(route))):
            if answer.status_code != 302 or answer["Location"].partition("?")[0] != "/me/sign-in/":
                reached.add(route.name)
    assert reached == OPEN_TO_WHO_HAS_NONE


def test_what_is_left_open_is_the_setting_up_the_way_out_and_the_look(settings, as_user, member):
    settings.MFA_REQUIRED = True
    browser = as_user(member)
    asked = browser.get("/me/sign-in/")
    assert page.problems(asked) == []
    assert "Set up a second factor first" in asked.content.decode()
    assert browser.post("/accounts/logout/").status_code == 302


def test_once_it_is_set_up_all_is_open(settings, client, member):
    settings.MFA_REQUIRED = True
    assert sign_in(client, member, after="/people/")["Location"] == "/people/"
    assert client.get("/people/")["Location"] == "/me/sign-in/?next=%2Fpeople%2F"
    set_up_app(client)
    assert client.get("/people/").status_code == 200
    assert "Set up a second factor first" not in client.get("/me/sign-in/").content.decode()


def test_whoever_has_to_set_it_up_first_comes_to_the_page_wanted(settings, client, member):
    settings.MFA_REQUIRED = True
    sign_in(client, member)
    shown = client.get(client.get("/people/?page=2")["Location"]).content.decode()
    wanted = "?next=/people/%3Fpage%3D2"
    assert shown.count(f'href="/me/sign-in/app/{wanted}"') == shown.count(f'href="/me/sign-in/passkeys/add/{wanted}"')
    text = client.get(f"/me/sign-in/app/{wanted}").content.decode()
    assert f'action="/me/sign-in/app/{wanted}"' in text
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", text)[1]
    assert "Error:" in client.post(f"/me/sign-in/app/{wanted}", {"code": "1"}).content.decode()
    done = client.post(f"/me/sign-in/app/{wanted}", {"code": code_of(secret)})
    assert done["Location"] == "/me/sign-in/codes/?next=%2Fpeople%2F%3Fpage%3D2"
    assert 'href="/people/?page=2"' in client.get(done["Location"]).content.decode()


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_no_page_leads_on_to_another_host(settings, client, guarded, path):
    for address in ("/me/sign-in/", "/me/sign-in/codes/"):
        shown = unquote(client.get(address, {"next": path}).content.decode())
        assert not re.search(r'(href|action)="[^"?]*' + re.escape(path), shown)
        assert f'href="{path}' not in shown
        assert "I have kept them" not in shown or 'btn-primary" href="/me/sign-in/"' in shown


def test_a_post_before_it_is_set_up_leads_back_to_the_page_it_came_from(settings, client, member):
    settings.MFA_REQUIRED = True
    sign_in(client, member)
    sent = client.post("/areas/add/", {"name": "Harbour"}, headers={"referer": "http://testserver/areas/"})
    assert sent["Location"] == "/me/sign-in/?next=%2Fareas%2F"


def test_heads_sponsors_readers_and_the_issuer_are_never_asked(settings, as_user, head, sponsor, issuer):
    settings.MFA_REQUIRED = True
    for who in (head, sponsor, issuer, user("reader@fairhaven.example")):
        assert as_user(who).get("/me/").status_code == 200


def test_it_is_required_of_whoever_joins_the_pmo_from_that_moment_on(settings, as_user, head, lead):
    settings.MFA_REQUIRED = True
    browser = as_user(head)
    assert browser.get("/me/").status_code == 200
    actions.appoint(head.user, Appointment.Office.MEMBER, by=lead)
    assert browser.get("/me/")["Location"] == "/me/sign-in/?next=%2Fme%2F"


# --- lost ---------------------------------------------------------------------------------------
CHOSEN = "/admin/accounts/user/"


def take_off(room: Client, *users: User):
    chosen = [each.pk for each in users]
    return room.post(CHOSEN, {"action": "take_off_factors", "_selected_action": chosen}, follow=True)


def test_an_administrator_takes_off_a_lost_factor_and_the_person_is_told(client, guarded, member, administrator):
    room = Client()
    sign_in(room, administrator)
    answer = take_off(room, member)
    assert "a letter tells the person" in answer.content.decode()
    assert not Authenticator.objects.filter(user=member).exists()
    assert (letters()[-1], mail.outbox[-1].to) == ("Your second factor was taken off", [member.email])
    line = Entry.objects.get(verb="reset_sign_in")
    assert (line.by, line.subject, line.details["factors"]) == (
        administrator, f"user:{member.pk}", ["recovery_codes", "totp"],
    )  # fmt: skip
    assert not is_in(client)


def test_it_opens_nothing_to_the_administrator(guarded, member, administrator):
    """What is left is the member's own mailbox, which is not the administrator's."""
    room = Client()
    sign_in(room, administrator)
    take_off(room, member)
    assert room.get("/me/sign-in/").wsgi_request.user == administrator
    assert guarded not in "".join(letter.message().as_bytes().decode() for letter in mail.outbox)


def test_an_administrator_proves_first_that_it_is_them(guarded, member, administrator, clock):
    room = Client()
    sign_in(room, administrator)
    clock(16 * 60)
    answer = room.post(CHOSEN, {"action": "take_off_factors", "_selected_action": [member.pk]})
    assert answer.status_code == 401
    assert Authenticator.objects.filter(user=member).exists()


def test_one_person_at_a_time_and_never_oneself(guarded, member, lead, administrator):
    room = Client()
    sign_in(room, administrator)
    assert "One person at a time" in take_off(room, member, lead).content.decode()
    assert "ask a colleague" in take_off(room, administrator).content.decode()
    assert Authenticator.objects.filter(user=member).exists()


def test_nobody_but_an_administrator_takes_it_off(guarded, member, lead, administrator):
    with pytest.raises(NotAllowed):
        actions.reset_sign_in(member, by=lead)
    with pytest.raises(RuleBroken):
        actions.reset_sign_in(administrator, by=administrator)
    assert Authenticator.objects.filter(user=member).exists()


def test_the_administrator_s_room_shows_no_factor_no_tie_and_no_session(administrator, as_user):
    room = as_user(administrator)
    shown = room.get("/admin/").content.decode()
    for app in ("mfa", "socialaccount", "usersessions"):
        assert f"/admin/{app}/" not in shown
        assert room.get(f"/admin/{app}/").status_code == 404


# --- letters ------------------------------------------------------------------------------------
EVENTS = ["totp_activated", "totp_deactivated", "webauthn_added", "webauthn_removed", "recovery_codes_generated"]


@pytest.mark.parametrize("event", [*EVENTS, "sign_in_reset"])
def test_each_letter_is_written_in_our_voice(event):
    from pmo_portal.outbox.letters import compose

    letter = compose(f"accounts/{event}", {})
    assert len(letter.subject) <= 50
    assert "tell the PMO at once" in " ".join(letter.text.split())
    assert letter.subject in letter.html


def test_allauth_writes_no_letter_that_has_no_template():
    import allauth

    folder = Path(allauth.__file__).parent / "templates/mfa/email"
    assert {path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")} == set(EVENTS)


# --- passkeys: what is not one ------------------------------------------------------------------
NONSENSE = ["", "{", "[]", "7", '"x"', "{}", '{"id": 1}', '{"response": {"userHandle": "!!"}}', '{"response": []}',
            '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA",'
            '"signature":"AA","userHandle":"AA"}}', '{"response": {"userHandle": null}}', "\x00"]  # fmt: skip


@pytest.mark.parametrize("sent", NONSENSE)
def test_what_is_no_passkey_opens_nothing_and_breaks_nothing(client, guarded, member, sent):
    door = Client()
    door.get("/accounts/passkey/", headers={"accept": "application/json"})
    assert door.post("/accounts/passkey/", {"credential": sent}).status_code == 302
    assert not is_in(door)
    second = Client()
    sign_in(second, member)
    second.get("/accounts/second/")
    assert second.post("/accounts/second/", {"credential": sent}).status_code == 200
    assert not is_in(second)
    client.get("/me/sign-in/passkeys/add/")
    assert client.post("/me/sign-in/passkeys/add/", {"name": "x", "credential": sent}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_a_passkey_that_did_not_work_leads_back_to_the_door_and_the_way_is_kept(client):
    client.get("/accounts/passkey/", headers={"accept": "application/json"})
    answer = client.post("/accounts/passkey/", {"credential": "{}", "next": "/areas/networks/"}, follow=True)
    assert answer.redirect_chain == [("/in/?next=%2Fareas%2Fnetworks%2F", 302)]
    assert "The passkey did not work" in answer.content.decode()
    assert '<input type="hidden" name="next" value="/areas/networks/">' in answer.content.decode()


def test_trying_passkeys_is_throttled(client):
    for _ in range(12):
        answer = client.post("/accounts/passkey/", {"credential": "{}"})
    assert (answer.status_code, page.problems(answer)) == (429, [])


# --- passkeys: their names, and codes to keep ---------------------------------------------------
def passkey_of(who: User, name: str = "Passkey 2") -> Authenticator:
    return Authenticator.objects.create(user=who, type="webauthn", data={"name": name, "credential": {"id": "x"}})


def test_a_passkey_gets_another_name_and_stays_the_same_key(client, guarded, member):
    mine = passkey_of(member)
    address = f"/me/sign-in/passkeys/{mine.pk}/name/"
    assert f'href="{address}"' in client.get("/me/sign-in/").content.decode()
    shown = client.get(address)
    assert page.problems(shown) == []
    assert 'value="Passkey 2"' in shown.content.decode()
    assert client.post(address, {"name": "  Work <laptop> "})["Location"] == "/me/sign-in/"
    mine.refresh_from_db()
    assert mine.data == {"name": "Work <laptop>", "credential": {"id": "x"}}
    assert "Work &lt;laptop&gt;" in client.get("/me/sign-in/").content.decode()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00"])
def test_a_name_that_is_none_is_refused(client, guarded, member, name):
    mine = passkey_of(member)
    answer = client.post(f"/me/sign-in/passkeys/{mine.pk}/name/", {"name": name})
    assert "Error:" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.data["name"] == "Passkey 2"


def test_nobody_renames_the_passkey_of_somebody_else_nor_an_app(client, guarded, member, head):
    theirs, app = passkey_of(head.user), Authenticator.objects.get(user=member, type="totp")
    for each in (theirs, app):
        assert client.get(f"/me/sign-in/passkeys/{each.pk}/name/").status_code == 404
        assert client.post(f"/me/sign-in/passkeys/{each.pk}/name/", {"name": "Mine"}).status_code == 404
    assert "Mine" not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_recovery_codes_can_be_kept_as_a_plain_text(client, guarded, member):
    shown = client.get("/me/sign-in/codes/").content.decode()
    assert 'href="/me/sign-in/codes/recovery-codes.txt"' in shown
    file = client.get("/me/sign-in/codes/recovery-codes.txt")
    assert file["Content-Type"] == "text/plain; charset=utf-8"
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert "no-store" in file["Cache-Control"]
    codes = re.findall(r"<code dir=\"ltr\">(\d{8})</code>", shown)
    assert re.findall(r"(?m)^\d{8}$", file.content.decode()) == codes
    assert member.email in file.content.decode()
    assert client.post("/me/sign-in/codes/recovery-codes.txt").status_code == 405


def test_the_text_asks_for_a_fresh_proof_as_the_page_does(client, guarded, clock):
    clock(16 * 60)
    answer = client.get("/me/sign-in/codes/recovery-codes.txt")
    assert answer["Location"].startswith("/accounts/second/again/?next=")


# --- sessions -----------------------------------------------------------------------------------
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def browser_of(agent: str, who: User) -> Client:
    browser = Client(headers={"user-agent": agent})
    sign_in(browser, who)
    return browser


def test_the_page_names_each_device_and_marks_this_one(head):
    here, phone = browser_of(FIREFOX, head.user), browser_of(IPHONE, head.user)
    phone.get("/me/")
    text = " ".join(here.get("/me/sign-in/").content.decode().split())
    assert "Firefox on Linux" in text
    assert "Safari on iPhone" in text
    assert text.count("This device") == 1
    assert text.index("Firefox on Linux") < text.index("This device") < text.index("Safari on iPhone")


def test_a_session_stands_in_the_list_however_it_began(as_user, head):
    browser = as_user(head)
    browser.get("/me/")
    assert is_in(browser)
    assert browser.get("/me/sign-in/").content.decode().count("This device") == 1
    actions.end_sessions(head.user, by=None)
    assert not is_in(browser)


def test_when_somebody_was_last_seen_is_noted_now_and_then(as_user, head):
    from allauth.usersessions.models import UserSession

    browser = as_user(head)
    browser.get("/me/")
    long_ago = timezone.now() - timedelta(hours=2)
    UserSession.objects.update(last_seen_at=long_ago)
    browser.get("/me/")
    seen = UserSession.objects.get().last_seen_at
    assert seen > long_ago
    browser.get("/me/")
    assert UserSession.objects.get().last_seen_at == seen


def test_one_ends_one_device_or_all_others(head):
    here, phone, desk = (browser_of(agent, head.user) for agent in (FIREFOX, IPHONE, "curl/8"))
    key = phone.session.session_key
    pk = head.user.usersession_set.get(session_key=key).pk
    assert here.get(f"/me/sign-in/sessions/{pk}/end/").status_code == 405
    here.post(f"/me/sign-in/sessions/{pk}/end/")
    assert (is_in(here), is_in(phone), is_in(desk)) == (True, False, True)
    here.post("/me/sign-in/sessions/others/end/")
    assert (is_in(here), is_in(desk)) == (True, False)
    mine = head.user.usersession_set.get(session_key=here.session.session_key)
    here.post(f"/me/sign-in/sessions/{mine.pk}/end/")
    assert not is_in(here)


def test_nobody_ends_a_session_of_somebody_else(head, foreign_head):
    theirs, mine = browser_of(FIREFOX, foreign_head.user), browser_of(IPHONE, head.user)
    pk = foreign_head.user.usersession_set.get().pk
    assert mine.post(f"/me/sign-in/sessions/{pk}/end/").status_code == 404
    with pytest.raises(NotAllowed):
        actions.end_session(foreign_head.user.usersession_set.get(), by=head.user)
    assert is_in(theirs)


def test_signing_out_ends_the_session_itself(client, head):
    sign_in(client, head.user)
    kept = client.cookies["session"].value
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["session"] = kept
    assert not is_in(thief)


def test_shutting_an_account_ends_all_its_sessions_at_once(as_user, administrator, head):
    here, phone = browser_of(FIREFOX, head.user), browser_of(IPHONE, head.user)
    room = as_user(administrator)
    room.post(f"/admin/accounts/user/{head.user.pk}/change/", {"name": "Head"})
    assert (is_in(here), is_in(phone)) == (False, False)
    assert not head.user.usersession_set.exists()
    assert Entry.objects.get(verb="end_sessions").details == {"ended": 2, "why": "shut"}
    room.post(f"/admin/accounts/user/{head.user.pk}/change/", {"name": "Head", "is_active": "on"})
    assert (is_in(here), is_in(phone)) == (False, False), "opened again, the old sessions stay ended"


def test_an_account_that_was_shut_past_the_administrator_s_room_is_shut_all_the_same(as_user, head):
    browser = as_user(head)
    User.objects.filter(pk=head.user.pk).update(is_active=False)
    assert not is_in(browser)


def test_an_administrator_signs_somebody_out_everywhere(as_user, administrator, head):
    here = browser_of(FIREFOX, head.user)
    as_user(administrator).post(CHOSEN, {"action": "sign_out", "_selected_action": [head.user.pk]})
    assert not is_in(here)


def test_who_leaves_the_pmo_reaches_nothing_of_it_from_that_moment_on(client, member):
    sign_in(client, member)
    assert client.get("/people/").status_code == 200
    member.appointments.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert client.get("/people/").status_code == 403
    assert reverse("mfa_index") == "/me/sign-in/"
