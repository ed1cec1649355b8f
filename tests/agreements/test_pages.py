"""Agreements in the browser: whose they are, and what is signed."""

import re
from datetime import timedelta
from html import unescape

import pytest

from pmo_portal.common.models import today
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Row
from tests.agreements.test_answer_pages import change
from tests.conftest import person_with, propose

pytestmark = pytest.mark.django_db


def test_the_head_reads_checks_and_signs(as_user, proposed, head):
    client = as_user(head)
    page = client.get(f"/agreements/{proposed.agreement_id}/sign/").content.decode()
    assert "Your own works two weeks before" in page
    assert proposed.content_hash in page
    answer = client.post(f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}, follow=True)
    assert "in force from now on" in answer.content.decode()
    assert "A calendar each Friday" in client.get("/areas/networks/").content.decode()


def test_text_changed_between_reading_and_signing_is_a_409_page(as_user, proposed, head, lead):
    client = as_user(head)
    address = f"/agreements/{proposed.agreement_id}/sign/"
    read = proposed.content_hash
    client.get(address)
    actions.withdraw(proposed, by=lead, reason="One word was wrong.")
    draft = actions.revise(proposed.agreement, by=lead)
    Row.objects.filter(revision=draft).update(you_commit="Twice as much")
    propose(draft, lead)
    answer = client.post(address, {"hash": read})
    assert answer.status_code == 409
    assert "Nothing was signed" in answer.content.decode()
    assert not AgreementRevision.objects.in_force().exists()


@pytest.mark.parametrize("who", ["member", "lead", "administrator", "issuer"])
def test_others_cannot_countersign_on_the_page(who, as_user, proposed, request):
    answer = as_user(request.getfixturevalue(who)).post(
        f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash}
    )
    assert answer.status_code in {403, 404}
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_a_foreign_head_finds_nothing(as_user, in_force, foreign_head, area):
    client = as_user(foreign_head)
    pk = in_force.agreement_id
    addresses = [
        f"/agreements/{pk}/",
        f"/agreements/{pk}/revisions/1/",
        f"/agreements/{pk}/sign/",
        "/areas/networks/",
    ]
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    assert "Networks" not in client.get("/", follow=True).content.decode()


def test_a_draft_is_the_pmos_own_until_it_is_shared(as_user, draft_agreement, head, lead):
    client = as_user(head)
    address = f"/agreements/{draft_agreement.agreement_id}/"
    assert client.get(address).status_code == 404
    actions.share(draft_agreement, by=lead)
    assert client.get(address).status_code == 200
    row = draft_agreement.rows.get()
    client.post(f"{address}rows/{row.pk}/note/", {"note": "Mondays would be better."})
    assert "Mondays would be better." in as_user(lead).get(address).content.decode()


def test_an_assistant_sees_the_page_and_never_signs(as_user, proposed, area):
    assistant = person_with(area, "assistant", "assistant@fairhaven.example")
    client = as_user(assistant)
    assert client.get("/areas/networks/").status_code == 200
    answer = client.post(f"/agreements/{proposed.agreement_id}/sign/", {"hash": proposed.content_hash})
    assert answer.status_code in {403, 404}
    assert "Read and sign" not in client.get("/areas/networks/").content.decode()


def test_a_sponsor_reads_what_is_signed_and_not_the_area_page(as_user, in_force, sponsor):
    client = as_user(sponsor)
    assert client.get(f"/agreements/{in_force.agreement_id}/").status_code == 200
    assert client.get("/areas/networks/").status_code == 404


def test_the_pmo_drafts_a_row_in_the_browser(as_user, area, member, live, head):
    client = as_user(member)
    client.post("/agreements/start/networks/", {"period_from": "2026-01-01", "period_to": "2026-12-31"})
    draft = AgreementRevision.objects.get()
    client.post(
        f"/agreements/{draft.agreement_id}/rows/add/", {"you_need": "Quiet", "clause": live.clauses.first().pk}
    )
    assert draft.rows.get().you_need == "Quiet"
    bad = client.post("/agreements/start/networks/", {"period_from": "2026-02-01", "period_to": "2026-01-01"})
    assert bad.status_code == 422


def test_kept_without_a_line_is_told_beside_the_field(as_user, in_force, head):
    promise = in_force.rows.get().promises.get(side="area")
    client = as_user(head)
    answer = client.post(f"/agreements/promises/{promise.pk}/", {"to": "kept", "evidence": ""})
    assert answer.status_code == 422
    assert "how it was kept" in answer.content.decode()


def test_aim_and_period_are_saved_and_the_end_comes_after_the_beginning(as_user, draft_agreement, member):
    client = as_user(member)
    address = f"/agreements/{draft_agreement.agreement_id}/frame/"
    words = {"aim": "Quiet.", "period_from": "2026-01-01", "period_to": "2027-12-31"}
    assert client.post(address, words).status_code == 302
    draft_agreement.refresh_from_db()
    assert draft_agreement.aim == "Quiet."
    assert client.post(address, {**words, "period_to": "2025-01-01"}).status_code == 422


def test_two_who_write_the_same_row_lose_nothing(as_user, draft_agreement, member, lead):
    row = draft_agreement.rows.get()
    address = f"/agreements/{draft_agreement.agreement_id}/rows/{row.pk}/"
    first, second = as_user(member), as_user(lead)
    seen = first.get(address).context["form"].initial["seen"]
    words = {"you_need": "Mine", "we_commit": "", "you_commit": "", "you_will_notice": "", "seen": seen}
    assert first.post(address, words).status_code == 302
    answer = second.post(address, {**words, "you_need": "Yours"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Yours" in page
    assert "Theirs, as it stands now" in page
    again = answer.context["form"].data["seen"]
    assert second.post(address, {**words, "you_need": "Yours", "seen": again}).status_code == 302
    row.refresh_from_db()
    assert row.you_need == "Yours"


def test_a_sponsor_does_not_read_what_the_two_sides_still_talk_about(as_user, proposed, sponsor, area):
    from tests.conftest import person_with as other

    assistant = other(area, "assistant", "assistant@fairhaven.example")
    actions.decline(
        proposed, by=area.roles.get(kind="head").person.user, content_hash=proposed.content_hash, reason="MARKER"
    )
    assert "MARKER" not in as_user(assistant).get("/areas/networks/").content.decode()
    assert as_user(sponsor).get(f"/agreements/{proposed.agreement_id}/").status_code == 404


def test_an_answered_proposal_cannot_be_declined_again_and_says_so(as_user, in_force, head):
    answer = as_user(head).get(f"/agreements/{in_force.agreement_id}/decline/", follow=True)
    assert "answered already" in answer.content.decode()


@pytest.mark.parametrize("number", ["9" * 18, "9" * 40])
def test_a_number_that_is_none_is_not_found(number, as_user, member):
    assert as_user(member).get(f"/agreements/{number}/").status_code == 404


# --- what is missing before a signature -----------------------------------------------------------
def links_of_what_is_missing(page: str) -> dict[str, str]:
    """The words of each line, and where it leads; empty for one that leads nowhere."""
    listed = page.partition("<h2>Before ")[2].partition("</ul>")[0]
    found = re.findall(r'<li>(?:<a href="([^"]+)">)?([^<]+)', listed)
    return {unescape(words): unescape(url) for url, words in found}


def test_each_thing_that_is_missing_leads_to_the_box_where_it_is_written(as_user, draft_agreement, lead):
    draft, client = draft_agreement, as_user(lead)
    row = draft.rows.get()
    AgreementRevision.objects.filter(pk=draft.pk).update(aim="", period_to=draft.period_from)
    tomorrow = draft.period_from + timedelta(days=1)
    Row.objects.filter(pk=row.pk).update(
        clause=None, we_commit="", you_commit="", you_will_notice="", you_need="A name: [name]", due_on=tomorrow
    )
    links = links_of_what_is_missing(client.get(draft.agreement.get_absolute_url()).content.decode())
    here = draft.agreement.get_absolute_url()
    wanted = {
        f"{here}frame/#id_aim",
        *(f"{here}rows/{row.pk}/#id_{name}" for name in (*Row.SAYS, "clause")),
    }
    assert wanted <= set(links.values())
    for url in wanted:
        address, _sign, box = url.partition("#")
        assert f'id="{box}"' in client.get(address).content.decode(), url


def test_a_draft_without_rows_or_a_live_mandate_leads_to_both(as_user, area, member, lead, head):
    draft = actions.start(area, by=lead, period_from=today(), period_to=today())
    page = as_user(lead).get(draft.agreement.get_absolute_url()).content.decode()
    links = links_of_what_is_missing(page)
    assert links["Write at least one row."] == f"{draft.agreement.get_absolute_url()}rows/add/"
    assert links["No mandate is live: an agreement stands on the published mandate."] == "/mandate/draft/"


def test_an_area_is_led_to_its_own_words_only(as_user, proposed, head, lead):
    client, row = as_user(head), proposed.rows.get()
    address = f"/agreements/{proposed.agreement_id}/rows/{row.pk}/change/"
    change(client, proposed, you_commit="")
    lead.appointments.update(ends_on=today() - timedelta(days=1))
    links = links_of_what_is_missing(client.get(f"/agreements/{proposed.agreement_id}/").content.decode())
    assert links == {
        "It has two sides: at least one row says what the area commits to.": f"{address}#id_you_commit",
        "Nobody leads the PMO today, so nobody could sign for it.": "",
    }
