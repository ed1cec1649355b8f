"""The draft as its readers would see it, before anybody does."""

import re

import pytest

from mandate import actions
from mandate.models import Clause, MandateVersion
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db
PREVIEW = "/mandate/draft/preview/"


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_draft_is_seen_as_its_readers_would_with_numbers_that_are_not_given_yet(as_user, live, member):
    draft = write_mandate(member)
    actions.save_part(Clause(version=draft, kind="does", text="Says what is late."), by=member)
    page = text_of(as_user(member).get(PREVIEW))
    assert "1.2 Says what is late." in page
    assert "Words for purpose." in page
    assert MandateVersion.objects.drafts().get().clauses.get(text="Says what is late.").number == ""


def test_it_is_seen_as_by_an_area_with_what_that_area_has_agreed(as_user, in_force, member, area, other_area):
    write_mandate(member)
    client = as_user(member)
    assert "No closure heard of last" not in text_of(client.get(PREVIEW))
    assert "No closure heard of last" in text_of(client.get(PREVIEW, {"area": area.slug}))
    assert "No closure heard of last" not in text_of(client.get(PREVIEW, {"area": other_area.slug}))


@pytest.mark.parametrize("who", ["issuer", "administrator", "head"])
def test_nobody_else_sees_the_preview(who, as_user, live, member, request):
    write_mandate(member)
    assert as_user(request.getfixturevalue(who)).get(PREVIEW).status_code == 403


def test_an_empty_draft_has_a_preview_too(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    assert client.get(PREVIEW).status_code == 200
