"""Leaving by the link in a letter, and by the mail program's one click (RFC 8058)."""

import pytest
from django.test import Client

from pmo_portal.audit.models import Entry
from pmo_portal.common.links import sign
from stakeholders.digests.models import DigestPreference
from tests.digests.conftest import MONDAY, at

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def samuel(house):
    return house.person("Samuel")


def address(person, purpose="digest-leave"):
    return f"/digests/leave/{sign(purpose, person.pk)}/"


def rhythm(person):
    return DigestPreference.objects.get(person=person).rhythm


def stranger():
    """A mail program: no session, no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_asks_and_changes_nothing(samuel, method):
    before = DigestPreference.objects.values().get(person=samuel)
    for _time in range(2):
        assert getattr(stranger(), method)(address(samuel)).status_code == 200
    assert DigestPreference.objects.values().get(person=samuel) == before
    assert not Entry.objects.exists()


def test_one_click_leaves_twice_as_well_as_once(samuel):
    for _time in range(2):
        assert stranger().post(address(samuel), ONE_CLICK).status_code == 200
        assert rhythm(samuel) == "off"
    entry = Entry.objects.get(verb="leave_digest")
    assert (entry.subject, entry.details["how"]) == (samuel.key, "one_click")


def test_a_mail_program_that_sends_its_click_as_a_form_with_parts_is_heard_as_well(samuel):
    boundary = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    stranger().post(address(samuel), boundary, content_type="multipart/form-data; boundary=b")
    assert rhythm(samuel) == "off"


@pytest.mark.parametrize(("choice", "becomes"), [("off", "off"), ("monthly", "monthly")])
def test_the_page_s_form_does_what_was_chosen(samuel, choice, becomes):
    page = stranger().post(address(samuel), {"choice": choice})
    assert page.status_code == 200
    assert rhythm(samuel) == becomes
    assert Entry.objects.get(verb="leave_digest").details["how"] == "page"


@pytest.mark.parametrize("sent", [{}, {"choice": ""}, {"choice": "daily"}, {"List-Unsubscribe": "yes"}])
def test_a_form_that_a_scanner_sends_without_a_choice_changes_nothing(samuel, sent):
    page = stranger().post(address(samuel), sent)
    assert page.status_code == 200
    assert rhythm(samuel) == "weekly"


def test_nothing_is_preselected(samuel):
    assert b"checked" not in stranger().get(address(samuel)).content


def test_a_forged_token_is_a_plain_404(samuel):
    for token in ("x", "WyJ4Il0:1abc:def", address(samuel)[len("/digests/leave/") : -2]):
        for response in (
            stranger().get(f"/digests/leave/{token}/"),
            stranger().post(f"/digests/leave/{token}/", ONE_CLICK),
        ):
            assert response.status_code == 404
            assert b"This link does not work" in response.content
    assert rhythm(samuel) == "weekly"


@pytest.mark.parametrize("purpose", ["digest-undo", "way-in", "invitation"])
def test_a_token_for_another_purpose_leaves_nothing(samuel, purpose):
    assert stranger().post(address(samuel, purpose), ONE_CLICK).status_code == 404
    assert rhythm(samuel) == "weekly"


def test_a_token_of_somebody_else_leaves_for_them_only(house, samuel):
    sylvia = house.person("Sylvia")
    stranger().post(address(sylvia), ONE_CLICK)
    assert (rhythm(samuel), rhythm(sylvia)) == ("weekly", "off")


def test_a_receipt_allows_undo(house, samuel):
    client = Client()
    page = client.post(address(samuel), {"choice": "off"})
    undo = f"/digests/undo/{page.context['undo_token']}/"
    assert client.get(undo).status_code == 405
    assert client.post(undo).status_code == 200
    assert rhythm(samuel) == "weekly"
    assert Entry.objects.filter(verb="undo_leave_digest").count() == 1


def test_undo_needs_a_token_of_its_own(samuel):
    stranger().post(address(samuel), ONE_CLICK)
    assert Client().post(f"/digests/undo/{sign('digest-leave', samuel.pk)}/").status_code == 404
    assert rhythm(samuel) == "off"


def test_undo_by_another_page_s_form_is_refused(samuel):
    stranger().post(address(samuel), ONE_CLICK)
    assert stranger().post(f"/digests/undo/{sign('digest-undo', samuel.pk)}/").status_code == 403
    assert rhythm(samuel) == "off"


def test_an_old_receipt_does_not_undo_what_was_chosen_since(house, samuel):
    stranger().post(address(samuel), ONE_CLICK)
    house.client(samuel.user).post(
        "/digests/preferences/", {"rhythm": "off", "weekday": 0, "hour": 9, "zone": "Europe/London"}
    )
    Client().post(f"/digests/undo/{sign('digest-undo', samuel.pk)}/")
    assert rhythm(samuel) == "off"


def test_who_left_is_not_brought_back_by_the_pmo(house, samuel):
    stranger().post(address(samuel), ONE_CLICK)
    page = house.client(house.member).post(
        f"/digests/preferences/{samuel.pk}/", {"rhythm": "daily", "weekday": 0, "hour": 9, "zone": "Europe/London"}
    )
    assert page.status_code == 409
    assert rhythm(samuel) == "off"


def test_who_never_chose_can_leave_before_the_first_letter(house, samuel):
    samuel.digest_preference.delete()
    stranger().post(address(samuel), ONE_CLICK)
    assert rhythm(samuel) == "off"


def test_after_leaving_no_digest_comes_but_what_was_owed_waits(house, samuel):
    house.publishes()
    stranger().post(address(samuel), ONE_CLICK)
    house.tick(at(MONDAY, 9, 1))
    assert not samuel.deliveries.filter(state="rendered").exists()
    Client().post(f"/digests/undo/{sign('digest-undo', samuel.pk)}/")
    DigestPreference.objects.filter(person=samuel).update(since=at(MONDAY))
    house.tick(at(MONDAY, 9, 2))
    assert "mandate" in house.letter(samuel).text


def test_the_link_in_a_letter_is_the_one_that_works(house, samuel):
    house.publishes()
    house.tick()
    text = house.letter(samuel).text
    link = next(word for word in text.split() if "/digests/leave/" in word)
    assert stranger().post(link.removeprefix("http://testserver"), ONE_CLICK).status_code == 200
    assert rhythm(samuel) == "off"


def test_tokens_expire(samuel, monkeypatch):
    monkeypatch.setattr("stakeholders.digests.views.LEAVE_LIFE", -1)
    monkeypatch.setattr("stakeholders.digests.views.UNDO_LIFE", -1)
    assert stranger().post(address(samuel), ONE_CLICK).status_code == 404
    assert Client().post(f"/digests/undo/{sign('digest-undo', samuel.pk)}/").status_code == 404
    assert rhythm(samuel) == "weekly"
