"""The first hour as a list: every step leads to where it can be done now, and goes when all are done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Clause
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.models import Row
from stakeholders.areas.models import Area
from stakeholders.home.first_steps import first_steps
from stakeholders.people.actions import invite, name_issuer
from tests.conftest import publish_mandate, write_agreement, write_mandate

pytestmark = pytest.mark.django_db
WHY, CLAUSES, WHO_DOES, AREAS, AGREEMENT, ISSUER = range(6)


def step(number, by):
    return first_steps(by)[number]


def states(by):
    return [step.status["word"] for step in first_steps(by)]


def period():
    return {"period_from": timezone.localdate(), "period_to": timezone.localdate() + timedelta(days=300)}


def areas(*names):
    return [Area.objects.begin(name=name) for name in names]


def test_an_empty_portal_has_all_six_to_do(lead):
    steps = first_steps(lead)
    assert [step.title for step in steps] == [
        "Write why you exist",
        "Choose what you do, share and do not do",
        "Say who does what you do not",
        "Paste the first three areas",
        "Draft one agreement",
        "Send the mandate to the issuer",
    ]
    assert set(states(lead)) == {"To do"}


def test_each_step_leads_to_where_it_can_be_done_now(as_user, lead, member):
    def first_page_is_open():
        for by in (lead, member):
            for each in first_steps(by):
                answer = as_user(by).get(each.url)
                assert answer.status_code == 200, each
                main = answer.content.decode().partition("<main")[2]
                assert "<form" in main or "task-list__title" in main or "/add/" in main, each

    first_page_is_open()
    draft = mandate.start_draft(by=member)
    first_page_is_open()
    assert step(WHY, lead).url == "/mandate/draft/why/"
    assert step(CLAUSES, lead).url == "/mandate/draft/clauses/words/"
    assert step(WHO_DOES, lead).url == "/mandate/draft/clauses/add/?kind=does_not"
    mandate.save_part(Clause(version=draft, kind="does_not", text="Run your projects."), by=member)
    first_page_is_open()
    assert step(WHO_DOES, lead).url == f"/mandate/draft/clauses/{Clause.objects.get().pk}/"
    assert step(WHO_DOES, lead).hint == "1 clause to finish."
    assert step(AGREEMENT, lead).url == "/areas/paste/"
    area = areas("Quays")[0]
    first_page_is_open()
    assert step(AREAS, lead).hint == "1 is here."
    assert step(AGREEMENT, lead).url == "/agreements/start/quays/"
    agreement = agreements.start(area, by=lead, **period()).agreement
    assert step(AGREEMENT, lead).url == f"/agreements/{agreement.pk}/rows/words/"
    first_page_is_open()


def test_each_is_done_when_it_is_done(lead, member):
    draft = write_mandate(member)
    assert states(lead)[:AREAS] == ["Done"] * 3
    mandate.save_part(Clause(version=draft, kind="does_not", text="Chair your meetings."), by=member)
    assert states(lead)[WHO_DOES] == "To do"
    areas("Quays", "Finance")
    assert states(lead)[AREAS] == "To do"
    areas("Works")
    assert states(lead)[AREAS] == "Done"


def test_the_way_to_the_issuer(lead, member):
    draft = write_mandate(member)
    assert step(ISSUER, lead).url == "/people/issuer/"
    assert step(ISSUER, member).url == "/mandate/draft/"
    assert "The PMO lead names the issuer" in step(ISSUER, member).hint
    person = name_issuer(name="Ivo", email="ivo@x.example", post_title="", by=lead)
    for by in (lead, member):
        assert step(ISSUER, by).url == f"/people/{person.pk}/invite/"
    invite(person, by=lead)
    assert step(ISSUER, lead).url == "/mandate/draft/"
    assert step(ISSUER, lead).hint == "Send it to review."
    draft.purpose = ""
    mandate.save_part(draft, by=member)
    assert step(ISSUER, lead).hint == "1 thing is missing before review."
    draft.purpose = "Calm."
    mandate.save_part(draft, by=member)
    mandate.seal(draft, by=member)
    assert states(lead)[ISSUER] == "Done"


def test_a_mandate_in_review_before_there_is_an_issuer_leads_to_naming_one(as_user, lead, member):
    mandate.seal(write_mandate(member), by=member)
    assert states(lead)[: WHO_DOES + 1] == ["Done"] * 3
    assert step(ISSUER, lead).url == "/people/issuer/"
    for each in first_steps(lead):
        assert as_user(lead).get(each.url).status_code == 200


def test_who_serves_one_area_is_done_with_it_and_its_agreement(as_user, lead, member, issuer, area):
    version = publish_mandate(member, issuer)
    assert states(lead)[AREAS] == "To do"
    write_agreement(area, version, lead)
    assert first_steps(lead) == []
    assert "First steps" not in as_user(lead).get("/").content.decode()


def test_a_lead_who_waits_for_others_has_nothing_to_do(as_user, lead, member):
    """No issuer and no head has been here yet: the whole first hour is the PMO's own."""
    draft = write_mandate(member)
    first, *_others = areas("Quays", "Finance", "Works")
    agreement = agreements.start(first, by=lead, **period())
    cells = {"you_need": "Calm", "we_commit": "A list", "you_commit": "Early word", "you_will_notice": "Calm"}
    agreements.save_draft(Row(revision=agreement, clause=draft.clauses.first(), **cells), by=lead)
    agreements.share(agreement, by=lead)
    invite(name_issuer(name="Ivo", email="ivo@x.example", post_title="", by=lead), by=lead)
    mandate.seal(draft, by=member)
    page = as_user(lead).get("/").content.decode()
    mine, _heading, others = page.partition("Waits for others")
    assert "First steps" not in page
    assert "Nothing waits on you." in mine
    assert "Approve and publish the mandate, version 1" in others
    assert "Read the draft agreement with Quays" in others


def test_a_shared_draft_waits_on_the_pmo_once_a_mandate_is_live(as_user, lead, draft_agreement):
    agreements.share(draft_agreement, by=lead)
    title = "Finish and sign the agreement with Networks"
    assert title in as_user(lead).get("/").content.decode()
    Row.objects.update(area_note="By which day?")
    assert "The area left 1 note." in as_user(lead).get("/").content.decode()


def test_a_note_on_a_draft_that_cannot_be_proposed_still_waits_on_the_pmo(as_user, lead, member, head, area):
    draft = write_agreement(area, write_mandate(member), lead)
    agreements.share(draft, by=lead)
    page = as_user(lead).get("/").content.decode()
    assert "Finish and sign the agreement" not in page
    agreements.leave_note(draft.rows.get(), text="By which day?", by=head.user)
    assert "Finish and sign the agreement" in as_user(lead).get("/").content.decode()


def test_a_portal_at_work_asks_few_questions_for_it(lead, in_force, django_assert_max_num_queries):
    areas("Quays", "Works")
    with django_assert_max_num_queries(10):
        assert first_steps(lead) == []
