"""A new portal: an address printed until somebody is appointed, one page, and its first person is in."""

import re
from pathlib import Path
from threading import Barrier, Thread
from unittest.mock import patch

import pytest
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.core import mail, signing
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pmo_portal.accounts import actions
from pmo_portal.accounts.access import is_lead, is_set_up
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.models import Entry
from pmo_portal.common import zones
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.links import sign
from pmo_portal.common.models import Organisation
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.home import example, reading

pytestmark = pytest.mark.django_db
GIVEN = {
    "name": "Harbour Trust", "office_name": "Project Office", "your_name": "Ada Field",
    "email": "Ada@harbour.example", "time_zone": "Europe/Lisbon",
}  # fmt: skip
USED = "This address does not work"


def address(token: str | None = None) -> str:
    return reverse("home:set_up", kwargs={"token": token or sign("setup", 1)})


@pytest.fixture
def new(db):
    """A portal in which nobody has done anything."""
    Organisation.objects.all().delete()


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (User, Appointment, Organisation, Entry)]


# --- the address --------------------------------------------------------------------------------
def test_the_command_prints_the_address_until_somebody_is_appointed(new, client, capsys, settings):
    call_command("open_setup")
    said = capsys.readouterr().out
    (found,) = re.findall(rf"{settings.PORTAL_URL}(/setup/\S+/)", said)
    assert client.get(found).status_code == 200
    assert client.post(found, GIVEN).status_code == 302
    call_command("open_setup")
    assert capsys.readouterr().out == ""


def test_printing_writes_nothing(new, capsys):
    before = everything()
    call_command("open_setup")
    assert everything() == before


def test_the_example_is_never_set_up_again(new, settings):
    settings.EXAMPLE = True
    example.make()
    with pytest.raises(CommandError, match="start your own|Start your own"):
        call_command("open_setup")


@pytest.mark.parametrize(
    "token", ["x", "a:b:c", signing.dumps(1, salt="portal.digest-leave"), signing.dumps(1), "\N{SNOWMAN}"]
)
def test_a_token_that_is_none_opens_nothing(token, new, client):
    before = everything()
    for answer in (client.get(address(token)), client.post(address(token), GIVEN)):
        assert answer.status_code == 404
        assert USED in answer.content.decode()
        assert reverse("door:address") in answer.content.decode()
    assert everything() == before


def test_a_token_lasts_seven_days(new, client):
    now = timezone.now().timestamp()
    with patch("django.core.signing.time.time", return_value=now - 7 * 24 * 3600 + 60):
        young = address()
    with patch("django.core.signing.time.time", return_value=now - 7 * 24 * 3600 - 60):
        old = address()
    assert client.get(young).status_code == 200
    assert client.get(old).status_code == 404
    assert client.post(old, GIVEN).status_code == 404
    assert not is_set_up()


def test_a_used_address_opens_nothing_more_to_anybody(new, client):
    token = address()
    client.post(token, GIVEN)
    before = everything()
    for browser in (client, Client()):
        for answer in (browser.get(token), browser.post(token, {**GIVEN, "email": "eve@harbour.example"})):
            assert answer.status_code == 404
            assert USED in answer.content.decode()
    assert everything() == before


def test_an_appointment_of_the_past_shuts_it_too(lead, client):
    lead.appointments.update(ends_on=lead.appointments.get().starts_on)
    assert client.get(address()).status_code == 404


def test_the_address_stands_in_no_log(new, client, caplog):
    with caplog.at_level("WARNING"):
        client.post(address(), {**GIVEN, "email": "nothing"})
    event = {"event": f"Unprocessable Entity: {address()}"}
    from pmo_portal.settings.base import no_tokens

    assert no_tokens(None, "", event)["event"] == "Unprocessable Entity: /setup/…/"


# --- the page -----------------------------------------------------------------------------------
def test_setting_up_makes_the_organisation_and_its_lead_and_lets_them_in(new, client):
    answer = client.post(address(), GIVEN, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    page = answer.content.decode()
    assert "Your portal is set up, and you are in." in page
    assert "First steps" in page
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.office_name) == ("Harbour Trust", "Project Office")
    assert organisation.time_zone == "Europe/Lisbon"
    assert organisation.mandate_readers == Organisation.Readers.CLOSED
    user = User.objects.get()
    assert (user.email, user.name) == ("ada@harbour.example", "Ada Field")
    assert is_lead(user)
    assert not user.has_usable_password()
    assert not user.is_staff
    assert set(Entry.objects.values_list("verb", "by")) == {("set_up", user.pk), ("appoint", user.pk)}
    assert not OutgoingEmail.objects.exists()
    assert not mail.outbox


def test_being_let_in_counts_as_a_fresh_proof(new, client, rf):
    client.post(address(), GIVEN)
    request = rf.get("/")
    request.session = client.session
    (record,) = get_authentication_records(request, User.objects.get())
    assert record["method"] == "setup"
    request.user = User.objects.get()
    assert did_recently_reauthenticate(request)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland"])
def test_the_office_begins_today_by_the_new_organisation_s_own_calendar(zone, new, client):
    client.post(address(), {**GIVEN, "time_zone": zone})
    assert is_lead(User.objects.get())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("office_name", "", "required"),
        ("your_name", "", "required"),
        ("your_name", "Ada\nBcc: x@y.example", "in one line"),
        ("office_name", "PMO\r\nBcc: x@y.example", "in one line"),
        ("name", "x" * 121, "at most 120"),
        ("email", "not an address", "valid email"),
        ("time_zone", "Moon/Base", "valid choice"),
        ("accent", "#ffff00", "could not be read"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_made(field, value, words, new, client):
    before = everything()
    answer = client.post(address(), {**GIVEN, field: value})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "<title>Error:" in page
    assert everything() == before
    if field == "accent":
        assert '<details class="fold" open>' in page


def test_an_account_that_is_there_is_not_taken_over(new, client, administrator):
    answer = client.post(address(), {**GIVEN, "email": administrator.email.upper()})
    assert answer.status_code == 422
    assert "There is an account with this address already." in answer.content.decode()
    assert not is_set_up()
    assert "_auth_user_id" not in client.session


def test_what_an_administrator_told_already_stands_in_the_form(new, client):
    Organisation.objects.create(pk=1, name="Harbour Trust", time_zone="Asia/Tokyo", footer="Quay 3")
    page = client.get(address()).content.decode()
    assert 'value="Harbour Trust"' in page
    assert '<option value="Asia/Tokyo" selected>' in page
    client.post(address(), GIVEN)
    assert Organisation.objects.get().footer == "Quay 3"


def test_an_empty_form_says_nothing_it_was_not_told(new, client):
    page = client.get(address()).content.decode()
    assert 'value="Your organisation"' not in page


def test_the_zone_of_the_machine_is_chosen_before(tmp_path):
    link, london = tmp_path / "localtime", "Europe/London"
    for name, chosen in (("Asia/Kathmandu", "Asia/Kathmandu"), ("Etc/UTC", london), ("UTC", london), ("x/y", london)):
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / "zoneinfo" / name)
        zones.zone_of_machine.cache_clear()
        assert zones.zone_of_machine(link) == chosen
    zones.zone_of_machine.cache_clear()


def test_every_zone_on_offer_is_one_and_a_zone_of_one_s_own_joins_them():
    groups = [group for group in zones.zone_choices("America/Thule") if not isinstance(group[1], str)]
    names = [name for _continent, zones in groups for name, _words in zones]
    assert set(names) <= zones.available_timezones()
    assert len(names) == len(set(names)) < 80
    assert zones.zone_choices("America/Thule")[0] == ("America/Thule", "America/Thule")


# --- the verb -----------------------------------------------------------------------------------
def test_the_verb_itself_refuses_once_somebody_is_appointed(lead):
    with pytest.raises(Stale):
        actions.set_up(Organisation(pk=1, name="Other"), name="Eve", email="eve@harbour.example")
    assert Organisation.objects.get().name == "Fairhaven Water"
    assert User.objects.count() == 1


def test_a_refused_address_leaves_nothing_behind(new, administrator):
    with pytest.raises(RuleBroken):
        actions.set_up(Organisation(pk=1, name="Other"), name="Eve", email=administrator.email)
    assert not Organisation.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("told", [True, False], ids=["an organisation stands", "nothing stands"])
def test_of_two_at_once_one_begins_and_the_other_gets_a_plain_page(told):
    if not told:
        Organisation.objects.all().delete()
    token, start = address(), Barrier(2)
    got: dict[str, tuple[int, str]] = {}

    def send(name: str) -> None:
        browser = Client()
        start.wait(5)
        answer = browser.post(token, {**GIVEN, "your_name": name, "email": f"{name}@harbour.example"})
        got[name] = (answer.status_code, answer.content.decode())
        connection.close()

    both = [Thread(target=send, args=(name,)) for name in ("ada", "eve")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(status for status, _page in got.values()) == [302, 404]
    assert any(USED in page for _status, page in got.values())
    assert User.objects.count() == Appointment.objects.count() == Organisation.objects.count() == 1


# --- coming in again ----------------------------------------------------------------------------
def test_the_door_says_that_nobody_has_set_the_portal_up(new, client):
    assert "Nobody has set this portal up yet." in client.get("/in/").content.decode()
    client.post(address(), GIVEN)
    assert "set this portal up" not in Client().get("/in/").content.decode()


def test_without_a_mail_server_the_first_page_and_the_door_say_where_letters_go(new, client, settings, tmp_path):
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.EMAIL_BACKEND = "pmo_portal.outbox.folder.EmailBackend"
    page = client.post(address(), GIVEN, follow=True).content.decode()
    assert "Letters are files for now" in page
    assert str(tmp_path / "mail") in page
    assert str(tmp_path / "mail") in client.get("/settings/organisation/").content.decode()
    door = Client().get("/in/").content.decode()
    assert "This portal has no mail server yet" in door
    assert str(tmp_path) not in door


def test_the_first_page_says_so_after_the_first_hour_too(as_user, lead, in_force, settings, tmp_path):
    settings.MAIL_FOLDER = tmp_path / "mail"
    page = as_user(lead).get("/").content.decode()
    assert "First steps" not in page
    assert "Letters are files for now" in page


def test_with_a_mail_server_nobody_speaks_of_files(new, client):
    page = client.post(address(), GIVEN, follow=True).content.decode()
    assert "files for now" not in page
    assert reading.mail_folder() == ""


@pytest.mark.django_db(transaction=True)
def test_who_closes_the_browser_comes_in_again_by_the_code_in_the_file(settings, tmp_path, capsys):
    Organisation.objects.all().delete()
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.EMAIL_BACKEND = "pmo_portal.outbox.folder.EmailBackend"
    Client().post(address(), GIVEN)
    later = Client()
    later.post("/in/", {"email": "ada@harbour.example"})
    file = Path(re.findall(r"A letter was written: (\S+)", capsys.readouterr().out)[-1])
    code = re.findall(r"^\s*(\d{6})\s*$", file.read_text(), re.MULTILINE)[0]
    assert later.post("/in/code/", {"code": code}).status_code == 302
    assert "First steps" in later.get("/").content.decode()
