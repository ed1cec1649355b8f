"""Any two versions compared: by default what a reader last read with what holds now; of no other is anything told."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mandate import actions
from mandate.models import Clause, MandateVersion, Service
from pmo_portal.common.models import Organisation
from stakeholders.understanding.actions import acknowledge

pytestmark = pytest.mark.django_db
PAGE = "/mandate/compare/"


def title(response) -> str:
    return re.search(r"<h1>(.*?)</h1>", response.content.decode())[1]


def read(person, version):
    acknowledge(version, person=person, by=person.user, content_hash=version.content_hash)


def next_version(member, **texts):
    draft = actions.start_draft(by=member)
    draft.change_note = "It changed."
    for name, words in texts.items():
        setattr(draft, name, words)
    actions.save_part(draft, by=member)
    return draft


def publish(member, issuer, version, **more):
    sealed = actions.seal(version, by=member)
    actions.approve(sealed, by=issuer, content_hash=sealed.content_hash)
    actions.publish(sealed, by=issuer, content_hash=sealed.content_hash, **more)
    return sealed


@pytest.fixture
def second(live, member, issuer):
    return publish(member, issuer, next_version(member, purpose="Other words for it, by 31 March 2027."))


# --- which two ----------------------------------------------------------------------------------
def test_what_a_reader_last_read_is_compared_with_what_holds_now(live, member, issuer, head, as_user):
    read(head, live)
    for words in ("Two", "Three"):
        publish(member, issuer, next_version(member, purpose=words))
    answer = as_user(head).get(PAGE)
    assert title(answer) == "What changed from version 1 to version 3"
    assert "You last read version 1" in answer.content.decode()


def test_who_read_what_holds_or_nothing_yet_meets_the_last_change(second, head, sponsor, as_user):
    read(head, second)
    for reader in (head, sponsor):
        answer = as_user(reader).get(PAGE)
        assert title(answer) == "What changed from version 1 to version 2"
        assert "You last read" not in answer.content.decode()


def test_the_pmo_meets_what_it_writes_against_what_holds(second, member, as_user):
    next_version(member, purpose="Three")
    assert title(as_user(member).get(PAGE)) == "What changed from version 2 to version 3"


def test_any_two_can_be_chosen_either_way_round(second, head, as_user):
    client = as_user(head)
    assert title(client.get(PAGE, {"from": 2, "to": 1})) == "What changed from version 2 to version 1"
    assert "You have chosen the same version twice." in client.get(PAGE, {"from": 2, "to": 2}).content.decode()


def test_an_issuer_who_once_read_an_old_one_decides_on_a_new_one_against_what_holds(
    second, live, member, issuer, head, as_user
):
    head.user, head.email = issuer, issuer.email
    head.save()
    read(head, live)
    waiting = actions.seal(next_version(member, purpose="Three"), by=member)
    answer = as_user(issuer).get(PAGE, {"to": waiting.number})
    assert title(answer) == "What changed from version 2 to version 3"


def test_one_version_has_nothing_to_be_compared_with(live, head, as_user):
    assert "There is only one version so far" in as_user(head).get(PAGE).content.decode()


def test_without_any_version_there_is_nothing_to_compare(head, as_user):
    assert "There is no version yet" in as_user(head).get(PAGE).content.decode()


@pytest.mark.parametrize(
    "asked", [{"from": 9}, {"to": 9}, {"from": "x"}, {"to": "-1"}, {"to": "１"}, {"from": "1e9"}]
)
def test_a_version_that_is_not_there_is_not_found(asked, second, member, as_user):
    assert as_user(member).get(PAGE, asked).status_code == 404


@pytest.mark.parametrize("asked", [{"from": ""}, {"to": ""}, {"view": "x"}, {"show": "\x00"}, {"from": ["1", "2"]}])
def test_an_address_of_little_sense_still_shows_two_versions(asked, second, member, as_user):
    assert as_user(member).get(PAGE, asked).status_code == 200


# --- who may compare what -----------------------------------------------------------------------
@pytest.fixture
def scheduled(second, member, issuer):
    """The third version is approved, and its moment is to come."""
    version = next_version(member, purpose="The embargoed words.", change_note="The embargoed note.")
    return publish(member, issuer, version, at=timezone.now() + timedelta(days=3))


def test_a_reader_learns_nothing_of_a_version_before_its_moment(scheduled, head, as_user):
    client = as_user(head)
    for asked in ({}, {"show": "all"}, {"from": 1}, {"to": 1}, {"from": 2, "to": 1, "view": "side"}):
        page = client.get(PAGE, asked).content.decode()
        assert "mbargoed" not in page
        assert "ersion 3" not in page
        assert 'value="3"' not in page
    for asked in ({"from": 3}, {"to": 3}, {"from": 1, "to": 3}):
        assert client.get(PAGE, asked).status_code == 404


def test_a_reader_compares_neither_drafts_nor_what_was_never_published(second, member, issuer, head, as_user):
    waiting = actions.seal(next_version(member, purpose="Three"), by=member)
    actions.send_back(waiting, by=issuer, content_hash=waiting.content_hash, reason="No.")
    next_version(member, purpose="Four")
    for number in (3, 4):
        assert as_user(head).get(PAGE, {"to": number}).status_code == 404
        assert as_user(issuer).get(PAGE, {"to": number}).status_code == 200


def test_those_who_write_or_issue_compare_what_is_scheduled(scheduled, member, issuer, as_user):
    for user in (member, issuer):
        page = as_user(user).get(PAGE, {"from": 2, "to": 3}).content.decode()
        assert "The embargoed note." in page
        assert "embargoed words." in page


def test_it_can_be_compared_from_its_moment_on(scheduled, head, as_user, monkeypatch):
    later = timezone.now() + timedelta(days=4)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert title(as_user(head).get(PAGE)) == "What changed from version 2 to version 3"


def test_who_may_not_read_the_mandate_compares_nothing(second, foreign_head, administrator, as_user):
    Organisation.objects.update(mandate_readers=Organisation.Readers.CLOSED)
    assert as_user(administrator).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_anyone_compares_where_anyone_may_read(second):
    Organisation.objects.update(mandate_readers=Organisation.Readers.ANYONE)
    assert title(Client().get(PAGE)) == "What changed from version 1 to version 2"


# --- what is shown ------------------------------------------------------------------------------
@pytest.fixture
def third(second, member, issuer):
    """A moved, a new, a changed and a removed row, and one of another kind."""
    draft = next_version(member, change_note="Much.")
    keep = draft.clauses.get(kind="does")
    actions.save_part(Clause(version=draft, kind="does", text="Asks <b>early</b>."), by=member)
    keep.text = "Keeps one **list** of all projects."
    actions.save_part(keep, by=member)
    actions.save_part(Service(version=draft, name="A second pair of eyes", what_you_get="A day"), by=member)
    actions.remove_part(draft.measures.get(), by=member)
    power = draft.powers.get()
    power.kind = "stop"
    actions.save_part(power, by=member)
    step = draft.decisions.get()
    step.answer_days = 5
    actions.save_part(step, by=member)
    return publish(member, issuer, draft)


def shown(client, **asked) -> str:
    """The page's own words and marks, without its spaces."""
    return re.sub(r"\s+", " ", client.get(PAGE, asked).content.decode())


def test_words_that_came_and_went_are_marked_for_eyes_and_ears(third, head, as_user):
    page = shown(as_user(head), **{"from": 2, "to": 3})
    assert '<ins><span class="visually-hidden">put in: </span>**</ins>list<ins>' in page
    assert '<del><span class="visually-hidden">taken out: </span><strong>3</strong></del>' in page
    assert '<ins><span class="visually-hidden">put in: </span><strong>5</strong></ins>' in page
    assert "<ins>Asks &lt;b&gt;early&lt;/b&gt;.</ins>" in page
    assert "<del>Surprises at the board</del>" in page
    assert "May demand" in page and "May stop" in page
    assert "3 changed" in page and "2 new" in page and "1 taken out" in page
    assert "<p>Much.</p>" in page


def test_numbers_and_days_stand_out(second, head, as_user):
    assert "<strong>31 March 2027</strong>" in shown(as_user(head))


def test_only_what_changed_is_shown_until_all_is_asked_for(third, head, as_user):
    client = as_user(head)
    for view in ("", "side"):
        asked = {"from": 2, "to": 3, "view": view}
        assert "Words for helps." not in shown(client, **asked)
        whole = shown(client, **asked, show="all")
        assert "Words for helps." in whole
        assert "Show only what changed" in whole


def test_side_by_side_says_which_side_is_which(third, head, as_user):
    page = shown(as_user(head), **{"from": 2, "to": 3, "view": "side"})
    assert '<p class="visually-hidden">Version 2:</p>' in page
    assert '<p class="visually-hidden">Version 3:</p>' in page
    assert "Not in version 2" in page and "Not in version 3" in page


def test_a_moved_clause_says_from_where(live, member, issuer, head, as_user):
    draft = next_version(member)
    for text in ("Reads every plan.", "Tells the board."):
        actions.save_part(Clause(version=draft, kind="does", text=text), by=member)
    publish(member, issuer, draft)
    draft = next_version(member)
    first = draft.clauses.filter(kind="does").first()
    last = draft.clauses.filter(kind="does").last()
    first.position, last.position = last.position + 1, last.position
    actions.save_part(first, by=member)
    publish(member, issuer, draft)
    page = shown(as_user(head), **{"from": 2, "to": 3})
    assert "Moved from 1.1" in page
    assert "<strong>1 moved</strong>" in page
    assert "taken out" not in page


def test_two_versions_with_the_same_words_are_said_to_be_so(live, member, issuer, head, as_user):
    publish(member, issuer, next_version(member))
    assert "Both say the same, word for word." in shown(as_user(head))


def test_the_notes_of_all_versions_in_between_are_read(third, head, as_user):
    page = shown(as_user(head), **{"from": 1, "to": 3})
    assert page.index("<p>It changed.</p>") < page.index("<p>Much.</p>")
    assert "<p>Much.</p>" not in shown(as_user(head), **{"from": 3, "to": 1})


# --- the ways there -----------------------------------------------------------------------------
def test_the_versions_lead_to_what_each_changed(third, member, as_user):
    page = as_user(member).get("/mandate/versions/").content.decode()
    assert f'href="{PAGE}?from=2&amp;to=3"' in page
    assert f'href="{PAGE}?from=1&amp;to=2"' in page
    assert f"{PAGE}?from=0" not in page


def test_who_decides_is_led_to_the_comparison(second, member, issuer, as_user):
    waiting = actions.seal(next_version(member, purpose="Three"), by=member)
    for address in ("/mandate/versions/3/", "/mandate/versions/3/publish/"):
        assert f'href="{PAGE}?to={waiting.number}"' in as_user(issuer).get(address).content.decode()


# --- how much it asks ---------------------------------------------------------------------------
def questions(client, **asked) -> int:
    client.get(PAGE, asked)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGE, asked).status_code == 200
    return len(queries)


def test_three_rows_and_three_versions_ask_no_more_than_one(second, member, issuer, head, as_user):
    client = as_user(head)
    one = questions(client, show="all")
    for count in range(3):
        draft = next_version(member)
        for model, facts in (
            (Clause, {"text": f"Clause {count}"}),
            (Service, {"name": f"S{count}", "what_you_get": "x"}),
        ):
            actions.save_part(model(version=draft, **facts), by=member)
        publish(member, issuer, draft)
    assert MandateVersion.objects.count() == 5
    assert questions(client, show="all", **{"from": 1}) == one
