"""The organisation's own names and look, and who may set them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_portal.accounts.actions import set_organisation
from pmo_portal.common.errors import NotAllowed
from pmo_portal.common.models import ENOUGH_CONTRAST, Organisation, contrast_with_white
from stakeholders.home import example
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


@pytest.mark.parametrize("field", ["name", "office_name", "sender_name", "footer"])
@pytest.mark.parametrize("sign", ["\r\n", "\n", "\x85", "\u2028", "\x1b"])
def test_what_stands_in_a_letter_s_head_or_foot_is_one_line(field, sign, as_user, lead):
    answer = as_user(lead).post("/settings/organisation/", {**WORDS, field: f"PMO{sign}Bcc: eve@x.example"})
    assert answer.status_code == 422
    assert "in one line" in answer.content.decode()
    assert Organisation.objects.get().office_name == "PMO"


@pytest.mark.parametrize("value", ["not an address", "a@b@c", "a@x.example\r\nBcc: eve@x.example"])
def test_answers_go_to_an_address_or_nowhere(value, as_user, lead):
    assert as_user(lead).post("/settings/organisation/", {**WORDS, "reply_to": value}).status_code == 422


def test_the_fields_stand_under_their_headings(as_user, lead):
    page = as_user(lead).get("/settings/organisation/").content.decode()
    places = [page.rindex(f"<legend>{words}</legend>") for words in ("Names", "Readers", "Letters", "Look")]
    assert places == sorted(places)
    form = as_user(lead).get("/settings/organisation/").context["form"]
    grouped = [name for names in form.GROUPS.values() for name in names]
    assert sorted([*grouped, "seen"]) == sorted(form.fields), "none is forgotten on the page"


def test_an_organisation_that_lets_its_own_read_is_asked_who_they_are(as_user, lead):
    client, hint = as_user(lead), "Nobody comes in this way yet"
    client.post("/settings/organisation/", {**WORDS, "mandate_readers": "organisation"})
    assert hint in client.get("/settings/organisation/").content.decode()
    told = {**WORDS, "mandate_readers": "organisation", "mail_domains": "Fairhaven.example; @water.example"}
    client.post("/settings/organisation/", told)
    assert hint not in client.get("/settings/organisation/").content.decode()
    assert Organisation.objects.get().mail_domains == "fairhaven.example, water.example"
    client.post("/settings/organisation/", WORDS)
    assert hint not in client.get("/settings/organisation/").content.decode()


def test_a_zone_from_elsewhere_in_the_list_is_kept(as_user, lead):
    Organisation.objects.update(time_zone="America/Thule")
    client = as_user(lead)
    assert '<option value="America/Thule" selected>' in client.get("/settings/organisation/").content.decode()
    assert client.post("/settings/organisation/", {**WORDS, "time_zone": "America/Thule"}).status_code == 302


def test_the_example_lets_its_own_read(settings):
    settings.EXAMPLE = True
    Organisation.objects.all().delete()
    example.make()
    organisation = Organisation.objects.get()
    assert organisation.lets_in("somebody@westmark.example")
    assert not organisation.lets_in("somebody@elsewhere.example")


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
    assert "Delivery Office" in answer.content.decode()


@given(st.integers(0, 0xFFFFFF))
def test_contrast_is_between_one_and_twenty_one(number):
    assert 1 <= contrast_with_white(f"#{number:06x}") <= 21.0001


def test_our_own_accent_has_contrast_enough():
    assert contrast_with_white("#24429a") > ENOUGH_CONTRAST
    assert round(contrast_with_white("#000000"), 2) == 21.0


def test_who_may_read_is_chosen_among_sentences_that_a_phone_shows_whole(as_user, lead):
    page = as_user(lead).get("/settings/organisation/").content.decode()
    assert page.count('type="radio" name="mandate_readers"') + page.count('name="mandate_readers" value=') >= 3
    assert '<select name="mandate_readers"' not in page
    assert "Everybody with a mailbox of the organisation" in page
