"""Settings, archive, one letter as sent, the PMO's outbox: who sees what, and what is shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.outbox import actions as outbox
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests import actions
from stakeholders.digests.models import DigestPreference
from stakeholders.digests.reading import latest_letters, next_delivery, next_slots
from tests.digests.conftest import MONDAY, at

SETTING = {"rhythm": "daily", "weekday": "2", "hour": "7", "zone": "Europe/Madrid"}


@pytest.fixture
def samuel(house):
    return house.person("Samuel")


@pytest.fixture
def letter(house, samuel):
    """A digest that Samuel was sent."""
    house.publishes()
    house.tick()
    return house.letter(samuel)


def post(to, kind="action", subject="Please sign", event="agreements/agreement_proposed"):
    about = f"revision:{OutgoingEmail.objects.count()}"
    letter = Letter(subject, "Words.", "<p>Words.</p>")
    return outbox.freeze(kind=kind, event=event, about=about, to=to, letter=letter)


# --- settings -----------------------------------------------------------------------------------
def test_a_choice_is_kept_and_counts_from_now(house, samuel):
    before = timezone.now()
    page = house.client(samuel.user).post("/digests/preferences/", SETTING)
    kept = DigestPreference.objects.get(person=samuel)
    assert page.status_code == 302
    assert (kept.rhythm, kept.weekday, kept.hour, kept.zone) == ("daily", 2, 7, "Europe/Madrid")
    assert kept.chosen_by_person
    assert kept.since >= before


def test_the_times_shown_are_those_that_the_tick_will_plan(house, samuel):
    page = house.client(samuel.user).get("/digests/preferences/")
    now = timezone.now()
    preference = DigestPreference.objects.get(person=samuel)
    slots = next_slots(preference, now, 5, since=preference.since)
    assert len(page.context["times"]) == 5
    for slot in slots:
        actions.plan(slot.at)
        assert samuel.deliveries.filter(slot=slot.key, due_at=slot.at).exists()


def test_a_person_s_first_visit_shows_no_times_and_changes_nothing(house, samuel):
    samuel.digest_preference.delete()
    page = house.client(samuel.user).get("/digests/preferences/")
    assert page.context["times"] == []
    assert not DigestPreference.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"hour": "3"}, {"hour": "21"}, {"weekday": "5"}, {"zone": "Mars/Olympus"}, {"rhythm": "hourly"}]
)
def test_what_cannot_be_is_refused_with_an_error_and_nothing_is_kept(house, samuel, wrong):
    page = house.client(samuel.user).post("/digests/preferences/", {**SETTING, **wrong})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert DigestPreference.objects.get(person=samuel).rhythm == "weekly"


def test_saving_without_a_change_loses_no_slot(house, samuel):
    since = samuel.digest_preference.since
    actions.choose(samuel, by=samuel.user, **samuel.digest_preference.setting())
    assert DigestPreference.objects.get(person=samuel).since == since


def test_a_slot_that_fell_due_before_a_change_is_not_lost_by_it(house, samuel):
    house.publishes()
    changed = {**samuel.digest_preference.setting(), "hour": 8}
    actions.choose(samuel, by=samuel.user, now=at(MONDAY, 9, 0), **changed)
    house.tick(at(MONDAY, 9, 1))
    assert house.letter(samuel)


def test_a_user_without_a_person_has_no_settings(house):
    assert house.client(house.user("nobody@westmark.example")).get("/digests/preferences/").status_code == 404


def test_the_pmo_sets_it_for_somebody_until_they_choose_themselves(house, samuel):
    pmo = house.client(house.member)
    assert pmo.post(f"/digests/preferences/{samuel.pk}/", SETTING).status_code == 302
    assert DigestPreference.objects.get(person=samuel).rhythm == "daily"
    house.client(samuel.user).post("/digests/preferences/", {**SETTING, "rhythm": "monthly"})
    assert pmo.post(f"/digests/preferences/{samuel.pk}/", SETTING).status_code == 409
    assert DigestPreference.objects.get(person=samuel).rhythm == "monthly"
    assert b"has chosen for themselves" in pmo.get(f"/digests/preferences/{samuel.pk}/").content


def test_nobody_else_sets_it_for_somebody_not_even_by_the_action(house, samuel):
    other = house.person("Otto", "head")
    client = house.client(other.user)
    assert client.get(f"/digests/preferences/{samuel.pk}/").status_code == 403
    assert client.post(f"/digests/preferences/{samuel.pk}/", SETTING).status_code == 403
    with pytest.raises(NotAllowed):
        actions.choose(samuel, by=other.user, rhythm="off", weekday=0, hour=9, zone="UTC")
    samuel.digest_preference.chosen_by_person = True
    samuel.digest_preference.save()
    with pytest.raises(RuleBroken):
        actions.choose(samuel, by=house.member, rhythm="off", weekday=0, hour=9, zone="UTC")


# --- the archive and one letter -----------------------------------------------------------------
def test_the_archive_shows_the_letter_exactly_as_it_was_sent(house, samuel, letter):
    client = house.client(samuel.user)
    assert letter.subject in client.get("/digests/").content.decode()
    source = client.get(f"/digests/letters/{letter.pk}/source/")
    assert source.content.decode() == letter.html
    text = client.get(f"/digests/letters/{letter.pk}/?as=text").content.decode()
    assert "published the mandate" in text


def test_a_letter_stays_as_it_was_when_its_subject_changes(house, samuel, letter):
    before = letter.html
    house.organisation.office_name = "Another Office"
    house.organisation.save()
    house.tick(at(MONDAY, 9, 5))
    assert house.client(samuel.user).get(f"/digests/letters/{letter.pk}/source/").content.decode() == before


@pytest.mark.parametrize("page", ["/digests/letters/{}/", "/digests/letters/{}/source/"])
def test_another_person_s_letter_is_a_404(house, letter, page):
    for user in (house.person("Otto", "head").user, house.issuer):
        assert house.client(user).get(page.format(letter.pk)).status_code == 404


def test_another_person_s_whole_digest_is_a_404(house, samuel, letter):
    address = f"/digests/whole/{letter.delivery.pk}/"
    assert house.client(samuel.user).get(address).status_code == 200
    assert house.client(house.person("Otto", "head").user).get(address).status_code == 404


def test_who_takes_over_an_address_does_not_inherit_its_digests(house, samuel, letter):
    samuel.user.email = "samuel.old@westmark.example"
    samuel.user.save()
    heir = house.user("samuel@westmark.example")
    assert house.client(heir).get(f"/digests/letters/{letter.pk}/").status_code == 404
    assert house.client(samuel.user).get(f"/digests/letters/{letter.pk}/").status_code == 200


def test_an_administrator_sees_no_letters_of_others(house, letter):
    admin = house.user("root@westmark.example")
    admin.is_staff = admin.is_superuser = True
    admin.save()
    assert house.client(admin).get("/digests/outbox/").status_code == 403
    assert house.client(admin).get(f"/digests/letters/{letter.pk}/").status_code == 404


def test_the_archive_says_when_there_was_nothing_to_send(house, samuel):
    house.tick()
    page = house.client(samuel.user).get("/digests/")
    assert b"Nothing new" in page.content


def test_the_letter_s_frame_may_run_load_and_post_nothing(house, samuel, letter):
    source = house.client(samuel.user).get(f"/digests/letters/{letter.pk}/source/")
    rules = dict(rule.strip().partition(" ")[::2] for rule in source["Content-Security-Policy"].split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "",
    }
    assert source["X-Frame-Options"] == "SAMEORIGIN"
    assert source["Cache-Control"] == "no-store"


def test_only_the_letter_s_page_may_hold_a_frame_and_no_page_may_be_held(house, samuel, letter):
    client = house.client(samuel.user)
    page = client.get(f"/digests/letters/{letter.pk}/")
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert b"<iframe" in page.content
    assert b"sandbox" in page.content
    assert "frame-src" not in client.get("/digests/")["Content-Security-Policy"]


# --- the outbox ---------------------------------------------------------------------------------
def test_the_outbox_lists_every_letter_with_its_state(house, letter):
    post("ada@westmark.example")
    OutgoingEmail.objects.filter(pk=letter.pk).update(state="uncertain", attempts=2, uncertain_times=1)
    page = house.client(house.member).get("/digests/outbox/").content.decode()
    assert letter.subject in page
    assert "Please sign" in page
    assert "Uncertain: goes again" in page
    assert "2 attempts, 1 of them uncertain" in page


def test_the_outbox_can_be_narrowed_to_one_state(house, letter):
    failed = post("ada@westmark.example")
    OutgoingEmail.objects.filter(pk=failed.pk).update(state="failed")
    page = house.client(house.member).get("/digests/outbox/?state=failed").content.decode()
    assert "Please sign" in page
    assert letter.subject not in page
    assert house.client(house.member).get("/digests/outbox/?state=nonsense").status_code == 200


def test_nobody_on_the_staff_sees_sign_in_mail(house, samuel):
    code = post("samuel@westmark.example", "security", "Your code 123456", "accounts/login_code")
    for user in (house.member, samuel.user):
        client = house.client(user)
        assert client.get(f"/digests/letters/{code.pk}/").status_code == 404
        assert client.get(f"/digests/letters/{code.pk}/source/").status_code == 404
        assert b"123456" not in client.get("/digests/").content
    assert b"123456" not in house.client(house.member).get("/digests/outbox/").content


def test_in_the_example_sign_in_mail_is_shown_to_the_pmo_only(house, samuel, settings):
    settings.EXAMPLE = True
    code = post("samuel@westmark.example", "security", "Your code 123456", "accounts/login_code")
    assert house.client(house.member).get(f"/digests/letters/{code.pk}/").status_code == 200
    assert house.client(samuel.user).get(f"/digests/letters/{code.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["/digests/outbox/", "/digests/outbox/unwritten/"])
def test_the_outbox_is_the_pmo_s(house, samuel, page):
    assert house.client(house.member).get(page).status_code == 200
    assert house.client(samuel.user).get(page).status_code == 403


def test_the_pmo_sees_why_a_digest_was_not_written(house, samuel):
    house.tick()
    page = house.client(house.member).get("/digests/outbox/unwritten/").content.decode()
    assert "Samuel" in page
    assert "Nothing new" in page


@pytest.mark.parametrize(
    "page", ["/digests/", "/digests/preferences/", "/digests/outbox/", "/digests/outbox/unwritten/"]
)
def test_without_signing_in_there_is_nothing_to_see(client, db, page):
    assert client.get(page).status_code == 302


@pytest.mark.parametrize("page", ["/digests/", "/digests/outbox/", "/digests/letters/1/", "/digests/whole/1/"])
def test_pages_that_show_take_no_post(house, page):
    assert house.client(house.member).post(page).status_code == 405


@pytest.mark.parametrize("page", ["/digests/", "/digests/outbox/", "/digests/outbox/unwritten/"])
def test_a_list_of_three_asks_the_database_no_more_than_a_list_of_one(house, page, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def visit():
        client = house.client(house.member)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    def more(name):
        post("maya@westmark.example")
        house.person(name)
        actions.plan(at(MONDAY, 9, 1))
        actions.render_due(at(MONDAY, 9, 1))

    more("Samuel")
    one = visit()
    more("Sylvia")
    more("Stefan")
    assert visit() == one


# --- what others ask of digests -----------------------------------------------------------------
def test_the_latest_letters_and_the_next_time_of_a_person(house, samuel, letter):
    assert [email.pk for email in latest_letters(samuel, 5)] == [letter.pk]
    assert next_delivery(samuel, at(MONDAY, 10)) == at(MONDAY + timedelta(days=7))
    DigestPreference.objects.filter(person=samuel).update(rhythm="off")
    assert next_delivery(samuel, at(MONDAY, 10)) is None


def test_the_zone_is_chosen_from_a_list_that_one_can_read_and_one_s_own_stays(house, samuel):
    actions.choose(samuel, by=samuel.user, rhythm="weekly", weekday=0, hour=9, zone="America/Thule")
    page = house.client(samuel.user).get("/digests/preferences/").content.decode()
    listed = page.partition('name="zone"')[2].partition("</select>")[0]
    assert '<option value="America/Thule" selected>' in listed
    assert '<option value="Europe/London">London</option>' in listed
    assert listed.count("<option") < 80
