"""Promises are moved by the side that made them, along the table of moves."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.journal.models import Event
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Promise

pytestmark = pytest.mark.django_db
State = Promise.State


def test_each_side_moves_its_own(in_force, lead, head):
    ours, theirs = Promise.objects.get(side="pmo"), Promise.objects.get(side="area")
    actions.move_promise(ours, to=State.IN_PROGRESS, by=lead)
    actions.move_promise(theirs, to=State.IN_PROGRESS, by=head.user)
    with pytest.raises(NotAllowed):
        actions.move_promise(ours, to=State.KEPT, by=head.user, evidence="We saw it")
    with pytest.raises(NotAllowed):
        actions.move_promise(theirs, to=State.KEPT, by=lead, evidence="We saw it")


def test_kept_needs_a_line_and_stays(in_force, lead):
    ours = Promise.objects.get(side="pmo")
    with pytest.raises(RuleBroken, match="how it was kept"):
        actions.move_promise(ours, to=State.KEPT, by=lead)
    actions.move_promise(ours, to=State.KEPT, by=lead, evidence="Eleven Fridays.")
    with pytest.raises(RuleBroken, match="stays so"):
        actions.move_promise(ours, to=State.OPEN, by=lead)
    assert Event.objects.get(kind="promise_kept").facts["evidence"] == "Eleven Fridays."


def test_late_is_a_query(in_force, lead):
    day_after = in_force.period_to + timedelta(days=1)
    assert Promise.objects.late(day_after).count() == 2
    actions.move_promise(Promise.objects.get(side="pmo"), to=State.KEPT, by=lead, evidence="Done.")
    assert Promise.objects.late(day_after).count() == 1
    assert not Promise.objects.late(timezone.localdate()).exists()


@given(st.lists(st.sampled_from(list(AgreementRevision.State)), max_size=8))
@settings(max_examples=200)
def test_no_walk_through_the_table_leaves_an_ended_state(walk):
    """From any ended state there is no way out, and in force is reached through proposed only."""
    revision, path = AgreementRevision(state="draft"), ["draft"]
    for state in walk:
        if revision.can_move_to(state):
            revision.state = state
            path.append(state)
    ended = {"superseded", "declined", "withdrawn"}
    assert all(state not in ended for state in path[:-1])
    assert "in_force" not in path or path[path.index("in_force") - 1] == "proposed"
