"""The first page by role, one's own page, the look, and the two health answers."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from pmo_portal.accounts.models import User
from pmo_portal.common.checks import beat
from stakeholders.home import example
from tests.agreements.conftest import reword

pytestmark = pytest.mark.django_db


def test_the_pmo_sees_what_waits_for_it_and_for_others(as_user, lead, proposed):
    page = as_user(lead).get("/").content.decode()
    assert "Sign the agreement with Networks" in page
    assert "one letter t" in page


def test_a_head_lands_on_the_area_and_sees_what_waits(as_user, head, proposed):
    answer = as_user(head).get("/", follow=True)
    assert answer.redirect_chain == [("/areas/networks/", 302)]
    page = answer.content.decode()
    assert "Read the agreement and sign it" in page
    assert '<a href="/" aria-current="page">' in page, "the area is where a head is at home"


def test_an_empty_portal_shows_the_first_steps(as_user, lead):
    page = as_user(lead).get("/").content.decode()
    assert "First steps" in page
    assert "Write why you exist" in page


def test_the_issuer_sees_the_version_that_waits(as_user, issuer, member):
    from mandate.actions import seal
    from tests.conftest import write_mandate

    seal(write_mandate(member), by=member)
    page = as_user(issuer).get("/", follow=True).content.decode()
    assert "Read and approve the mandate, version 1" in page


def test_the_look_is_kept_and_leads_back_only_into_the_portal(as_user, head):
    client = as_user(head)
    assert client.post("/me/look/", {"theme": "dark", "next": "/me/"}).headers["Location"] == "/me/"
    assert 'data-theme="dark"' in client.get("/me/").content.decode()
    assert (
        client.post("/me/look/", {"theme": "pink", "next": "https://elsewhere.example/"}).headers["Location"] == "/"
    )
    head.user.refresh_from_db()
    assert head.user.theme == "dark"


def test_alive_answers_anybody(client):
    assert client.get("/healthz").content == b"ok\n"


def test_ready_needs_a_clock_that_ticks(client):
    assert client.get("/readyz").status_code == 503
    beat(timezone.now())
    answer = client.get("/readyz")
    assert answer.json()["clock"] is True
    assert answer.status_code == 200


def test_the_example_is_made_once_and_has_everybody_the_thread_needs(settings, capsys):
    settings.EXAMPLE = True
    User.objects.all().delete()
    call_command("make_example")
    first = capsys.readouterr().out
    call_command("make_example")
    assert capsys.readouterr().out == first
    roles = [line.split("  ")[0] for line in first.splitlines()]
    assert {"PMO member", "PMO lead", "Issuer", "Sponsor"} <= set(roles)
    assert len([role for role in roles if role.startswith("Head of")]) >= 2
    for sign_in in example.SIGN_INS:
        assert User.objects.get(email=sign_in.email).check_password(sign_in.password)


def test_the_example_never_enters_another_database():
    with pytest.raises(CommandError, match="database of its own"):
        call_command("make_example")


def test_my_page_says_what_waits_as_the_area_does(as_user, head, proposed):
    assert "Read the agreement and sign it" in as_user(head).get("/me/").content.decode()


def test_a_look_leads_back_nowhere_strange(as_user, head):
    assert as_user(head).post("/me/look/", {"theme": "dark", "next": "foo"}).status_code == 302


def test_an_address_for_forms_only_says_so(as_user, member):
    answer = as_user(member).get("/mandate/draft/seal/")
    assert answer.status_code == 405
    assert "Nothing to see at this address" in answer.content.decode()


def test_a_refusal_leads_back_into_the_portal_only(as_user, member, live, area):
    client = as_user(member)
    client.post("/agreements/start/networks/", {"period_from": "2026-01-01", "period_to": "2027-12-31"})
    again = {"period_from": "2026-01-01", "period_to": "2027-12-31"}
    for referer, back in (
        ("http://testserver/areas/networks/", "/areas/networks/"),
        ("http://testserver//elsewhere.example/", "/elsewhere.example/"),
        ("http://elsewhere.example/areas/", "/"),
    ):
        answer = client.post("/agreements/start/networks/", again, headers={"referer": referer})
        assert answer.status_code == 409
        assert f'class="btn btn-primary" href="{back}"' in answer.content.decode()


def test_my_page_shows_the_signature_and_not_the_draft_beside_it(as_user, head, proposed):
    """An answer waits on the head's own signature; the proposal that it answers is not listed beside it."""
    reword(proposed.rows.get(), head.user, you_commit="One week before")
    page = as_user(head).get("/me/").content.decode()
    assert "Sign your changes to the agreement" in page
    assert "Read the agreement and sign it" not in page
