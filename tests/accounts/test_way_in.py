"""A letter's link knows whose it is and lets nobody in; one tap sends a code, and the code opens the very thing."""

import json
import logging
from base64 import urlsafe_b64decode
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.test import Client

from pmo_portal.accounts.models import SignInCode, User
from pmo_portal.accounts.reading import inside, masked
from pmo_portal.common.links import WAY_IN, sign, way_in
from pmo_portal.settings.base import no_tokens
from tests.accounts.conftest import ask_for_a_code, is_in, newest_code, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
HALF_A_YEAR = 180 * 24 * 3600


@pytest.fixture
def link(head) -> str:
    return link_to(head.user)


def link_to(user: User, path: str = "/areas/networks/") -> str:
    return urlsplit(way_in(user.pk, path)).path


def test_the_link_shows_whose_it_is_and_lets_nobody_in(client, head, link):
    page = client.get(link)
    assert page.status_code == 200
    text = page.content.decode()
    assert "Head" in text
    assert "h…d@fairhaven.example" in text
    assert head.email not in text
    assert not is_in(client)


def test_one_button_sends_the_code_and_the_code_opens_the_very_thing(client, head, link):
    assert client.post(link).headers["Location"] == "/in/code/"
    assert mail.outbox[-1].to == [head.email]
    assert head.email not in client.get("/in/code/").content.decode()
    answer = client.post("/in/code/", {"code": newest_code()})
    assert answer.headers["Location"] == "/areas/networks/"
    assert is_in(client)


def test_another_code_can_be_sent_from_there(client, head, link):
    client.post(link)
    client.post("/in/code/", {"another": "1"})
    answer = client.post("/in/code/", {"code": newest_code()})
    assert answer.headers["Location"] == "/areas/networks/"


def test_who_is_in_already_goes_straight_to_the_page(head, link):
    assert signed_in(head.user).get(link).headers["Location"] == "/areas/networks/"


def test_somebody_else_is_told_and_offered_to_sign_out(lead, link):
    browser = signed_in(lead)
    text = browser.get(link).content.decode()
    assert "somebody else" in text
    assert browser.post(link).status_code == 200
    assert mail.outbox == []
    answer = browser.post("/accounts/logout/", {"next": link})
    assert answer.headers["Location"] == link
    assert "Send me a code" in browser.get(link).content.decode()


def test_a_link_carries_no_address(head):
    token = way_in(head.user.pk, "/me/").split("/")[-2]
    payload = token.split(":")[0]
    assert json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) == [head.user.pk, "/me/"]


def test_without_a_user_it_is_the_plain_address(settings):
    assert way_in(None, "/me/") == "http://testserver/me/"


# --- forwarded ----------------------------------------------------------------------------------
def test_i_am_not_anna_is_a_plain_page_and_changes_nothing(client, link):
    text = client.get(f"{link}not-me/").content.decode()
    assert "nothing happens" in text
    assert "pmo@localhost" in text
    assert client.post(f"{link}not-me/").status_code == 405
    assert mail.outbox == []


def test_a_forwarded_link_gives_nobody_a_way_in(client, head, sponsor, link):
    client.post(link)
    assert mail.outbox[-1].to == [head.email], "the code goes to the one it was written for"
    own = ask_for_a_code(client, sponsor.email)
    client.post("/in/code/", {"code": own})
    assert client.get("/me/").context["user"] == sponsor.user


# --- forged, old, for something else ------------------------------------------------------------
def tokens(head) -> dict[str, str]:
    user = head.user.pk
    good = sign(WAY_IN, [user, "/me/"])
    return {
        "forged": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "another purpose": sign("digest-leave", [user, "/me/"]),
        "another shape": sign(WAY_IN, user),
        "nobody's": sign(WAY_IN, [999_999, "/me/"]),
        "nonsense": "x" * 500,
        "with a NUL": "a%00b",
        "another key": signing.dumps([user, "/me/"], key="x" * 60, salt="portal.way-in"),
    }


@pytest.mark.parametrize(
    "kind", ["forged", "another purpose", "another shape", "nobody's", "nonsense", "with a NUL", "another key"]
)
def test_a_bad_link_is_a_plain_page_with_the_ordinary_door(client, head, kind):
    address = f"/in/{tokens(head)[kind]}/"
    for answer in (client.get(address + "?next=/people/"), client.post(address), client.get(f"{address}not-me/")):
        assert answer.status_code == 404
        text = answer.content.decode()
        assert "This link does not work" in text
        assert 'name="email"' in text
        assert "/people/" not in text
    assert mail.outbox == []


def test_a_link_works_for_half_a_year(client, link, monkeypatch):
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HALF_A_YEAR - 60)
    assert client.get(link).status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + HALF_A_YEAR + 60)
    assert client.get(link).status_code == 404


def test_the_link_of_somebody_shut_out_opens_nothing(client, head, link):
    User.objects.filter(pk=head.user.pk).update(is_active=False)
    client.post(link)
    answer = client.post("/in/code/", {"code": newest_code()})
    assert answer.headers["Location"] == "/accounts/inactive/"


# --- link scanners ------------------------------------------------------------------------------
def test_a_scanner_that_opens_every_link_changes_nothing(client, link):
    for address in (link, f"{link}not-me/", "/in/", "/in/code/", "/in/?next=/me/"):
        client.get(address)
        client.head(address)
    assert mail.outbox == []
    assert not SignInCode.objects.exists()
    assert not client.session.keys()


def test_a_scanner_that_submits_the_form_only_sends_codes_to_the_address_itself(client, head, link):
    for _time in range(12):
        client.post(link)
    assert {tuple(letter.to) for letter in mail.outbox} == {(head.email,)}
    assert len(mail.outbox) == 3
    assert not is_in(client)


def test_a_scanner_without_our_token_sends_nothing(link):
    scanner = Client(enforce_csrf_checks=True)
    assert scanner.post(link).status_code == 403
    assert mail.outbox == []


def test_a_refused_link_stands_in_no_log(link, caplog):
    with caplog.at_level(logging.WARNING):
        Client(enforce_csrf_checks=True).post(link)
    token = link.split("/")[2]
    for record in caplog.records:
        assert token not in no_tokens(None, "", {"event": record.getMessage()})["event"]


# --- the path never leaves the portal -----------------------------------------------------------
ELSEWHERE = [
    "https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/", "javascript:alert(1)",
    "\\\\elsewhere", "elsewhere", "http:elsewhere.example", "http://testserver/me/", "/\x00/", " //elsewhere.example",
    "/\t/elsewhere.example",
]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_wish_for_another_place_leads_to_the_first_page(path):
    assert inside(path) == "/" or (inside(path) == path and urlsplit(path).netloc == "" and path.startswith("/"))


@pytest.mark.parametrize("path", ELSEWHERE)
def test_the_door_leads_nowhere_else(client, head, path):
    code = ask_for_a_code(client, head.email, path)
    answer = client.post("/in/code/", {"code": code})
    found = urlsplit(answer.headers["Location"])
    assert (found.scheme, found.netloc) == ("", "")
    assert answer.headers["Location"].startswith("/")
    assert not answer.headers["Location"].startswith(("//", "/\\"))


def test_the_wish_for_a_page_is_kept_on_the_way(client, head):
    answer = client.get("/people/?q=a", follow=True)
    assert answer.redirect_chain[-1][0] == "/in/?next=/people/%3Fq%3Da"
    assert 'value="/people/?q=a"' in answer.content.decode()
    code = ask_for_a_code(client, head.email, "/people/?q=a")
    assert client.post("/in/code/", {"code": code}).headers["Location"] == "/people/?q=a"


def test_who_is_in_is_led_past_the_door(head):
    browser = signed_in(head.user)
    assert browser.get("/in/?next=/me/").headers["Location"] == "/me/"
    assert browser.get("/in/code/").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anna.keller@fairhaven.example", "a…r@fairhaven.example"),
        ("ab@fairhaven.example", "a…@fairhaven.example"),
        ("a@fairhaven.example", "a…@fairhaven.example"),
        ("abc@fairhaven.example", "a…c@fairhaven.example"),
    ],
)
def test_an_address_is_shown_so_that_only_its_owner_knows_it(address, shown):
    assert masked(address) == shown
