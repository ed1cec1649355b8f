"""Two who write the same: nothing is lost, whichever wording is used; and a draft that is saved by itself."""

import re

import pytest

from mandate import actions
from mandate.models import Clause, MandateVersion, Service
from pmo_portal.audit.models import Entry
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db
PURPOSE = "/mandate/draft/purpose/"
BY_ITSELF = {"X-Autosave": "1", "Sec-Fetch-Dest": "empty"}


@pytest.fixture
def draft(member) -> MandateVersion:
    return write_mandate(member)


def seen(client, address: str = PURPOSE) -> str:
    return client.get(address).context["form"].initial["seen"]


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def clash(as_user, member, lead, draft):
    """The second of two browsers, and the page that it got for saving over the first one's words."""
    first, second = as_user(member), as_user(lead)
    before = seen(second)
    first.post(PURPOSE, {"purpose": "We keep one list\r\nof projects.", "seen": before})
    answer = second.post(PURPOSE, {"purpose": "We keep two lists\r\nof projects.", "seen": before})
    return second, answer


# --- both wordings ------------------------------------------------------------------------------
def test_whoever_is_later_sees_both_wordings_and_what_differs(clash):
    _client, answer = clash
    assert answer.status_code == 409
    page = answer.content.decode()
    assert page.count("<h1>") == 1
    assert "Somebody else has saved this meanwhile" in page
    assert "taken out:" in page
    assert "put in:" in page
    words = text_of(answer)
    assert "We keep taken out: one list" in words
    assert "We keep put in: two lists" in words
    assert MandateVersion.objects.get().purpose == "We keep one list\r\nof projects."


def test_mine_is_used_by_sending_what_stands_hidden_on_the_page(clash):
    client, answer = clash
    assert client.post(PURPOSE, dict(answer.context["form"].sent())).status_code == 302
    assert MandateVersion.objects.get().purpose == "We keep two lists\r\nof projects."


def test_theirs_is_used_by_going_back_and_mine_can_still_be_read(clash):
    client, answer = clash
    assert f'href="{PURPOSE}"' in answer.content.decode()
    page = client.get(PURPOSE)
    assert page.context["form"]["purpose"].value() == "We keep one list\r\nof projects."
    assert "Both wordings, where two of you wrote the same" in text_of(page)
    assert "We keep two lists of projects." in text_of(page)


def test_one_is_made_of_both_by_hand(clash):
    client, answer = clash
    form = answer.context["form"]
    assert [box.name for box in form.boxes] == ["purpose"]
    assert client.post(PURPOSE, {**dict(form.beside()), "purpose": "One list, two views."}).status_code == 302
    assert MandateVersion.objects.get().purpose == "One list, two views."
    page = text_of(client.get(PURPOSE))
    assert "We keep one list of projects." in page
    assert "We keep two lists of projects." in page


def test_both_wordings_are_kept_the_moment_they_meet_where_nothing_changes(clash, lead):
    client, answer = clash
    client.post(PURPOSE, {"purpose": "We keep two lists\r\nof projects.", "seen": "of before"})
    kept = Entry.objects.get(verb="two_wordings")
    assert kept.by == lead
    theirs, mine = "We keep one list\nof projects.", "We keep two lists\nof projects."
    assert kept.details["wordings"] == [["purpose", theirs, mine]]


def test_both_wordings_stand_at_their_own_part_and_for_the_pmo_alone(clash, as_user, issuer, head, draft):
    client, _answer = clash
    assert "two of you" not in text_of(client.get("/mandate/draft/helps/"))
    assert as_user(issuer).get(PURPOSE).status_code == 403
    assert as_user(head.user).get(PURPOSE).status_code == 403


def test_a_third_who_saved_meanwhile_is_met_too(clash, as_user, member):
    client, answer = clash
    third = as_user(member)
    third.post(PURPOSE, {"purpose": "A third wording.", "seen": seen(third)})
    again = client.post(PURPOSE, dict(answer.context["form"].sent()))
    assert again.status_code == 409
    assert "A third wording." in text_of(again)


def test_line_ends_are_no_second_wording(as_user, member, lead, draft):
    first, second = as_user(member), as_user(lead)
    first.post(PURPOSE, {"purpose": "One\r\ntwo", "seen": seen(first)})
    before = seen(second)
    first.post(PURPOSE, {"purpose": "One\ntwo", "seen": before})
    assert second.post(PURPOSE, {"purpose": "One\r\ntwo, three", "seen": before}).status_code == 302


def test_a_clause_of_another_kind_shows_what_its_box_no_longer_asks_for(as_user, member, lead, draft):
    clause = draft.clauses.get(kind="does_not")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    first, second = as_user(member), as_user(lead)
    before = seen(first, address)
    first.post(address, {"kind": "does_not", "text": clause.text, "who_instead": "Ada", "seen": before})
    answer = second.post(address, {"kind": "does", "text": "We do.", "seen": before})
    assert answer.status_code == 409
    assert "Ada" in text_of(answer)
    assert [box.name for box in answer.context["form"].boxes] == ["kind", "text"]


# --- different boxes of one part ----------------------------------------------------------------
WHY = "/mandate/draft/why/"


def as_found(client, address: str = WHY) -> dict[str, str]:
    """What the page of a part sends when nobody writes in it."""
    form = client.get(address).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


@pytest.mark.parametrize("headers", [{}, BY_ITSELF])
def test_two_who_write_in_different_boxes_both_are_kept(headers, as_user, member, lead, draft):
    first, second = as_user(member), as_user(lead)
    hers, his = as_found(first), as_found(second)
    first.post(WHY, {**hers, "why_before": "Hers"})
    answer = second.post(WHY, {**his, "why_noticed": "His"}, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    version = MandateVersion.objects.get()
    assert (version.why_before, version.why_noticed) == ("Hers", "His")
    assert not Entry.objects.filter(verb="two_wordings").exists()
    if headers:
        assert answer.json()["taken"] == {"why_before": "Hers"}
        again = {**his, "why_before": "Hers", "why_noticed": "His, longer", "seen": answer.json()["seen"]}
        assert second.post(WHY, {**again, "was": answer.json()["was"]}, headers=headers).json()["taken"] == {}
    else:
        assert "What somebody else wrote here meanwhile is kept too." in text_of(second.get(WHY))


def test_where_one_box_is_written_by_both_only_that_is_asked_about(as_user, member, lead, draft):
    first, second = as_user(member), as_user(lead)
    hers, his = as_found(first), as_found(second)
    first.post(WHY, {**hers, "why_before": "Hers", "why_asked_by": "Hers too"})
    answer = second.post(WHY, {**his, "why_before": "His", "why_noticed": "His alone"})
    assert answer.status_code == 409
    form = answer.context["form"]
    assert [clash.name for clash in form.clashes] == ["why_before"]
    second.post(WHY, dict(form.sent()))
    version = MandateVersion.objects.get()
    assert (version.why_before, version.why_asked_by, version.why_noticed) == ("His", "Hers too", "His alone")


def test_a_tick_and_a_note_of_two_are_both_kept(as_user, member, lead, draft):
    address = "/mandate/draft/change/"
    first, second = as_user(member), as_user(lead)
    hers, his = as_found(first, address), as_found(second, address)
    del hers["is_material"]
    first.post(address, hers)
    second.post(address, {**his, "change_note": "Other words."})
    version = MandateVersion.objects.get()
    assert (version.change_note, version.is_material) == ("Other words.", False)


def test_the_kind_of_one_and_the_words_of_another_are_both_kept(as_user, member, lead, draft):
    clause = draft.clauses.get(kind="does")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    first, second = as_user(member), as_user(lead)
    hers, his = as_found(first, address), as_found(second, address)
    first.post(address, {**hers, "kind": "shared", "our_part": "We list"})
    assert second.post(address, {**his, "text": "Keeps two lists."}).status_code == 302
    clause.refresh_from_db()
    assert (clause.kind, clause.our_part, clause.text) == ("shared", "We list", "Keeps two lists.")


def test_a_mark_that_makes_no_sense_is_a_conflict_and_no_failure(as_user, member, lead, draft):
    first, second = as_user(member), as_user(lead)
    his = as_found(second)
    first.post(WHY, {**as_found(first), "why_before": "Hers"})
    assert second.post(WHY, {**his, "why_noticed": "His", "was": "x::: y"}).status_code == 409


# --- gone meanwhile -----------------------------------------------------------------------------
def test_what_was_written_for_a_row_that_is_gone_can_be_put_back(as_user, member, lead, draft):
    row, client = draft.services.get(), as_user(lead)
    address = f"/mandate/draft/services/{row.pk}/"
    actions.remove_part(row, by=member)
    answer = client.post(address, {"name": "Calendar", "what_you_get": "My own words"})
    assert answer.status_code == 409
    assert "My own words" in text_of(answer)
    assert 'action="/mandate/draft/services/add/"' in answer.content.decode()
    client.post("/mandate/draft/services/add/", {"name": "Calendar", "what_you_get": "My own words"})
    assert Service.objects.get().what_you_get == "My own words"


def test_what_was_written_for_a_draft_that_has_gone_to_review_is_shown(as_user, member, lead, draft):
    actions.seal(draft, by=member)
    answer = as_user(lead).post(PURPOSE, {"purpose": "My own words"})
    assert answer.status_code == 409
    assert "My own words" in text_of(answer)
    assert "Put it back" not in text_of(answer)
    assert 'href=""' not in answer.content.decode()
    assert as_user(lead).get(PURPOSE).status_code == 404


# --- saved by itself ----------------------------------------------------------------------------
def test_what_is_saved_by_itself_is_answered_shortly_and_goes_on_from_there(as_user, member, draft):
    client = as_user(member)
    before = seen(client)
    for words in ("O", "One", "One line"):
        answer = client.post(PURPOSE, {"purpose": words, "seen": before}, headers=BY_ITSELF)
        assert answer.status_code == 200
        assert re.fullmatch(r"Saved at \d\d:\d\d\.", answer.json()["said"])
        before = answer.json()["seen"]
    assert MandateVersion.objects.get().purpose == "One line"
    assert client.post(PURPOSE, {"purpose": "One line.", "seen": before}).status_code == 302, "and so does Save"


def test_a_new_row_is_made_once_and_saved_at_its_own_address_from_then_on(as_user, member, draft):
    client, part = as_user(member), "/mandate/draft/measures/"
    told = client.post(f"{part}add/", {"text": "Sur"}, headers=BY_ITSELF).json()
    assert re.fullmatch(rf"{part}\d+/", told["url"])
    client.post(told["url"], {"text": "Surprises", "seen": told["seen"]}, headers=BY_ITSELF)
    assert [row.text for row in draft.measures.all()] == ["Surprises at the board", "Surprises"]


def test_what_is_missing_comes_with_the_answer(as_user, member, draft):
    client, clause = as_user(member), draft.clauses.get(kind="does_not")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    words = {"kind": "does_not", "text": "Run projects.", "who_instead": "Ada", "how_to_reach": "Ask"}
    told = client.post(address, words, headers=BY_ITSELF).json()
    assert "One thing is missing" in told["missing"]
    told = client.post(address, {**words, "example": "Please", "seen": told["seen"]}, headers=BY_ITSELF).json()
    assert told["missing"].strip() == ""


def test_it_rests_where_somebody_else_has_saved_and_both_wordings_are_kept(as_user, member, lead, draft):
    first, second = as_user(member), as_user(lead)
    before = seen(second)
    first.post(PURPOSE, {"purpose": "Hers", "seen": before}, headers=BY_ITSELF)
    answer = second.post(PURPOSE, {"purpose": "His", "seen": before}, headers=BY_ITSELF)
    assert answer.status_code == 409
    assert "Your words are kept." in answer.json()["said"]
    assert MandateVersion.objects.get().purpose == "Hers"
    assert Entry.objects.get(verb="two_wordings").details["wordings"] == [["purpose", "Hers", "His"]]


def test_what_cannot_be_kept_is_said_in_words(as_user, member, draft):
    answer = as_user(member).post(PURPOSE, {"purpose": "z" * 4001}, headers=BY_ITSELF)
    assert answer.status_code == 422
    assert answer.json()["said"].startswith("Not saved yet: ")


def test_who_is_signed_out_is_told_so_and_not_led_to_the_door(client, draft):
    assert client.post(PURPOSE, {"purpose": "His"}, headers=BY_ITSELF).status_code == 401
    assert client.post(PURPOSE, {"purpose": "His"}).status_code == 302
    assert client.get(PURPOSE).status_code == 302


def test_another_kind_is_not_kept_while_somebody_still_chooses(as_user, member, draft):
    client, clause = as_user(member), draft.clauses.get(kind="does_not")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    told = client.post(address, {"kind": "does", "text": "Run them.", "who_instead": "Ada"}, headers=BY_ITSELF).json()
    assert "The kind changes when you press Save." in told["said"]
    clause.refresh_from_db()
    assert (clause.kind, clause.who_instead) == (Clause.Kind.DOES_NOT, "Ada")


def test_words_for_a_kind_that_somebody_else_has_changed_are_not_lost_while_they_are_written(
    as_user, member, lead, draft
):
    clause = draft.clauses.get(kind="does_not")
    address = f"/mandate/draft/clauses/{clause.pk}/"
    first, second = as_user(member), as_user(lead)
    hers, his = as_found(first, address), as_found(second, address)
    first.post(address, {**hers, "kind": "does"})
    answer = second.post(address, {**his, "who_instead": "Ada of Finance"}, headers=BY_ITSELF)
    assert answer.status_code == 409, "what this kind has no box for is asked about, and not left out in silence"
    assert "Ada of Finance" in str(Entry.objects.get(verb="two_wordings").details)
    clause.refresh_from_db()
    assert (clause.kind, clause.who_instead) == ("does", "")


def test_a_row_that_is_gone_is_said_to_be_gone(as_user, member, draft):
    answer = as_user(member).post("/mandate/draft/services/4711/", {"name": "Calendar"}, headers=BY_ITSELF)
    assert (answer.status_code, answer.json()["is_gone"]) == (409, True)


def test_to_look_saves_nothing_whatever_its_headers(as_user, member, draft):
    client = as_user(member)
    before = MandateVersion.objects.values().get()
    assert client.get(PURPOSE, {"purpose": "Other"}, headers=BY_ITSELF).status_code == 200
    assert MandateVersion.objects.values().get() == before


@pytest.mark.parametrize("who", ["issuer", "administrator", "head"])
def test_others_save_nothing_by_itself_either(who, as_user, draft, request):
    answer = as_user(request.getfixturevalue(who)).post(PURPOSE, {"purpose": "His"}, headers=BY_ITSELF)
    assert answer.status_code == 403
    assert MandateVersion.objects.get().purpose == "Words for purpose."
