"""A version leaves the portal in a form that is documented, stable, and can be checked without the portal."""

import json

import pytest

from mandate.models import MandateVersion
from mandate.reading import as_json, document
from pmo_portal.common.models import sha256_of
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db


def whole(version: MandateVersion) -> MandateVersion:
    return MandateVersion.objects.with_parts().get(pk=version.pk)


def test_its_form_is_told_and_nothing_else_stands_in_it(live, issuer):
    said = document(whole(live))
    assert list(said) == ["format", "number", "hash", "published_at", "issuer", "content"]
    assert said["format"] == "pmo-portal-mandate/1"
    assert (said["number"], said["hash"], said["issuer"]) == (live.number, live.content_hash, str(issuer))
    assert said["published_at"].endswith("Z")


def test_its_hash_can_be_checked_from_the_text_alone(live):
    read = json.loads(as_json(whole(live)))
    assert sha256_of(read["content"]) == read["hash"] == live.content_hash


def test_the_same_version_is_the_same_text_each_time(live):
    assert as_json(whole(live)) == as_json(whole(live))


def test_what_was_never_published_names_neither_day_nor_issuer(member):
    draft = write_mandate(member)
    said = document(whole(draft))
    assert (said["published_at"], said["issuer"]) == (None, None)
    assert said["hash"] == draft.fingerprint()
