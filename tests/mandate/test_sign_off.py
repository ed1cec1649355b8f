"""Who may issue the mandate, for which words, and what stays as it was."""

import contextlib
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, Clause, MandateVersion, Publication, Service
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from tests.conftest import publish_mandate, user, write_mandate
from tests.letters import paths_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_review(member):
    return actions.seal(write_mandate(member), by=member)


def test_a_half_written_clause_is_saved_and_review_lists_what_is_missing(member):
    draft = write_mandate(member)
    clause = Clause(version=draft, kind="does_not", text="Write your reports.")
    actions.save_part(clause, by=member)
    with pytest.raises(RuleBroken) as refused:
        actions.seal(draft, by=member)
    assert [gap.row for gap in refused.value.missing] == [clause] * 3
    assert "say who does it instead" in str(refused.value.missing[0].words)
    assert MandateVersion.objects.get(pk=draft.pk).sealed_at is None


def test_shared_work_needs_both_parts_before_review(member):
    draft = write_mandate(member)
    actions.save_part(Clause(version=draft, kind="shared", text="Plans people.", our_part="We show."), by=member)
    with pytest.raises(RuleBroken) as refused:
        actions.seal(draft, by=member)
    assert len(refused.value.missing) == 1


def test_an_empty_draft_lists_every_part(member):
    missing = {gap.part for gap in actions.start_draft(by=member).missing()}
    assert missing == {"why", "purpose", "helps", "objectives", "services", "clauses"}


def test_what_changed_is_asked_for_once_somebody_could_have_read_a_version_before(member, issuer):
    actions.seal(write_mandate(member), by=member)
    second = actions.start_draft(by=member)
    assert (second.number, second.missing()) == (2, [])
    live = actions.seal(second, by=member)
    actions.approve(live, by=issuer, content_hash=live.content_hash)
    actions.publish(live, by=issuer, content_hash=live.content_hash)
    assert [gap.part for gap in actions.start_draft(by=member).missing()] == ["change"]


def test_what_is_missing_reads_as_words(member):
    gap = actions.start_draft(by=member).missing()[0]
    assert str(gap) == "Why: say what it was like before this office."


def test_review_tells_the_issuer(member, issuer):
    actions.seal(write_mandate(member), by=member)
    letter = OutgoingEmail.objects.get(event="mandate/mandate_in_review")
    assert letter.to == issuer.email
    assert paths_in(letter.text) == ["/mandate/versions/1/"]


def test_the_issuer_approves_and_publishes_exactly_the_hash(in_review, issuer):
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    actions.publish(in_review, by=issuer, content_hash=in_review.content_hash)
    assert MandateVersion.objects.live().get() == in_review
    assert Event.objects.get(kind="mandate_published").facts["issuer"] == str(issuer)


def test_another_hash_is_stale_and_approves_nothing(in_review, issuer):
    with pytest.raises(Stale):
        actions.approve(in_review, by=issuer, content_hash="0" * 64)
    assert not Approval.objects.exists()


@pytest.mark.parametrize("who", ["member", "lead", "administrator", "head"])
def test_nobody_but_the_issuer_approves_or_publishes(who, in_review, request):
    person = request.getfixturevalue(who)
    by = getattr(person, "user", person)
    for verb in (actions.approve, actions.publish):
        with pytest.raises(NotAllowed):
            verb(in_review, by=by, content_hash=in_review.content_hash)
    assert not Approval.objects.exists()
    assert not Publication.objects.exists()


def test_the_author_never_approves_even_when_appointed_issuer_later(member, issuer):
    version = actions.seal(write_mandate(member), by=member)
    Appointment.objects.filter(user__in=[member, issuer]).update(ends_on=timezone.localdate() - timedelta(days=1))
    appoint(member, "issuer", by=None)
    with pytest.raises(NotAllowed, match="wrote in this version"):
        actions.approve(version, by=member, content_hash=version.content_hash)


def test_a_deputy_issuer_acts_within_the_dates_only(in_review):
    deputy = user("deputy@fairhaven.example")
    appointment = appoint(deputy, "issuer", by=None, is_deputy=True)
    approval = actions.approve(in_review, by=deputy, content_hash=in_review.content_hash)
    assert approval.capacity == "Issuer (deputy)"
    Appointment.objects.filter(pk=appointment.pk).update(
        starts_on=timezone.localdate() - timedelta(days=2), ends_on=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(NotAllowed):
        actions.publish(in_review, by=deputy, content_hash=in_review.content_hash)


def test_publishing_needs_the_approval_first(in_review, issuer):
    with pytest.raises(RuleBroken, match="Approve"):
        actions.publish(in_review, by=issuer, content_hash=in_review.content_hash)


def test_publishing_twice_is_once(live, issuer):
    with pytest.raises(RuleBroken, match="already"):
        actions.publish(live, by=issuer, content_hash=live.content_hash)
    assert Publication.objects.count() == 1


def test_words_changed_behind_the_seal_cannot_be_approved(in_review, issuer):
    """Should anybody get around the triggers, the hash still tells."""
    from pmo_portal.common import checks

    checks.lift_seals()
    MandateVersion.objects.filter(pk=in_review.pk).update(purpose="Something else entirely.")
    checks.lay_seals()
    with pytest.raises(Stale):
        actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)


def test_a_sealed_version_cannot_be_written_in(in_review, member):
    with pytest.raises(Stale):
        actions.save_part(Clause(version=in_review, kind="does", text="More."), by=member)
    with pytest.raises(DatabaseError), transaction.atomic():
        in_review.clauses.update(text="Other words")
    with pytest.raises(DatabaseError), transaction.atomic():
        MandateVersion.objects.filter(pk=in_review.pk).delete()


def test_the_live_version_is_a_query_over_time(live, member, issuer):
    publication = live.publications.get()
    before = publication.publish_at - timedelta(seconds=1)
    assert not MandateVersion.objects.live(before).exists()
    assert MandateVersion.objects.live(publication.publish_at).get() == live
    second = publish_mandate(member, issuer)
    assert MandateVersion.objects.live().get() == second
    assert MandateVersion.objects.live(publication.publish_at).get() == live


def test_a_new_draft_begins_with_the_old_words_and_the_same_keys(live, member):
    draft = actions.start_draft(by=member)
    assert draft.number == 2
    assert draft.purpose == live.purpose
    assert [c.key for c in draft.clauses.all()] == [c.key for c in live.clauses.all()]
    assert actions.start_draft(by=member) == draft


def test_clauses_are_numbered_by_kind(live):
    assert [clause.number for clause in live.clauses.all()] == ["1.1", "3.1"]


def test_rows_move_without_dragging(member):
    draft = write_mandate(member)
    actions.save_part(Service(version=draft, name="Board", what_you_get="One page"), by=member)
    first, second = draft.services.all()
    actions.move_part(second, up=True, by=member)
    assert list(draft.services.all()) == [second, first]


def test_the_same_content_has_the_same_hash_and_any_word_changes_it(member):
    draft = write_mandate(member)
    before = draft.fingerprint()
    fresh = MandateVersion.objects.get(pk=draft.pk)
    assert fresh.fingerprint() == before
    fresh.clauses.filter(kind="does").update(text="Keeps two lists of projects.")
    assert MandateVersion.objects.get(pk=draft.pk).fingerprint() != before


def test_an_overtaken_version_waits_on_nobody(member, issuer):
    from stakeholders.home.reading import issuer_tasks

    first = actions.seal(write_mandate(member), by=member)
    assert issuer_tasks(issuer)
    publish_mandate(member, issuer)
    assert not issuer_tasks(issuer)
    with pytest.raises(RuleBroken, match="newer version"):
        actions.approve(first, by=issuer, content_hash=first.content_hash)


@pytest.mark.django_db(transaction=True)
def test_nothing_slips_into_a_version_while_it_is_sealed(member):
    """One who saves and one who seals at once: what is sealed is what its hash was taken over."""
    draft = write_mandate(member)
    barrier = threading.Barrier(2)

    def seal():
        barrier.wait()
        actions.seal(draft, by=member)
        connection.close()

    def write():
        barrier.wait()
        with contextlib.suppress(Stale):
            actions.save_part(Clause(version=draft, kind="does", text="Slips in."), by=member)
        connection.close()

    threads = [threading.Thread(target=each) for each in (seal, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    version = MandateVersion.objects.with_parts().get(pk=draft.pk)
    assert version.fingerprint() == version.content_hash


@pytest.mark.django_db(transaction=True)
def test_two_who_start_a_draft_at_once_share_one(member, lead):
    barrier = threading.Barrier(2)

    def start(by):
        barrier.wait()
        actions.start_draft(by=by)
        connection.close()

    threads = [threading.Thread(target=start, args=(who,)) for who in (member, lead)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert MandateVersion.objects.count() == 1


def test_clauses_move_and_are_numbered_among_those_of_their_kind(member):
    draft = write_mandate(member)
    last = Clause(version=draft, kind="does", text="Tells the board.")
    actions.save_part(last, by=member)
    assert [clause.number for clause in draft.numbered_clauses()] == ["1.1", "1.2", "3.1"]
    actions.move_part(last, up=True, by=member)
    draft = MandateVersion.objects.get(pk=draft.pk)
    assert draft.numbered_clauses()[0] == last
