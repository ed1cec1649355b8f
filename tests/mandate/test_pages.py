"""Writing, reviewing and reading the mandate in the browser."""

import pytest
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, Clause, MandateVersion
from pmo_portal.common.errors import Stale
from pmo_portal.common.models import Organisation
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db


def test_a_draft_starts_with_one_button_and_get_changes_nothing(as_user, member):
    client = as_user(member)
    page = client.get("/mandate/draft/").content.decode()
    assert "Start a draft" in page
    assert "newest version" not in page, "there is none yet"
    assert not MandateVersion.objects.exists()
    client.post("/mandate/draft/start/")
    assert MandateVersion.objects.drafts().count() == 1


def test_each_part_is_written_on_a_page_of_its_own(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    client.post("/mandate/draft/why/", {"why_before": "Chaos", "why_asked_by": "", "why_noticed": ""})
    assert MandateVersion.objects.get().why_before == "Chaos"
    client.post("/mandate/draft/services/add/", {"name": "Calendar", "what_you_get": "One calendar"})
    client.post("/mandate/draft/clauses/add/", {"kind": "does_not", "text": "Run projects."})
    clause = Clause.objects.get()
    page = client.get("/mandate/draft/").content.decode()
    assert f"/mandate/draft/clauses/{clause.pk}/" in page
    assert "say who does it instead" in page


def test_a_clause_asks_only_for_what_its_kind_needs(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    page = client.get("/mandate/draft/clauses/add/?kind=shared").content.decode()
    assert 'name="our_part"' in page
    assert 'name="who_instead"' not in page


def test_bad_input_keeps_what_was_written_and_says_what_is_wrong(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    answer = client.post("/mandate/draft/services/add/", {"name": "x" * 121, "what_you_get": "One calendar"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error:" in page.replace("\n", "")
    assert "One calendar" in page
    assert client.post("/mandate/draft/why/", {"why_before": "a\x00b"}).status_code == 422
    assert client.post("/mandate/draft/why/", {"why_before": "z" * 4001}).status_code == 422


def test_review_from_the_page_is_refused_with_the_list(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    page = client.post("/mandate/draft/seal/", follow=True).content.decode()
    assert "It cannot go to review yet." in page
    assert MandateVersion.objects.drafts().exists()


def test_the_issuer_reads_approves_and_publishes(as_user, member, issuer):
    write_mandate(member)
    as_user(member).post("/mandate/draft/seal/")
    version = MandateVersion.objects.get()
    client = as_user(issuer)
    assert "Approve these words" in client.get("/mandate/versions/1/").content.decode()
    client.post("/mandate/versions/1/approve/", {"hash": version.content_hash})
    assert "Publish …" in client.get("/mandate/versions/1/").content.decode()
    client.post("/mandate/versions/1/publish/", {"hash": version.content_hash, "what": "quiet"})
    assert MandateVersion.objects.live().get() == version


def test_a_wrong_hash_is_a_409_page_and_nothing_happens(as_user, member, issuer):
    write_mandate(member)
    as_user(member).post("/mandate/draft/seal/")
    answer = as_user(issuer).post("/mandate/versions/1/approve/", {"hash": "f" * 64})
    assert answer.status_code == 409
    assert "not the text that you read" in answer.content.decode()
    assert not Approval.objects.exists()


@pytest.mark.parametrize("who", ["member", "lead", "administrator", "head"])
def test_others_are_refused_on_the_page_too(who, as_user, member, request):
    write_mandate(member)
    as_user(member).post("/mandate/draft/seal/")
    version = MandateVersion.objects.get()
    answer = as_user(request.getfixturevalue(who)).post(
        "/mandate/versions/1/approve/", {"hash": version.content_hash}
    )
    assert answer.status_code == 403
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    ("readers", "anonymous", "stranger", "role"),
    [("closed", 302, 403, 200), ("organisation", 302, 200, 200), ("anyone", 200, 200, 200)],
)
def test_the_setting_says_who_reads_the_mandate(
    readers, anonymous, stranger, role, client, as_user, live, administrator, head
):
    Organisation.objects.update(mandate_readers=readers, mail_domains="fairhaven.example")
    assert client.get("/mandate/").status_code == anonymous
    assert as_user(administrator).get("/mandate/").status_code == stranger
    assert as_user(head).get("/mandate/").status_code == role


def test_readers_see_live_words_only(as_user, live, member, head):
    draft = write_mandate(member)
    MandateVersion.objects.filter(pk=draft.pk).update(purpose="MARKER-NOT-PUBLISHED")
    assert "MARKER-NOT-PUBLISHED" not in as_user(head).get("/mandate/").content.decode()
    assert as_user(head).get("/mandate/versions/").status_code == 403


def test_reading_is_acknowledged_by_post_with_the_hash(as_user, live, head):
    client = as_user(head)
    assert client.post("/mandate/acknowledge/", {"hash": "0" * 64}).status_code == 409
    assert not head.acknowledgements.exists()
    client.post("/mandate/acknowledge/", {"hash": live.content_hash})
    client.post("/mandate/acknowledge/", {"hash": live.content_hash})
    assert head.acknowledgements.get().version == live
    assert "You have read this version" in client.get("/mandate/").content.decode()


def test_two_who_write_the_same_part_lose_nothing(as_user, member, lead):
    first, second = as_user(member), as_user(lead)
    first.post("/mandate/draft/start/")
    seen = second.get("/mandate/draft/purpose/").context["form"].initial["seen"]
    first.post("/mandate/draft/purpose/", {"purpose": "Hers", "seen": seen})
    answer = second.post("/mandate/draft/purpose/", {"purpose": "His", "seen": seen})
    assert answer.status_code == 409
    assert "His" in answer.content.decode()
    assert "Theirs, as it stands now" in answer.content.decode()
    assert "Hers" in answer.content.decode()
    assert MandateVersion.objects.get().purpose == "Hers"


def test_a_clause_of_another_kind_keeps_nothing_of_the_old_one(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    client.post(
        "/mandate/draft/clauses/add/", {"kind": "shared", "text": "Plans.", "our_part": "We", "your_part": "You"}
    )
    clause = Clause.objects.get()
    client.post(f"/mandate/draft/clauses/{clause.pk}/", {"kind": "does", "text": "Plans."})
    clause.refresh_from_db()
    assert (clause.kind, clause.our_part, clause.your_part) == ("does", "", "")


def test_it_says_truly_who_was_told(as_user, member, issuer):
    from pmo_portal.accounts.models import Appointment

    write_mandate(member)
    Appointment.objects.filter(user=issuer).update(ends_on="2020-01-01", starts_on="2019-01-01")
    page = as_user(member).post("/mandate/draft/seal/", follow=True).content.decode()
    assert "nobody is named as issuer yet: your first page leads to naming one" in page


def test_a_double_click_on_save_is_one_save(as_user, member):
    client = as_user(member)
    client.post("/mandate/draft/start/")
    seen = client.get("/mandate/draft/purpose/").context["form"].initial["seen"]
    answers = [client.post("/mandate/draft/purpose/", {"purpose": "Once", "seen": seen}).status_code for _ in "ab"]
    assert answers == [302, 302]


def test_a_row_removed_meanwhile_is_a_clear_page(as_user, member):
    from mandate import actions

    client = as_user(member)
    draft = write_mandate(member)
    row = draft.services.get()
    actions.remove_part(row, by=member)
    row.pk = row.id = 4711
    with pytest.raises(Stale, match="removed"):
        actions.save_part(row, by=member, fields=["name"], seen="x")
    with pytest.raises(Stale, match="removed"):
        actions.move_part(row, up=True, by=member)
    assert client.get("/mandate/draft/services/4711/").status_code == 404


def test_the_others_words_are_all_shown_when_a_clause_changed_its_kind(as_user, member, lead):
    first, second = as_user(member), as_user(lead)
    draft = write_mandate(member)
    clause = draft.clauses.get(kind="does")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    seen = first.get(address).context["form"].initial["seen"]
    words = {"kind": "does_not", "text": clause.text, "who_instead": "THEIRWORDS", "seen": seen}
    first.post(address, words)
    page = second.post(address, {"kind": "does", "text": "Mine.", "seen": seen}).content.decode()
    assert "THEIRWORDS" in page
    assert "The PMO does not" in page


def test_of_two_versions_in_review_the_older_is_said_to_be_overtaken(as_user, lead, member, issuer):
    first = actions.seal(write_mandate(member), by=member)
    assert "In review" in as_user(lead).get("/mandate/versions/").content.decode()
    next_one = actions.start_draft(by=member)
    next_one.change_note = "One word."
    actions.save_part(next_one, by=member)
    actions.seal(next_one, by=member)
    page = as_user(lead).get("/mandate/versions/").content.decode()
    assert "Overtaken by version 2" in page
    assert page.count("In review") == 1
    assert f"Sent to review on {timezone.localtime(first.sealed_at):%-d %B %Y}" in page
