"""An area's own words in the letters of its people: whose turn it is, and what became of them."""

import pytest

from stakeholders.agreements.access import AUDIENCE
from stakeholders.agreements.models import AgreementRevision, Side
from stakeholders.digests.reading.events import SENTENCES
from stakeholders.overview.reading import LATELY


def areas_own(house, state="proposed", **more):
    """A proposal of the area's own words, with the PMO's that it answers."""
    first = house.revision(state="proposed")
    AgreementRevision.objects.filter(pk=first.pk).update(
        state="countered", closed_at=first.sealed_at, closed_by=house.member
    )
    facts = {"period_from": first.period_from, "period_to": first.period_to, "drafted_by": house.member}
    sealed = {"sealed_at": first.sealed_at, "shared_at": first.shared_at, "content_hash": "b" * 64}
    return AgreementRevision.objects.create(
        agreement=first.agreement, number=2, side=Side.AREA, answers=first, state=state, **facts,
        **({} if state == "draft" else sealed), **more,
    )  # fmt: skip


def words(text):
    return " ".join(text.split())


def test_what_waits_for_the_pmo_is_not_asked_of_the_head(house):
    head = house.person("Daniel", "head")
    house.agreed(areas_own(house), "agreement_countered", by="Daniel", changes=1)
    house.tick()
    text = words(house.letter(head).text)
    assert "Finance answered the proposal with words of its own" in text
    assert "waits for your signature" not in text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("counter_declined", "The Project Office said no to the words that Finance proposed"),
        ("counter_withdrawn", "Finance took back the words that it proposed"),
    ],
)
def test_what_became_of_an_areas_words_is_told_to_its_head(kind, said, house):
    head = house.person("Daniel", "head")
    house.agreed(areas_own(house, kind.partition("_")[2]), kind)
    house.tick()
    assert said in words(house.letter(head).text)


def test_a_sponsor_is_told_none_of_it(house):
    sponsor = house.person("Samuel")
    house.agreed(areas_own(house), "agreement_countered", by="Daniel", changes=1)
    house.tick()
    assert house.delivery(sponsor).state == "skipped"


def test_every_event_with_an_audience_has_its_sentence_and_its_line():
    assert set(AUDIENCE) == set(SENTENCES) == set(LATELY)
