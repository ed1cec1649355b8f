"""Suggestions where they meet a draft: the same words elsewhere, line ends, brackets, a version sent back."""

import pytest

from mandate import actions, reading
from mandate.models import Cell, MandateVersion, Service, Suggestion
from pmo_portal.common.errors import RuleBroken
from tests.conftest import write_mandate
from tests.mandate.test_suggestions import HELPS, PURPOSE, letters, suggest

pytestmark = pytest.mark.django_db
WHEN_OF_THE_FIRST = Cell("services", "1", "when")
Outcome = Suggestion.Outcome


@pytest.fixture
def two_services(member, lead, issuer):
    """Two services that are both had “Monthly”."""
    draft = write_mandate(member)
    draft.services.update(when="Monthly")
    actions.save_part(Service(version=draft, name="Second eyes", what_you_get="A day", when="Monthly"), by=member)
    return actions.seal(draft, by=member)


def begin(by) -> MandateVersion:
    return MandateVersion.objects.with_parts().get(pk=actions.start_draft(by=by).pk)


def test_words_for_a_service_that_was_taken_out_reach_no_other_one(two_services, issuer, member):
    suggest(two_services, issuer, "Weekly", WHEN_OF_THE_FIRST)
    draft = begin(member)
    actions.remove_part(draft.services.get(name="Calendar"), by=member)
    actions.seal(draft, by=member)
    assert [each.outcome for each in Suggestion.objects.all()] == [Outcome.DECLINED]


def test_accepted_words_for_it_are_not_written_into_another_one(two_services, issuer, member):
    made = suggest(two_services, issuer, "Weekly", WHEN_OF_THE_FIRST)
    actions.remove_part(begin(member).services.get(name="Calendar"), by=member)
    with pytest.raises(RuleBroken, match="says something else there"):
        actions.answer(two_services, by=member, accept=[made.pk])
    assert {each.when for each in begin(member).services.all()} == {"Monthly"}


def test_a_service_that_moved_takes_what_is_left_along_to_its_new_place(two_services, issuer, member):
    suggest(two_services, issuer, "Weekly", WHEN_OF_THE_FIRST)
    draft = begin(member)
    actions.move_part(draft.services.get(name="Calendar"), up=False, by=member)
    version = MandateVersion.objects.with_parts().get(pk=actions.seal(draft, by=member).pk)
    carried = Suggestion.objects.open().get()
    assert (carried.version, carried.row) == (version, "2")
    assert version.holders()["services", carried.row].name == "Calendar"


def test_a_service_gets_its_new_name_and_its_other_words_in_one_answer(two_services, issuer, member):
    begin(member)
    made = actions.suggest(
        two_services, by=issuer, words={Cell("services", "1", "name"): "One calendar", WHEN_OF_THE_FIRST: "Weekly"}
    )
    draft = actions.answer(two_services, by=member, accept=[each.pk for each in made])
    assert draft is not None
    assert [(each.name, each.when) for each in draft.services.all()] == [
        ("One calendar", "Weekly"), ("Second eyes", "Monthly"),
    ]  # fmt: skip


def test_and_also_when_they_are_accepted_one_after_the_other(two_services, issuer, member):
    begin(member)
    name, when = actions.suggest(
        two_services, by=issuer, words={Cell("services", "1", "name"): "One calendar", WHEN_OF_THE_FIRST: "Weekly"}
    )
    actions.answer(two_services, by=member, accept=[name.pk])
    draft = actions.answer(two_services, by=member, accept=[when.pk])
    assert draft is not None
    assert draft.services.get(name="One calendar").when == "Weekly"


# --- line ends, brackets ----------------------------------------------------------------------------
@pytest.fixture
def in_lines(member, lead, issuer):
    draft = write_mandate(member)
    draft.purpose, draft.helps = "First line.\nSecond line.", "Ships, see [1], come in."
    actions.save_part(draft, by=member)
    return actions.seal(draft, by=member)


def save_as_a_browser(draft, by) -> None:
    """A browser ends every line of a text box in its own way."""
    draft.purpose = draft.purpose.replace("\n", "\r\n")
    actions.save_part(draft, by=by, fields=["purpose"])


def test_a_draft_that_was_merely_opened_and_saved_still_says_the_same(in_lines, issuer, member):
    suggest(in_lines, issuer, "One line.")
    draft = begin(member)
    save_as_a_browser(draft, member)
    actions.seal(draft, by=member)
    assert Suggestion.objects.open().get().words == "One line."


def test_line_ends_are_no_change_that_the_issuer_has_to_read(in_lines, issuer, member):
    made = suggest(in_lines, issuer, "Ships come in.", HELPS)
    draft = begin(member)
    save_as_a_browser(draft, member)
    actions.answer(in_lines, by=member, accept=[made.pk])
    version = MandateVersion.objects.with_parts().get(pk=actions.seal(begin(member), by=member).pk)
    changes = reading.changes_since(version)
    assert changes is not None
    assert [line["name"] for line in changes["lines"]] == ["How it helps you"]


def test_brackets_that_stand_in_the_words_may_stay(in_lines, issuer):
    assert suggest(in_lines, issuer, "Ships and trains, see [1], come in.", HELPS)
    with pytest.raises(RuleBroken) as refused:
        suggest(in_lines, issuer, "Ships, see [1] and [name], come in.", HELPS)
    assert "square brackets" in str(refused.value.missing[0])


# --- sent back --------------------------------------------------------------------------------------
@pytest.fixture
def sent_back(in_lines, issuer):
    suggest(in_lines, issuer, "One line.", PURPOSE)
    actions.send_back(in_lines, by=issuer, content_hash=in_lines.content_hash, reason="All of it is too long.")
    return MandateVersion.objects.get(pk=in_lines.pk)


def test_what_is_accepted_of_a_version_that_was_sent_back_waits_in_the_next_draft(sent_back, issuer, member):
    before = letters("mandate_in_review").count()
    draft = actions.answer(sent_back, by=member, accept=[Suggestion.objects.get().pk])
    assert draft is not None
    assert (draft.is_sealed, draft.purpose) == (False, "One line.")
    assert letters("mandate_in_review").count() == before, "the reason for which it went back is still to be answered"
    assert "waits for your decision" not in letters("suggestions_answered").get().text


def test_what_is_declined_of_it_does_not_say_that_it_waits(sent_back, issuer, member):
    actions.answer(sent_back, by=member, decline={Suggestion.objects.get().pk: "It has to be two."})
    told = letters("suggestions_answered").get().text
    assert "waits for your decision" not in told
    assert "The PMO is writing the next version" in " ".join(told.split())


def test_its_page_and_the_first_page_promise_the_same(sent_back, as_user, member):
    page = as_user(member).get(f"/mandate/versions/{sent_back.number}/").content.decode()
    assert "at once" not in page
    assert "at once" not in as_user(member).get("/").content.decode()
