"""Reading is remembered for 30 days; writing asks again after 12 hours, signing after 15 minutes; no word is lost."""

import re
from html import unescape

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pmo_portal.accounts import actions
from pmo_portal.accounts.models import SignInCode
from stakeholders.areas.models import Area
from tests.accounts.conftest import HOUR, all_at_once, another, grow_old, is_in, newest_code, signed_in
from tests.conftest import come_in
from tests.house.open_routes import OPEN, SIGNING
from tests.house.page import form_on, problems
from tests.house.routes import routes

pytestmark = pytest.mark.django_db(transaction=True)
HARBOUR = {"name": "Harbour", "description": 'One "line"\r\nand <another>'}


def hidden(page) -> list[tuple[str, str]]:
    """The fields that a page carries along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode())
    return [(unescape(name), unescape(value)) for name, value in found if name != "csrfmiddlewaretoken"]


def test_sessions_last_30_days_and_reading_asks_nothing(lead, settings):
    assert settings.SESSION_COOKIE_AGE == 30 * 24 * HOUR
    browser = signed_in(lead, ago=29 * 24 * HOUR)
    assert browser.get("/people/").status_code == 200
    assert browser.get("/areas/add/").status_code == 200


def test_writing_goes_on_for_twelve_hours(lead):
    assert signed_in(lead, ago=11.9 * HOUR).post("/areas/add/", HARBOUR).status_code == 302
    assert Area.objects.filter(name="Harbour").exists()


def test_after_twelve_hours_a_post_is_asked_for_a_code_and_nothing_is_done(lead):
    page = signed_in(lead, ago=12.1 * HOUR).post("/areas/add/", HARBOUR)
    assert page.status_code == 401
    text = page.content.decode()
    assert "Is it still you?" in text
    assert "l…d@fairhaven.example" in text
    assert mail.outbox[-1].to == [lead.email]
    assert not Area.objects.exists()


def test_the_right_code_goes_on_as_if_nothing_had_been_between(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    page = browser.post("/areas/add/", HARBOUR)
    assert dict(hidden(page)) == HARBOUR
    answer = browser.post("/areas/add/", {**dict(hidden(page)), "proof-code": newest_code()})
    assert answer.status_code == 302
    area = Area.objects.get()
    assert (area.name, area.description) == ("Harbour", HARBOUR["description"])
    assert browser.post("/areas/add/", {"name": "Quays"}).status_code == 302, "and is not asked again"


def test_fields_with_several_values_are_all_kept(lead, live, draft_agreement):
    browser = signed_in(lead, ago=13 * HOUR)
    address = f"/agreements/{draft_agreement.agreement_id}/rows/words/"
    page = browser.post(address + "?from=here", {"rows": ["budget", "tools"], "empty": ""})
    assert hidden(page) == [("rows", "budget"), ("rows", "tools"), ("empty", "")]
    assert f'action="{address}?from=here"' in page.content.decode()


def test_a_wrong_code_is_told_and_the_words_are_still_there(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    browser.post("/areas/add/", HARBOUR)
    code = newest_code()
    for _time in range(2):
        page = browser.post("/areas/add/", {**HARBOUR, "proof-code": another(code)})
        assert page.status_code == 401
        assert dict(hidden(page)) == HARBOUR
        assert "<title>Error:" in page.content.decode()
    assert len(mail.outbox) == 1, "a wrong try sends no other code"
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": code}).status_code == 302


def test_another_code_can_be_sent_and_the_words_stay(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    browser.post("/areas/add/", HARBOUR)
    page = browser.post("/areas/add/", {**HARBOUR, "proof-code": "", "proof-another": "1"})
    assert (page.status_code, dict(hidden(page)), len(mail.outbox)) == (401, HARBOUR, 2)
    assert "<title>Error:" not in page.content.decode()
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()}).status_code == 302


def test_a_second_press_sends_no_second_letter(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    for _time in range(3):
        browser.post("/areas/add/", HARBOUR)
    assert len(mail.outbox) == 1


def test_too_many_wishes_are_told_and_the_words_stay(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    for _time in range(4):
        page = browser.post("/areas/add/", {**HARBOUR, "proof-another": "1"})
    assert (page.status_code, dict(hidden(page)), len(mail.outbox)) == (401, HARBOUR, 3)
    assert "no other was sent" in page.content.decode()
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()}).status_code == 302


def test_another_browsers_code_proves_nothing(lead):
    first, second = signed_in(lead, ago=13 * HOUR), signed_in(lead, ago=13 * HOUR)
    first.post("/areas/add/", HARBOUR)
    code = newest_code()
    second.post("/areas/add/", HARBOUR)
    if newest_code() != code:
        assert second.post("/areas/add/", {**HARBOUR, "proof-code": code}).status_code == 401
    assert first.post("/areas/add/", {**HARBOUR, "proof-code": code}).status_code == 302


def test_a_code_to_come_in_is_no_proof(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    browser.post("/areas/add/", HARBOUR)
    proof = newest_code()
    stranger = Client()
    stranger.post("/in/", {"email": lead.email})
    if newest_code() != proof:
        assert browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()}).status_code == 401


def test_twenty_guesses_at_once_count_at_most_three_tries(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    browser.post("/areas/add/", HARBOUR)
    wrong = another(newest_code())
    twins = []
    for _number in range(20):
        twins.append(Client())
        twins[-1].cookies = browser.cookies.copy()
    answers = all_at_once(20, lambda n: twins[n].post("/areas/add/", {**HARBOUR, "proof-code": wrong}))
    assert {answer.status_code for answer in answers} == {401}
    assert SignInCode.objects.get().tries == 3
    assert not Area.objects.exists()


def test_a_code_in_a_post_that_needs_none_is_no_field_of_it(lead):
    assert signed_in(lead).post("/areas/add/", {**HARBOUR, "proof-code": "123456"}).status_code == 302


def test_a_session_without_any_record_is_too_old(lead):
    browser = Client()
    browser.force_login(lead)
    assert browser.get("/people/").status_code == 200
    assert browser.post("/areas/add/", HARBOUR).status_code == 401


def test_somebody_elses_record_is_no_proof(lead, head):
    browser = signed_in(head.user)
    session = browser.session
    kept = session[AUTHENTICATION_METHODS_SESSION_KEY]
    browser = Client()
    browser.force_login(lead)
    session = browser.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = kept
    session["account_authentication_methods_user"] = str(head.user.pk)
    session.save()
    assert browser.post("/areas/add/", HARBOUR).status_code == 401


def test_a_password_is_a_proof_too(client, lead):
    client.post("/accounts/login/", {"login": lead.email, "password": "quiet-harbour-9"})
    assert client.post("/areas/add/", HARBOUR).status_code == 302


def test_so_is_the_code_one_came_in_with(client, lead):
    client.post("/in/", {"email": lead.email})
    client.post("/in/code/", {"code": newest_code()})
    assert client.post("/areas/add/", HARBOUR).status_code == 302


# --- signing ------------------------------------------------------------------------------------
def test_signing_asks_after_fifteen_minutes_and_reading_the_page_does_not(proposed, head):
    address, hash_ = f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}
    browser = signed_in(head.user, ago=16 * 60)
    assert browser.get(address).status_code == 200
    page = browser.post(address, hash_)
    assert (page.status_code, dict(hidden(page))) == (401, hash_)
    proposed.refresh_from_db()
    assert proposed.state == "proposed"
    assert browser.post(address, {**hash_, "proof-code": newest_code()}).status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "in_force"


def test_signing_within_fifteen_minutes_is_not_asked(proposed, head):
    browser = signed_in(head.user, ago=14 * 60)
    answer = browser.post(f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash})
    assert answer.status_code == 302


def test_what_changed_meanwhile_is_not_signed_with_the_code(draft_agreement, lead):
    """The proof stands between the page and the verb; what is signed is still the words of the page."""
    page = signed_in(lead).get(draft_agreement.agreement.get_absolute_url()).content.decode()
    address = f"/agreements/{draft_agreement.agreement_id}/propose/"
    form = form_on(page, address)
    browser = signed_in(lead, ago=HOUR)
    assert browser.post(address, form).status_code == 401
    draft_agreement.rows.update(we_commit="Something else")
    browser.post(address, {**form, "proof-code": newest_code()})
    draft_agreement.refresh_from_db()
    assert draft_agreement.state == "draft"


def test_who_may_not_sign_may_not_with_a_code_either(proposed, lead):
    browser = signed_in(lead, ago=HOUR)
    address, hash_ = f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}
    browser.post(address, hash_)
    assert browser.post(address, {**hash_, "proof-code": newest_code()}).status_code == 403


def test_what_signs_and_decides_is_the_committed_list():
    assert {route.name for route in routes() if getattr(route.view, "is_signing", False)} == SIGNING


def test_nothing_that_signs_is_open():
    assert not SIGNING & set(OPEN)


# --- what asks nothing --------------------------------------------------------------------------
def test_leaving_and_the_look_ask_nothing(lead):
    browser = signed_in(lead, ago=20 * 24 * HOUR)
    assert browser.post("/me/look/", {"theme": "dark"}).status_code == 302
    assert browser.post("/accounts/logout/").status_code == 302
    assert mail.outbox == []


def test_an_administrator_is_asked_in_their_room_and_leaves_it_freely(administrator):
    room = signed_in(administrator, ago=13 * HOUR)
    assert room.get("/admin/accounts/user/add/").status_code == 200
    assert room.post("/admin/accounts/user/add/", {"email": "n@fairhaven.example"}).status_code == 401
    assert room.post("/admin/logout/").status_code in {200, 302}


# --- a session that has ended -------------------------------------------------------------------
def ended(who) -> Client:
    """A browser whose session was ended from elsewhere, while a page stood open in it."""
    browser = signed_in(who)
    browser.get("/areas/add/")
    actions.end_sessions(who, by=None)
    return browser


def test_what_is_posted_after_the_session_ended_is_kept_and_goes_on_with_the_code(lead):
    browser = ended(lead)
    page = browser.post("/areas/add/?from=here", HARBOUR)
    assert (page.status_code, dict(hidden(page)), problems(page)) == (401, HARBOUR, [])
    text = page.content.decode()
    assert "You were signed out meanwhile" in text
    assert 'action="/areas/add/?from=here"' in text
    assert "l…d@fairhaven.example" in text
    assert lead.email not in text
    assert (len(mail.outbox), mail.outbox[-1].to) == (1, [lead.email])
    assert not is_in(browser)
    assert not Area.objects.exists()
    answer = browser.post("/areas/add/", {**dict(hidden(page)), "proof-code": newest_code()})
    assert answer.status_code == 302
    assert Area.objects.get().description == HARBOUR["description"]
    assert is_in(browser)
    assert lead.usersession_set.count() == 1


def test_only_the_one_who_wrote_gets_on_with_it(lead, head):
    """Somebody else at the same browser gets digits to their own mailbox, and they prove nothing of the writer's."""
    browser = ended(lead)
    browser.post("/areas/add/", HARBOUR)
    browser.post("/in/", {"email": head.user.email})
    theirs = newest_code()
    page = browser.post("/areas/add/", {**HARBOUR, "proof-code": theirs})
    assert page.status_code == 401
    assert not is_in(browser)
    assert not Area.objects.filter(name="Harbour").exists()


def test_signed_in_as_somebody_else_an_old_page_sends_nothing(lead, head):
    browser = Client(enforce_csrf_checks=True)
    come_in(browser, lead)
    browser.get("/areas/add/")
    old = browser.cookies["csrf"].value
    actions.end_sessions(lead, by=None)
    come_in(browser, head.user)
    browser.get("/me/sign-in/")
    assert browser.post("/areas/add/", {**HARBOUR, "csrfmiddlewaretoken": old}).status_code == 403


def test_without_a_token_of_our_own_page_no_letter_is_sent(lead):
    browser = Client(enforce_csrf_checks=True)
    come_in(browser, lead)
    browser.get("/areas/add/")
    actions.end_sessions(lead, by=None)
    assert browser.post("/areas/add/", HARBOUR).status_code == 403
    assert mail.outbox == []


def test_a_wrong_code_after_the_end_is_told_and_counted(lead):
    browser = ended(lead)
    browser.post("/areas/add/", HARBOUR)
    code = newest_code()
    for _time in range(3):
        page = browser.post("/areas/add/", {**HARBOUR, "proof-code": another(code)})
        assert (page.status_code, dict(hidden(page))) == (401, HARBOUR)
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": code}).status_code == 401
    assert not is_in(browser)


def test_what_needs_a_right_needs_it_after_the_end_too(lead, head):
    browser = ended(head.user)
    browser.post("/areas/add/", HARBOUR)
    assert browser.post("/areas/add/", {**HARBOUR, "proof-code": newest_code()}).status_code == 403
    assert not Area.objects.filter(name="Harbour").exists()


@pytest.mark.parametrize("kept", ["", "7", "7:abc:def"])
def test_a_browser_of_which_nothing_is_known_begins_at_the_page_it_came_from(lead, kept):
    browser = Client()
    browser.cookies["whose"] = kept
    answer = browser.post("/areas/add/", HARBOUR, headers={"referer": "http://testserver/areas/"})
    assert (answer.status_code, answer["Location"]) == (302, "/in/?next=/areas/")
    assert mail.outbox == []


def test_who_was_shut_out_meanwhile_is_sent_no_code(lead):
    browser = ended(lead)
    lead.is_active = False
    lead.save()
    assert browser.post("/areas/add/", HARBOUR)["Location"] == "/in/?next=/"
    assert mail.outbox == []


def test_the_look_and_scripts_ask_for_no_code_after_the_end(lead):
    browser = ended(lead)
    assert browser.post("/me/look/", {"theme": "dark"}).status_code == 302
    assert browser.post("/areas/add/", HARBOUR, headers={"HX-Request": "true"}).status_code == 401
    assert mail.outbox == []


def test_the_cookie_that_tells_whose_it_was_holds_no_address_and_is_no_sign_in(lead):
    browser = signed_in(lead)
    browser.get("/me/")
    cookie = browser.cookies["whose"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 24 * HOUR)
    assert "@" not in cookie.value
    thief = Client()
    thief.cookies["whose"] = cookie.value
    assert not is_in(thief)


# --- scripts, files, passwords ------------------------------------------------------------------
@pytest.mark.parametrize(
    "headers", [{"HX-Request": "true"}, {"X-Requested-With": "XMLHttpRequest"}, {"Sec-Fetch-Dest": "empty"}]
)
def test_a_script_is_answered_401_and_no_letter_is_sent(lead, headers):
    answer = signed_in(lead, ago=13 * HOUR).post("/areas/add/", HARBOUR, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert mail.outbox == []


def test_a_file_cannot_be_kept_and_the_page_says_so(lead):
    file = SimpleUploadedFile("rows.csv", b"Harbour")
    page = signed_in(lead, ago=13 * HOUR).post("/areas/add/", {**HARBOUR, "file": file})
    assert "choose it again" in page.content.decode()
    assert dict(hidden(page)) == HARBOUR


def test_a_password_is_written_into_no_page(lead):
    lead.set_unusable_password()
    lead.save()
    new = {"password1": "grey-lantern-4", "password2": "grey-lantern-4"}
    browser = signed_in(lead, ago=13 * HOUR)
    page = browser.post("/accounts/password/set/", new)
    assert page.status_code == 401
    assert "grey-lantern-4" not in page.content.decode()
    assert "type it again" in page.content.decode()


# --- where allauth asks by itself ----------------------------------------------------------------
def test_allauths_own_question_can_be_answered_with_a_code(lead):
    browser = signed_in(lead, ago=13 * HOUR)
    address = "/accounts/reauthenticate/code/?next=/me/"
    page = browser.get(address).content.decode()
    assert "l…d@fairhaven.example" in page
    assert mail.outbox == []
    assert browser.post(address).status_code == 200
    assert "not the code" in browser.post(address, {"code": another(newest_code())}).content.decode()
    answer = browser.post(address, {"code": newest_code()})
    assert answer.headers["Location"] == "/me/"
    assert browser.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["reauthenticated"] is True


def test_who_has_a_password_is_offered_both(lead):
    text = signed_in(lead).get("/accounts/reauthenticate/").content.decode()
    assert "/accounts/reauthenticate/code/" in text


def test_who_has_no_password_is_led_to_the_code(lead):
    lead.set_unusable_password()
    lead.save()
    answer = signed_in(lead).get("/accounts/reauthenticate/")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/code/")


def test_time_goes_on_in_a_session(lead):
    browser = signed_in(lead)
    assert browser.post("/areas/add/", HARBOUR).status_code == 302
    grow_old(browser, 13 * HOUR)
    assert browser.post("/areas/add/", {"name": "Quays"}).status_code == 401
