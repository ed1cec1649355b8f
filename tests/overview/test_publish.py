"""Check, then publish: what changes, who is told, the letter as it will arrive; one press, for exactly the hash."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, Clause, MandateVersion, Publication
from mandate.reading import letter_to_start_from
from pmo_portal.common.models import Organisation, one_reading
from stakeholders.overview import reading
from stakeholders.people.models import Role
from stakeholders.understanding.access import audience
from tests.conftest import person_with, user, write_mandate
from tests.mandate.made_up import version

pytestmark = pytest.mark.django_db
PAGE = "/mandate/versions/{}/publish/"


@pytest.fixture
def in_review(member, issuer):
    return actions.seal(write_mandate(member), by=member)


def names(but, **more):
    return [reader.name for reader in audience(but=but, **more)]


# --- who is told --------------------------------------------------------------------------------
def test_told_are_those_with_a_role_today_and_a_way_in_and_the_pmo(
    issuer, member, head, sponsor, area, administrator
):
    gone, shut = person_with(area, "customer", "gone@x.example"), person_with(area, "customer", "shut@x.example")
    Role.objects.filter(person=gone).update(ends_on=timezone.localdate() - timedelta(days=1))
    shut.user.is_active = False
    shut.user.save()
    uninvited = person_with(area, "customer", "new@x.example")
    uninvited.user = None
    uninvited.save()
    user("stranger@fairhaven.example")
    assert names(issuer) == ["Head", "Member", "Sponsor"]


@pytest.mark.parametrize("readers", Organisation.Readers.values)
def test_whatever_the_organisation_lets_read_its_people_are_told(readers, issuer, head):
    Organisation.objects.update(mandate_readers=readers)
    assert names(issuer) == ["Head"]


def test_the_issuer_is_not_told_by_their_own_letter_even_with_a_role(issuer, area, head):
    Role.objects.create(person=head, area=area, kind="sponsor", starts_on=timezone.localdate())
    assert names(head.user) == []
    assert names(issuer) == ["Head"]


def test_two_roles_are_one_letter_and_both_are_said(issuer, head, other_area):
    Role.objects.create(person=head, area=other_area, kind="sponsor", starts_on=timezone.localdate())
    [reader] = audience(but=issuer)
    assert reading.why_told(reader) == "Sponsor, Billing · Head, Networks"
    assert reading.who_is_told([reader])["count"] == 1


def test_who_holds_one_role_in_two_areas_counts_once_among_the_roles(issuer, head, other_area):
    Role.objects.create(person=head, area=other_area, kind="head", starts_on=timezone.localdate())
    told = reading.who_is_told(audience(but=issuer))
    assert (told["roles"], told["areas"]) == (["Head: 1"], ["Billing: 1", "Networks: 1"])


def test_the_audience_asks_the_same_number_of_questions_however_many_they_are(
    issuer, head, area, django_assert_num_queries
):
    Organisation.objects.update(mandate_readers="closed")
    with one_reading(), django_assert_num_queries(4):
        audience(timezone.localdate(), but=issuer)
    for number in range(3):
        person_with(area, "sponsor", f"s{number}@x.example")
    with one_reading(), django_assert_num_queries(4):
        assert len(audience(timezone.localdate(), but=issuer)) == 4


# --- what it means for you ----------------------------------------------------------------------
def meaning(issuer, version, name):
    reader = next(each for each in audience(but=issuer) if each.name == name)
    return " ".join(reading.meaning_for(reader, version, timezone.now())["sentences"])


def test_an_agreement_whose_clause_reads_as_before_stands(issuer, live, in_force):
    said = meaning(issuer, live, "Head")
    assert "Your agreement (Networks) stands on clause 1.1, which reads as it did when it was signed." in said


def test_an_agreement_whose_clause_reads_differently_is_looked_at(issuer, member, live, in_force):
    draft = actions.start_draft(by=member)
    draft.clauses.filter(kind="does").update(text="Keeps two lists.")
    draft.change_note = "Two lists."
    actions.save_part(draft, by=member)
    version = actions.seal(draft, by=member)
    assert "clause 1.1, which reads differently now than when it was signed" in meaning(issuer, version, "Head")


def test_without_an_agreement_it_says_so_and_what_can_be_had(issuer, live, head):
    said = meaning(issuer, live, "Head")
    assert said.startswith("No agreement with Networks is in force yet.")
    assert said.endswith("What you can have from the PMO all the same: “Calendar”.")


def test_senior_staff_learn_nothing_of_an_agreement(issuer, live, in_force, area):
    person_with(area, "senior", "sven@x.example")
    assert meaning(issuer, live, "Sven") == "What you can have from the PMO: “Calendar”."


def test_nobody_learns_of_another_area(issuer, live, in_force, foreign_head):
    assert "Networks" not in meaning(issuer, live, "Foreign")


def test_the_pmo_is_told_what_these_words_are_for(issuer, live, member):
    assert "the words to point to" in meaning(issuer, live, "Member")


# --- the page -----------------------------------------------------------------------------------
def test_it_shows_who_is_told_and_the_letter_as_it_will_arrive(in_review, as_user, issuer, head, sponsor):
    page = as_user(issuer).get(PAGE.format(1)).content.decode()
    assert "3 people will be told" in page
    assert "Head: 1" in page
    assert "Networks: 2" in page
    assert "Words for why_before. Words for why_asked_by." in page
    assert "this is how it arrives at Head" in page
    assert not Approval.objects.exists()


def test_one_press_approves_and_publishes_with_the_letter_in_the_issuer_s_words(in_review, as_user, issuer, head):
    form = {"hash": in_review.content_hash, "what": "send", "letter": "We lost a summer to surprises."}
    assert as_user(issuer).post(PAGE.format(1), form)["Location"] == "/mandate/"
    assert MandateVersion.objects.live().get() == in_review
    assert Publication.objects.get().message == "We lost a summer to surprises."


def test_without_a_letter_nothing_is_kept_to_send(in_review, as_user, issuer, head):
    form = {"hash": in_review.content_hash, "what": "quiet", "letter": "We lost a summer to surprises."}
    as_user(issuer).post(PAGE.format(1), form)
    assert Publication.objects.get().message == ""


def test_looking_again_shows_the_letter_with_the_words_and_publishes_nothing(in_review, as_user, issuer, head):
    form = {"hash": in_review.content_hash, "what": "show", "letter": "Quite other words of mine."}
    page = as_user(issuer).post(PAGE.format(1), form).content.decode()
    assert page.count("Quite other words of mine.") == 2
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    "form", [{}, {"what": "send", "letter": ""}, {"what": "send", "letter": "x" * 1300}, {"what": "nonsense"}]
)
def test_a_choice_or_a_letter_that_is_missing_publishes_nothing(form, in_review, as_user, issuer, head):
    answer = as_user(issuer).post(PAGE.format(1), {"hash": in_review.content_hash, **form})
    assert answer.status_code == 422
    assert not Approval.objects.exists()


def test_another_hash_is_a_409_and_publishes_nothing(in_review, as_user, issuer):
    form = {"hash": "f" * 64, "what": "send", "letter": "We asked."}
    assert as_user(issuer).post(PAGE.format(1), form).status_code == 409
    assert not Approval.objects.exists()


def test_published_already_there_is_nothing_to_check(live, as_user, issuer):
    assert as_user(issuer).get(PAGE.format(1))["Location"] == "/mandate/versions/1/"
    page = as_user(issuer).post(PAGE.format(1), {"hash": live.content_hash, "what": "quiet"}, follow=True)
    assert "published this version already" in page.content.decode()
    assert Publication.objects.count() == 1


def test_open_suggestions_are_said_before_they_are_given_up(in_review, as_user, issuer):
    cell = next(iter(in_review.cells()))
    actions.suggest(in_review, by=issuer, words={cell: "Other words."})
    assert "Your suggestion waits for the PMO" in as_user(issuer).get(PAGE.format(1)).content.decode()


def test_with_nobody_to_tell_publishing_is_still_possible(in_review, as_user, issuer, member):
    member.appointments.update(ends_on=timezone.localdate() - timedelta(days=1))
    page = as_user(issuer).get(PAGE.format(1)).content.decode()
    assert "Nobody with a role has a way in yet." in page
    assert "send the letter" not in page
    as_user(issuer).post(PAGE.format(1), {"hash": in_review.content_hash, "what": "quiet"})
    assert MandateVersion.objects.live().exists()


def test_a_clause_s_words_are_compared_whole(live):
    signed = live.clauses.get(kind=Clause.Kind.DOES)
    assert signed.reads_as(signed)
    assert not signed.reads_as(None)


# --- the letter, for elsewhere ----------------------------------------------------------------------
def test_the_letter_can_be_copied_elsewhere_without_a_reader_s_name_or_own_link(as_user, member, issuer, in_review):
    actions.issue(in_review, by=issuer, content_hash=in_review.content_hash, letter="We **stop** guessing.")
    page = as_user(member).get(f"/mandate/versions/{in_review.number}/letter/").content.decode()
    assert "We <strong>stop</strong> guessing." in page, "with its form"
    assert "We stop guessing." in page, "and in plain words"
    assert page.count("http://testserver/mandate/") == 3, "in both, and in the HTML to take"
    assert "/in/" not in page.partition("<main")[2].partition("</main")[0]
    assert "Dear" not in page


def test_a_version_published_without_a_letter_has_one_to_start_from(as_user, issuer, in_review):
    actions.issue(in_review, by=issuer, content_hash=in_review.content_hash)
    page = as_user(issuer).get(f"/mandate/versions/{in_review.number}/letter/").content.decode()
    assert "Words for why_before." in page


# --- the letter to start from -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("note", "begins"),
    [
        ("You hear of it sooner. Who may stop is said.", "You hear of it sooner. Who may stop is said. For you."),
        ("One. Two. Three. Four.", "One. Two. Three."),
        ("- You hear sooner\n- Who may stop is said", "You hear sooner. Who may stop is said. For you."),
        ("1. Sooner, by\n   two weeks\n2. **Stop** is said", "Sooner, by two weeks. **Stop** is said. For you."),
    ],
)
def test_a_later_letter_starts_from_all_that_changed_and_what_it_is_for(live, note, begins):
    texts = {"change_note": note, "purpose": "For you. And more.", "why_before": "Chaos."}
    assert letter_to_start_from(version(2, texts)) == begins


def test_the_first_letter_starts_from_the_beginning_of_each_why():
    whys = {"why_before": "Chaos. Much.", "why_asked_by": "The board asked", "why_noticed": "Calm! Now."}
    assert letter_to_start_from(version(1, {**whys, "purpose": "For you."})) == "Chaos. The board asked. Calm!"
