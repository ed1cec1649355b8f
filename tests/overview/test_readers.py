"""The mandate as its readers have it: the page in its fixed order, its addresses, its history, its feed."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mandate import actions
from mandate.models import Clause, DecisionStep, MandateVersion, Power, Publication
from pmo_portal.common.models import Organisation, sha256_of
from stakeholders.agreements import actions as agreements
from stakeholders.understanding.actions import acknowledge
from tests.conftest import publish_mandate, write_mandate

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def everybody(db):
    """Anyone may read."""
    Organisation.objects.update(mandate_readers="anyone")


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def publish_next(member, issuer, change=lambda draft: None, **facts) -> MandateVersion:
    """A next version, with something changed in its draft."""
    draft = write_mandate(member)
    for name, value in facts.items():
        setattr(draft, name, value)
    actions.save_part(draft, by=member)
    change(draft)
    version = actions.seal(draft, by=member)
    actions.approve(version, by=issuer, content_hash=version.content_hash)
    actions.publish(version, by=issuer, content_hash=version.content_hash)
    return version


# --- from the area's page ---------------------------------------------------------------------------
def test_an_area_s_page_says_what_its_viewer_has_not_read_yet(as_user, live, member, issuer, head, lead):
    address = head.roles.get().area.get_absolute_url()
    assert "You have not said yet that you read it" in words_of(as_user(head), address)
    acknowledge(live, person=head, by=head.user, content_hash=live.content_hash)
    assert "read it" not in words_of(as_user(head), address)
    publish_next(member, issuer, change_note="More.")
    page = words_of(as_user(head), address)
    assert "It has changed since you read version 1" in page
    assert "Read what changed" in page
    assert "Read what changed" not in words_of(as_user(lead), address)


# --- the page ---------------------------------------------------------------------------------------
def test_it_stands_in_the_fixed_order(as_user, member, issuer, head):
    publish_next(member, issuer, message="Ask me.")
    page = words_of(as_user(head), "/mandate/")
    order = ["why", "message", "do", "may", "not", "helps", "who", "tell"]
    assert re.findall(r'<section class="section" id="(\w+)"', page) == order
    why = page[page.index('id="why"') :]
    assert why.index("Words for why_before.") < why.index("Words for purpose."), "it starts with the business problem"


def test_its_head_tells_version_day_signature_period_and_review(as_user, member, issuer, head):
    days = {"period_from": "2026-01-01", "period_to": "2026-12-31", "review_on": "2026-11-01"}
    publish_next(member, issuer, reports_to="the chief operating officer", **days)
    page = words_of(as_user(head), "/mandate/")
    said = ["version 1", "Published on", f"Signed by {issuer}, Issuer", "the chief operating officer"]
    said += ["1 January 2026 to 31 December 2026", "by 1 November 2026"]
    assert [words for words in said if words not in page] == []


def test_a_comparison_is_offered_once_there_are_two_versions(as_user, live, member, issuer, head):
    for address in ("/mandate/", "/mandate/history/"):
        assert "Compare" not in words_of(as_user(head), address)
    publish_next(member, issuer, change_note="Better words.", is_material=False)
    for address in ("/mandate/", "/mandate/history/"):
        assert "Compare" in words_of(as_user(head), address)


def test_its_head_leads_the_pmo_to_all_that_belongs_to_it_and_nobody_else(as_user, live, lead, head):
    ways = ["/mandate/readers/", "/mandate/areas/", "/mandate/versions/"]
    assert [way for way in ways if f'href="{way}"' not in words_of(as_user(lead), "/mandate/")] == []
    assert [way for way in ways if f'href="{way}"' in words_of(as_user(head), "/mandate/")] == []


def test_a_matter_stands_once_with_the_steps_of_its_path_in_their_order(as_user, member, issuer, head):
    def change(draft):
        step = DecisionStep(version=draft, matter="A change of the budget", who="The board", limit="Above 100,000")
        actions.save_part(step, by=member)
        actions.save_part(DecisionStep(version=draft, matter="Hiring", who="The head", answer_days=1), by=member)

    publish_next(member, issuer, change)
    page = words_of(as_user(head), "/mandate/")
    table = page[page.index('id="who"') :]
    assert table.count("A change of the budget</th>") == 1
    assert table.index("The sponsor") < table.index("The board") < table.index("Hiring")
    assert "3 working days" in table
    assert "1 working day<" in table
    assert 'scope="rowgroup" rowspan="2"' in table


def test_what_is_not_said_takes_no_place(as_user, member, issuer, head):
    def change(draft):
        for part in (*draft.powers.all(), *draft.decisions.all(), *draft.measures.all()):
            actions.remove_part(part, by=member)

    publish_next(member, issuer, change)
    page = words_of(as_user(head), "/mandate/")
    assert not [anchor for anchor in ("message", "may", "who") if f'id="{anchor}"' in page or f'"#{anchor}"' in page]


def test_marks_are_shown_and_html_is_not(as_user, member, issuer, head):
    def change(draft):
        clause = draft.clauses.get(kind="does")
        clause.text = "Keeps **one** list <script>alert(1)</script>"
        actions.save_part(clause, by=member)

    publish_next(member, issuer, change, purpose="- calm\n- [early](https://early.example)")
    page = words_of(as_user(head), "/mandate/")
    assert "<li>calm</li>" in page
    assert '<a href="https://early.example" rel="noopener noreferrer">early</a>' in page
    assert "Keeps <strong>one</strong> list &lt;script&gt;" in page


def test_the_issuer_may_suggest_other_words_in_the_new_parts_too(as_user, member, issuer):
    draft = write_mandate(member)
    draft.message, draft.reports_to = "Ask me.", "the board"
    actions.save_part(draft, by=member)
    version = actions.seal(draft, by=member)
    page = words_of(as_user(issuer), f"/mandate/versions/{version.number}/")
    cells = {cell.place for cell in version.cells()}
    assert {"message", "reports_to", "powers-1", "decisions-1", "measures-1"} <= cells
    assert [place for place in cells if f'id="at-{place}"' not in page] == []


# --- how it helps you -------------------------------------------------------------------------------
def test_one_s_own_area_comes_first(as_user, in_force, head, other_area):
    page = words_of(as_user(head), "/mandate/")
    assert "In your area, Networks" in page
    assert "No closure heard of last" in page
    assert "Billing" not in page


def test_of_another_area_nothing_is_shown_not_even_its_name(as_user, in_force, foreign_head, other_area):
    page = words_of(as_user(foreign_head), "/mandate/?area=networks")
    assert "Networks" not in page
    assert "No closure heard of last" not in page


def test_an_agreement_that_is_not_in_force_says_nothing_here(as_user, proposed, head):
    assert "No closure heard of last" not in words_of(as_user(head), "/mandate/")


def test_an_area_that_there_is_not_is_the_reader_s_own(as_user, in_force, head):
    assert "In your area, Networks" in words_of(as_user(head), "/mandate/?area=nowhere")


def test_a_stranger_has_no_areas_to_choose_from(everybody, client, live, area, other_area):
    page = words_of(client, "/mandate/?area=networks")
    assert "Networks" not in page
    assert "Billing" not in page


# --- the address of a clause ------------------------------------------------------------------------
def test_a_clause_has_an_address_with_a_title_and_a_description(everybody, client, live):
    page = words_of(client, "/mandate/1.1/")
    assert "<title>1.1 Keeps one list of projects." in page
    assert '<meta name="description" content="Keeps one list of projects.">' in page
    assert '<meta property="og:title" content="1.1 Keeps one list of projects.">' in page
    assert '<link rel="canonical" href="http://testserver/mandate/1.1/">' in page
    assert "Run your projects." not in page, "its own section alone follows"


def test_a_clause_of_what_is_not_done_says_so_wherever_it_stands_alone(everybody, client, live):
    page = words_of(client, "/mandate/3.1/")
    for begins in ("<title>3.1 ", '"og:title" content="3.1 ', 'name="description" content="'):
        assert f"{begins}We do not: Run your projects." in page
    assert '<p class="clause-says">We do not:</p>' in page


def test_the_number_of_a_clause_leads_to_its_address(as_user, live, head):
    assert 'href="/mandate/1.1/"' in words_of(as_user(head), "/mandate/")
    assert 'href="/mandate/3.1/"' in words_of(as_user(head), "/mandate/")


def test_a_preview_of_a_closed_mandate_tells_nothing(client, as_user, live, head):
    answer = client.get("/mandate/1.1/", follow=True)
    assert "Keeps one list" not in answer.content.decode()
    assert "og:" not in words_of(as_user(head), "/mandate/1.1/")


def test_an_old_number_leads_to_what_the_clause_is_called_now(as_user, live, member, issuer, head):
    def change(draft):
        actions.save_part(Clause(version=draft, kind="does", text="Comes first."), by=member)
        moved = draft.clauses.get(text="Comes first.")
        actions.move_part(moved, up=True, by=member)
        actions.move_part(moved, up=True, by=member)

    def shorten(draft):
        actions.remove_part(draft.clauses.get(text="Comes first."), by=member)

    publish_next(member, issuer, change)
    second = MandateVersion.objects.live().get()
    was = second.clauses.get(text="Keeps one list of projects.").number
    publish_next(member, issuer, shorten)
    answer = as_user(head).get(f"/mandate/{was}/", follow=True)
    assert was == "1.2"
    assert answer.redirect_chain == [("/mandate/1.1/?was=1.2-2", 302)]
    assert "What was clause 1.2 in version 2 is clause 1.1 now." in answer.content.decode()


def test_a_clause_that_is_gone_says_so_and_leads_to_where_it_stood(as_user, live, member, issuer, head):
    def change(draft):
        actions.save_part(Clause(version=draft, kind="does", text="For a while."), by=member)

    def shorten(draft):
        actions.remove_part(draft.clauses.get(text="For a while."), by=member)

    publish_next(member, issuer, change)
    publish_next(member, issuer, shorten)
    answer = as_user(head).get("/mandate/1.2/")
    assert answer.status_code == 404
    assert "Clause 1.2 stood in version 2. Version 3, which holds now, has no such clause." in answer.content.decode()
    assert as_user(head).get("/mandate/1.9/").status_code == 404


def test_words_in_the_address_are_not_shown(as_user, live, head):
    page = words_of(as_user(head), "/mandate/1.1/?was=<b>hello</b>")
    assert "<b>hello" not in page
    assert "What was clause" not in page


# --- history ----------------------------------------------------------------------------------------
def test_every_published_version_stays_readable_and_says_whether_it_holds(as_user, live, member, issuer, head):
    publish_next(member, issuer, purpose="Other words.", is_material=False)
    client = as_user(head)
    page = words_of(client, "/mandate/history/")
    assert page.index("Version 2") < page.index("Version 1<")
    assert "Replaced" in page
    assert "Other words, the same meaning" in page
    assert f"Signed by {issuer}, Issuer" in page
    first = words_of(client, "/mandate/history/1/")
    assert "These words hold no more: version 2 took their place" in first
    assert "Words for purpose." in first
    assert "noindex" in first
    assert "This version holds now." in words_of(client, "/mandate/history/2/")


def test_what_was_withdrawn_is_shown_as_withdrawn_with_the_reason(as_user, live, issuer, head):
    actions.withdraw(live, by=issuer, reason="We promised too much.")
    client = as_user(head)
    for address in ("/mandate/", "/mandate/history/", "/mandate/history/1/"):
        page = words_of(client, address)
        assert "We promised too much." in page, address
        assert "ithdrew" in page or "Withdrawn" in page, address
    assert client.get("/mandate/1.1/").status_code == 404


def test_what_was_never_published_is_not_there(as_user, live, member, issuer, head):
    version = actions.seal(write_mandate(member), by=member)
    actions.approve(version, by=issuer, content_hash=version.content_hash)
    client = as_user(head)
    assert client.get("/mandate/history/2/").status_code == 404
    assert "Version 2" not in words_of(client, "/mandate/history/")
    tomorrow = timezone.now() + timedelta(days=1)
    publication = actions.publish(version, by=issuer, content_hash=version.content_hash, at=tomorrow)
    actions.cancel(publication, by=issuer)
    assert client.get("/mandate/history/2/").status_code == 404


# --- the feed ---------------------------------------------------------------------------------------
def entries(client: Client) -> list[ElementTree.Element]:
    return ElementTree.fromstring(client.get("/mandate/feed/").content).findall(f"{ATOM}entry")


def test_the_feed_tells_every_publication(everybody, client, live, member, issuer):
    publish_next(member, issuer, change_note="We **answer** sooner.")
    answer = client.get("/mandate/feed/")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": "http://testserver/mandate/feed/", "alternate": "http://testserver/mandate/"}
    # RFC 4287, 4.1.1 and 4.1.2: what a feed and each entry must have.
    for each in (feed, *feed.findall(f"{ATOM}entry")):
        assert all(each.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    newest, first = feed.findall(f"{ATOM}entry")
    assert newest.findtext(f"{ATOM}title") == "Version 2"
    assert newest.find(f"{ATOM}author/{ATOM}name").text == str(issuer)
    assert "We <strong>answer</strong> sooner." in newest.findtext(f"{ATOM}summary")
    assert first.findtext(f"{ATOM}id") != newest.findtext(f"{ATOM}id")
    assert feed.findtext(f"{ATOM}updated") == newest.findtext(f"{ATOM}updated")


def test_a_feed_that_was_read_is_not_sent_again(everybody, client, live, member, issuer):
    answer = client.get("/mandate/feed/")
    told = {"If-None-Match": answer["ETag"]}
    assert client.get("/mandate/feed/", headers=told).status_code == 304
    since = {"If-Modified-Since": answer["Last-Modified"]}
    assert client.get("/mandate/feed/", headers=since).status_code == 304
    publish_next(member, issuer)
    assert client.get("/mandate/feed/", headers=told).status_code == 200


def test_a_withdrawal_changes_its_entry_and_keeps_its_name(everybody, client, live, issuer):
    before = entries(client)[0]
    actions.withdraw(live, by=issuer, reason="We promised too much.")
    after = entries(client)[0]
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.findtext(f"{ATOM}title") == "Version 1 was withdrawn"
    assert "We promised too much." in after.findtext(f"{ATOM}summary")


def test_there_is_a_feed_only_where_anyone_may_read_and_the_page_says_so(client, as_user, live, head):
    assert client.get("/mandate/feed/").status_code == 404
    assert as_user(head).get("/mandate/feed/").status_code == 404
    assert "There is no feed" in words_of(as_user(head), "/mandate/history/")
    assert "/mandate/feed/" not in words_of(as_user(head), "/mandate/")


def test_signs_that_xml_cannot_carry_break_no_feed(everybody, client, live, member, issuer):
    publish_next(member, issuer, change_note="a\x0bb\x1fc & <d>")
    assert "abc" in entries(client)[0].findtext(f"{ATOM}summary")


def test_a_feed_of_nothing_is_a_feed(everybody, client):
    feed = ElementTree.fromstring(client.get("/mandate/feed/").content)
    assert feed.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00+00:00"


# --- for programs -----------------------------------------------------------------------------------
def test_the_live_version_is_a_document(everybody, client, live):
    answer = client.get("/api/mandate/")
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    said = json.loads(answer.content)
    assert said["hash"] == live.content_hash == sha256_of(said["content"])
    assert client.get("/api/mandate/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_it_is_read_by_those_who_read_the_page(client, as_user, live, head, administrator):
    Organisation.objects.update(mandate_readers="closed")
    assert client.get("/api/mandate/").status_code == 401
    assert as_user(administrator).get("/api/mandate/").status_code == 403
    assert as_user(head).get("/api/mandate/").status_code == 200
    for answer in (client.get("/api/mandate/"), as_user(administrator).get("/api/mandate/")):
        assert list(json.loads(answer.content)) == ["error"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_through_it(method, everybody, client, live):
    answer = getattr(client, method)("/api/mandate/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert list(json.loads(answer.content)) == ["error"]


def test_where_none_is_live_it_says_so(everybody, client):
    answer = client.get("/api/mandate/")
    assert answer.status_code == 404
    assert json.loads(answer.content) == {"error": "No version of the mandate is live."}


# --- caches -----------------------------------------------------------------------------------------
ADDRESSES = ["/mandate/", "/mandate/1.1/", "/mandate/history/", "/mandate/history/1/", "/api/mandate/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_cache_asks_each_time_and_keeps_nothing_of_a_person(address, everybody, client, as_user, live, head):
    answer = client.get(address)
    assert answer["Cache-Control"] == "public, no-cache"
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert as_user(head).get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_scheduled_version_changes_no_header(address, everybody, client, live, member, issuer):
    def told(answer) -> dict[str, str]:
        return {name: value for name, value in answer.items() if name not in {"Date", "Set-Cookie"}}

    before = told(client.get(address))
    version = actions.seal(write_mandate(member), by=member)
    soon = timezone.now() + timedelta(seconds=20)
    actions.issue(version, by=issuer, content_hash=version.content_hash, at=soon)
    assert told(client.get(address)) == before


def test_what_was_made_for_strangers_knows_the_organisation_s_names_of_today(everybody, client, live):
    assert "What the PMO is for" in words_of(client, "/mandate/")
    Organisation.objects.update(office_name="Project Office", accent="#24429a")
    page = words_of(client, "/mandate/")
    assert "What the Project Office is for" in page
    assert "24429a" in page


def test_what_was_made_for_strangers_ends_with_the_setting(everybody, client, live):
    words_of(client, "/mandate/")
    Organisation.objects.update(mandate_readers="closed")
    answer = client.get("/mandate/")
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "no-store"


def test_nobody_is_served_the_page_of_another(everybody, client, as_user, in_force, head, foreign_head, lead):
    first, own = words_of(client, "/mandate/"), words_of(as_user(head), "/mandate/")
    assert "No closure heard of last" in own
    assert "I have read version" not in first
    assert "No closure heard of last" not in words_of(as_user(foreign_head), "/mandate/")
    assert words_of(client, "/mandate/") == first
    assert "/mandate/versions/" in words_of(as_user(lead), "/mandate/")
    assert "/mandate/versions/" not in words_of(as_user(head), "/mandate/")


# --- constant questions to the database -------------------------------------------------------------
def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_a_longer_mandate_and_more_versions_cost_no_more_questions(
    everybody, client, as_user, live, member, issuer, head
):
    reader = as_user(head)
    addresses = [*ADDRESSES, "/mandate/feed/"]
    before = {address: (queries(client, address), queries(reader, address)) for address in addresses}

    def longer(draft):
        for number in range(12):
            actions.save_part(Clause(version=draft, kind="does", text=f"More {number}."), by=member)
            actions.save_part(Power(version=draft, kind="decide", text=f"More {number}"), by=member)

    publish_next(member, issuer, longer)
    publish_next(member, issuer, longer)
    assert Publication.objects.count() == 3
    after = {address: (queries(client, address), queries(reader, address)) for address in addresses}
    assert after == before


def test_the_page_made_once_asks_for_no_part_of_the_version_again(as_user, live, head):
    reader = as_user(head)
    reader.get("/mandate/")
    with CaptureQueriesContext(connection) as found:
        reader.get("/mandate/")
    assert not [query["sql"] for query in found if "mandate_clause" in query["sql"]]


def test_the_first_version_that_was_published_needs_no_history_of_the_draft(as_user, member, issuer, head):
    publish_mandate(member, issuer)
    assert "The first version" in words_of(as_user(head), "/mandate/history/")


def test_a_page_of_the_past_costs_no_sight_of_an_agreement(as_user, in_force, foreign_head, lead):
    agreements.revise(in_force.agreement, by=lead)
    assert "No closure heard of last" not in words_of(as_user(foreign_head), "/mandate/history/1/")
