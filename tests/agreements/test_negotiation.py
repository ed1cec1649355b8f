"""Both sides act in any order, rightly and wrongly; whatever they do, what the product promises holds."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mandate.models import MandateVersion
from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.errors import Refusal
from stakeholders.agreements import actions
from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Side
from tests.agreements.conftest import hash_of, reword
from tests.conftest import as_shown, person_with, user

pytestmark = pytest.mark.django_db
State = AgreementRevision.State
WORDS = st.sampled_from(["Less", "More", "Calm", ""])
CELLS = st.sampled_from(["you_need", "we_commit", "you_commit", "you_will_notice"])
REASONS = st.sampled_from(["Too much.", " "])
# What each side would do with the newest words, so that a walk gets somewhere.
SENSIBLE = {
    (State.DRAFT, Side.PMO): {"pmo": ["propose", "propose", "share"], "area": ["change_words"]},
    (State.PROPOSED, Side.PMO): {
        "pmo": ["withdraw"],
        "area": ["change_words", "change_words", "countersign", "decline"],
    },
    (State.DRAFT, Side.AREA): {"pmo": ["withdraw"], "area": ["counter", "counter", "change_words", "take_all_back"]},
    (State.PROPOSED, Side.AREA): {"pmo": ["countersign", "revise", "revise", "decline"], "area": ["withdraw"]},
}


def test_whatever_both_sides_do_the_promises_of_the_product_hold(draft_agreement, area, other_area, lead, member):
    cast = {
        "lead": lead, "member": member, "second": user("second@fairhaven.example", "lead"),
        "head": area.roles.get(kind="head").person.user,
        "deputy": person_with(area, "deputy", "deputy@fairhaven.example").user,
        "foreign": person_with(other_area, "head", "foreign@fairhaven.example").user,
    }  # fmt: skip

    class Table(RuleBasedStateMachine):
        """One agreement between two sides; each example begins at the same draft."""

        def __init__(self):
            super().__init__()
            self.undone = transaction.atomic()
            self.undone.__enter__()
            self.agreement = Agreement.objects.get()
            self.standing = {}

        def teardown(self):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

        def attempt(self, verb):
            """Do it, or be refused in words and change nothing."""
            before = self.picture()
            try:
                with transaction.atomic():
                    verb()
            except Refusal as refusal:
                assert str(refusal)
                assert self.picture() == before, "refused, and something changed"

        def picture(self):
            revisions = self.agreement.revisions.order_by("pk").values_list(
                "pk", "state", "content_hash", "closed_at"
            )
            return list(revisions), list(Promise.objects.order_by("pk").values_list("pk", "state"))

        def verbs(self, revision, by, cell="you_commit", words="Less", reason="Too much."):
            """All that can be tried on a revision, by its name."""
            shown = {"by": by, "content_hash": hash_of(revision)}
            return {
                "change_words": lambda: reword(revision.rows.first(), by, **{cell: words}),
                "share": lambda: actions.share(revision, by=by),
                "revise": lambda: actions.revise(revision.agreement, by=by),
                "propose": lambda: actions.propose(revision, by=by, content_hash=as_shown(revision)),
                "counter": lambda: actions.counter(revision, **shown),
                "countersign": lambda: actions.countersign(revision, **shown),
                "decline": lambda: actions.decline(revision, reason=reason, **shown),
                "withdraw": lambda: actions.withdraw(revision, by=by, reason=reason),
                "take_all_back": lambda: actions.take_all_back(revision, **shown),
            }

        @rule(data=st.data(), who=st.sampled_from(sorted(cast)), cell=CELLS, words=WORDS, reason=REASONS)
        def anybody_tries_anything(self, data, who, **how):
            revision = data.draw(st.sampled_from(list(self.agreement.revisions.with_rows())))
            verbs = self.verbs(revision, cast[who], **how)
            self.attempt(verbs[data.draw(st.sampled_from(sorted(verbs)))])

        @rule(data=st.data(), is_deputy=st.booleans(), cell=CELLS, words=WORDS)
        def somebody_does_what_is_theirs(self, data, is_deputy, cell, words):
            revision = self.agreement.revisions.with_rows()[0]
            sides = SENSIBLE.get((revision.state, revision.side), {"pmo": ["revise"]})
            side, verb = data.draw(st.sampled_from([(side, verb) for side, verbs in sides.items() for verb in verbs]))
            by = cast[{"pmo": ("lead", "second"), "area": ("head", "deputy")}[side][is_deputy]]
            self.attempt(self.verbs(revision, by, cell, words)[verb])

        @invariant()
        def nothing_is_in_force_without_two_signatures_of_one_hash_from_two_sides_and_two_people(self):
            for revision in self.agreement.revisions.in_state(State.IN_FORCE, State.SUPERSEDED):
                signed = list(revision.signatures.all())
                assert {s.side for s in signed} == set(Side)
                assert {s.content_hash for s in signed} == {revision.content_hash}
                assert len({s.by_id for s in signed}) == 2

        @invariant()
        def no_pmo_member_signs_for_the_area_and_nobody_else_for_the_pmo(self):
            for revision in self.agreement.revisions.all():
                for signature in revision.signatures.select_related("by"):
                    assert is_pmo(signature.by) is (signature.side == Side.PMO)

        @invariant()
        def one_is_in_force_one_is_proposed_and_one_is_written_by_each_side(self):
            states = list(self.agreement.revisions.values_list("state", "side"))
            assert [state for state, _side in states].count(State.IN_FORCE) <= 1
            assert [state for state, _side in states].count(State.PROPOSED) <= 1
            assert all(states.count((State.DRAFT, side)) <= 1 for side in Side)

        @invariant()
        def what_was_signed_by_somebody_says_what_it_said(self):
            assert list(AgreementRevision.untrue()) == []
            sealed = self.agreement.revisions.exclude(sealed_at=None).values_list("pk", "content_hash")
            for pk, content_hash in sealed:
                assert self.standing.setdefault(pk, content_hash) == content_hash
            assert self.standing.keys() <= set(self.agreement.revisions.values_list("pk", flat=True)), "one was lost"

        @invariant()
        def the_one_in_force_is_replaced_by_another_in_force_only(self):
            came = set(self.agreement.revisions.in_state(State.SUPERSEDED).values_list("pk", flat=True))
            assert not came or self.agreement.revisions.in_state(State.IN_FORCE).exists()

        @invariant()
        def promises_are_made_of_what_was_in_force_only(self):
            made = set(Promise.objects.values_list("row__revision__state", flat=True))
            assert made <= {State.IN_FORCE, State.SUPERSEDED}

        @invariant()
        def each_move_was_in_the_table_and_an_answer_differs_from_what_it_answers(self):
            for revision in self.agreement.revisions.unsent().with_rows():
                assert any(row.changes() for row in revision.rows.all())
                assert revision.answers.state == State.PROPOSED

    assert MandateVersion.objects.live().exists()
    slow_is_fine = list(HealthCheck)
    run_state_machine_as_test(
        Table,
        settings=settings(max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=slow_is_fine),
    )
