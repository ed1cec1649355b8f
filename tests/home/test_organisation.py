"""The organisation's own names and look, and who may set them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_portal.accounts.actions import set_organisation
from pmo_portal.common.errors import NotAllowed
from pmo_portal.common.models import ENOUGH_CONTRAST, Organisation, contrast_with_white
from stakeholders.people import notices
from stakeholders.people.models import Person

pytestmark = pytest.mark.django_db
WORDS = {
    "name": "Fairhaven Water", "office_name": "Delivery Office", "mandate_readers": "closed",
    "time_zone": "Europe/Lisbon", "footer": "Quay 3, Fairhaven", "accent": "#0b5d3b",
}  # fmt: skip


def test_the_names_stand_on_pages_and_letters(as_user, lead, head):
    client = as_user(lead)
    assert client.post("/settings/organisation/", WORDS).status_code == 302
    page = client.get("/").content.decode()
    assert "Delivery Office" in page
    assert "/look/0b5d3b.css" in page
    letter = notices.invitation(Person.objects.get(pk=head.pk), by=lead)
    assert "Delivery Office" in letter.subject
    assert "Quay 3, Fairhaven" in letter.text
    assert "Quay 3, Fairhaven" in letter.html


def test_the_look_is_a_stylesheet_of_our_own(client):
    answer = client.get("/look/0b5d3b.css")
    assert answer["Content-Type"] == "text/css"
    assert "--accent-fill: #0b5d3b" in answer.content.decode()
    assert client.get("/look/red;}.css").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("accent", "#ffff00"), ("accent", "blue"), ("accent", "#12345"), ("time_zone", "Moon/Base"), ("name", "")],
)
def test_what_could_not_be_read_or_is_none_is_refused_and_kept_in_the_form(field, value, as_user, lead):
    answer = as_user(lead).post("/settings/organisation/", {**WORDS, field: value})
    assert answer.status_code == 422
    assert "Delivery Office" in answer.content.decode()
    assert Organisation.objects.get().office_name == "PMO"


@pytest.mark.parametrize("who", ["member", "issuer", "head", "sponsor"])
def test_others_do_not_set_it(who, as_user, request):
    person = request.getfixturevalue(who)
    by = getattr(person, "user", person)
    assert as_user(by).post("/settings/organisation/", WORDS).status_code == 403
    with pytest.raises(NotAllowed):
        set_organisation(Organisation.current(), by=by, fields=["name"])


def test_two_who_set_it_at_once_lose_nothing(as_user, lead, administrator):
    first, second = as_user(lead), as_user(administrator)
    seen = first.get("/settings/organisation/").context["form"].initial["seen"]
    first.post("/settings/organisation/", {**WORDS, "seen": seen})
    answer = second.post("/settings/organisation/", {**WORDS, "office_name": "Other", "seen": seen})
    assert answer.status_code == 409
    assert "reads now: Delivery Office" in answer.content.decode()


@given(st.integers(0, 0xFFFFFF))
def test_contrast_is_between_one_and_twenty_one(number):
    assert 1 <= contrast_with_white(f"#{number:06x}") <= 21.0001


def test_our_own_accent_has_contrast_enough():
    assert contrast_with_white("#24429a") > ENOUGH_CONTRAST
    assert round(contrast_with_white("#000000"), 2) == 21.0
