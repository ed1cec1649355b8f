"""Other words in place, in the browser: a link at each thing, a box with today's words, and the PMO's answer."""

import pytest

from mandate import actions
from mandate.models import MandateVersion, Suggestion
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db
VERSION = "/mandate/versions/1/"


@pytest.fixture
def in_review(member, lead, issuer):
    return actions.seal(write_mandate(member), by=member)


def place(version, kind="does"):
    return f"clauses-{version.clauses.get(kind=kind).key}"


def test_each_thing_has_its_own_link_for_the_issuer_alone(in_review, as_user, issuer, member):
    page = as_user(issuer).get(VERSION).content.decode()
    places = ["purpose", "why_before", "why_asked_by", "why_noticed", "helps", "services-1", "objectives-1"]
    for each in [*places, place(in_review), place(in_review, "does_not")]:
        assert f'href="{VERSION}suggest/{each}/"' in page
    assert "/suggest/" not in as_user(member).get(VERSION).content.decode()


def test_the_live_page_offers_no_such_thing(in_review, as_user, issuer):
    actions.issue(in_review, by=issuer, content_hash=in_review.content_hash)
    assert "/suggest/" not in as_user(issuer).get("/mandate/").content.decode()
    assert "/suggest/" not in as_user(issuer).get(VERSION).content.decode()


def test_today_s_words_stand_in_the_box_and_one_press_sends(in_review, as_user, issuer):
    client, address = as_user(issuer), f"{VERSION}suggest/{place(in_review)}/"
    assert ">\nKeeps one list of projects.</textarea>" in client.get(address).content.decode()
    answer = client.post(address, {"text": "Keeps one list of all projects."})
    assert answer["Location"] == f"{VERSION}#at-{place(in_review)}"
    page = client.get(VERSION).content.decode()
    assert "You suggest:" in page
    assert '<span class="visually-hidden">put in: </span>all' in page
    assert "Change or take back" in page


def test_a_row_shows_all_its_words_and_only_what_is_changed_is_sent(in_review, as_user, issuer):
    address = f"{VERSION}suggest/{place(in_review, 'does_not')}/"
    sent = {
        "text": "Run your projects.", "who_instead": "Your project manager", "how_to_reach": "Named in the list",
        "example": "Please chair our meeting.", "reason": "Shorter.",
    }  # fmt: skip
    as_user(issuer).post(address, sent)
    made = Suggestion.objects.get()
    assert (made.field, made.words, made.reason) == ("who_instead", "Your project manager", "Shorter.")


def test_nothing_changed_is_said_and_the_words_stay(in_review, as_user, issuer):
    client = as_user(issuer)
    answer = client.post(f"{VERSION}suggest/purpose/", {"purpose": "Words for purpose."})
    assert answer.status_code == 422
    assert "Change at least one word." in answer.content.decode()
    answer = client.post(f"{VERSION}suggest/purpose/", {"purpose": "Ask [name] first."})
    assert "Ask [name] first." in answer.content.decode()
    assert 'href="#id_purpose"' in answer.content.decode()


def test_a_place_that_is_not_there_is_a_404(in_review, as_user, issuer):
    for nowhere in ("nowhere", "clauses-nowhere", "services-9", "text-purpose"):
        assert as_user(issuer).get(f"{VERSION}suggest/{nowhere}/").status_code == 404


def test_an_open_suggestion_stands_in_the_box_and_can_be_taken_back(in_review, as_user, issuer):
    client = as_user(issuer)
    client.post(f"{VERSION}suggest/purpose/", {"purpose": "Other words."})
    page = client.get(f"{VERSION}suggest/purpose/").content.decode()
    assert ">\nOther words.</textarea>" in page
    made = Suggestion.objects.get()
    client.post(f"{VERSION}suggestions/{made.pk}/take-back/")
    assert "You suggest:" not in client.get(VERSION).content.decode()
    assert client.post(f"{VERSION}suggestions/{made.pk}/take-back/").status_code == 409
    assert client.post(f"/mandate/versions/9/suggestions/{made.pk}/take-back/").status_code == 404


def test_what_somebody_writes_is_never_html(in_review, as_user, issuer, member):
    as_user(issuer).post(f"{VERSION}suggest/purpose/", {"purpose": "<b>Bold</b>", "reason": "<i>why</i>"})
    for who in (issuer, member):
        page = as_user(who).get(VERSION).content.decode()
        assert "<b>Bold" not in page
        assert "<i>why" not in page


# --- the PMO answers ----------------------------------------------------------------------------
@pytest.fixture
def suggested(in_review, issuer):
    cells = list(in_review.cells())[:2]
    return actions.suggest(in_review, by=issuer, words={cell: f"Other words {n}." for n, cell in enumerate(cells)})


def test_the_pmo_sees_both_wordings_and_home_says_so(suggested, as_user, member):
    page = as_user(member).get(VERSION).content.decode()
    assert "The issuer suggests other words in 2 places" in page
    assert page.count("<ins>") == page.count("<del>") == 2
    assert "Answer the issuer&#x27;s other words" in as_user(member).get("/").content.decode()
    assert "The issuer suggests other words" in as_user(member).get("/mandate/draft/").content.decode()


def test_accept_all_is_one_press(suggested, as_user, member, issuer):
    answer = as_user(member).post(f"{VERSION}suggestions/", {"shown": [s.pk for s in suggested], "all": "yes"})
    assert answer["Location"] == "/mandate/versions/2/"
    page = as_user(issuer).get("/mandate/versions/2/").content.decode()
    assert "What changed since version 1" in page
    assert "This alone" in page
    assert "Approve and publish" in page
    old = as_user(issuer).get(VERSION).content.decode()
    assert "Version 2 has been sent to review since." in old
    assert 'id="decide"' not in old


def test_all_means_those_that_stood_on_the_page(suggested, as_user, member):
    as_user(member).post(f"{VERSION}suggestions/", {"shown": suggested[0].pk, "all": "yes"})
    assert MandateVersion.objects.get(number=2).suggestions.open().count() == 1


def test_one_accepted_one_declined_and_the_reason_is_read(suggested, as_user, member, issuer):
    first, second = suggested
    form = {
        "shown": [first.pk, second.pk], f"answer-{first.pk}": "accept", f"answer-{second.pk}": "decline",
        f"why-{second.pk}": "The board asked for it.",
    }  # fmt: skip
    as_user(member).post(f"{VERSION}suggestions/", form)
    page = as_user(issuer).get("/mandate/versions/2/").content.decode()
    assert "Not taken over, and why" in page
    assert "The board asked for it." in page


def test_an_answer_that_cannot_be_says_why_and_answers_nothing(suggested, as_user, member):
    client = as_user(member)
    page = client.post(f"{VERSION}suggestions/", {"shown": suggested[0].pk}, follow=True).content.decode()
    assert "Choose an answer" in page
    form = {"shown": suggested[0].pk, f"answer-{suggested[0].pk}": "decline"}
    assert "Say why" in client.post(f"{VERSION}suggestions/", form, follow=True).content.decode()
    for nonsense in ("x", "9" * 30, "-1", ""):
        client.post(f"{VERSION}suggestions/", {"shown": nonsense, "all": "yes"})
    assert Suggestion.objects.open().count() == 2


def test_somebody_was_quicker_is_a_409(suggested, as_user, member, issuer):
    actions.take_back(suggested[0], by=issuer)
    answer = as_user(member).post(f"{VERSION}suggestions/", {"shown": suggested[0].pk, "all": "yes"})
    assert answer.status_code == 409


def test_sent_back_is_told_on_every_page_of_the_pmo(in_review, as_user, member, issuer):
    client = as_user(issuer)
    assert client.post(f"{VERSION}send-back/", {"hash": in_review.content_hash, "reason": ""}).status_code == 422
    assert client.post(f"{VERSION}send-back/", {"hash": "f" * 64, "reason": "No."}).status_code == 409
    client.post(f"{VERSION}send-back/", {"hash": in_review.content_hash, "reason": "Say it in half the words."})
    for page in (VERSION, "/mandate/draft/", "/"):
        assert "Say it in half the words." in as_user(member).get(page).content.decode()
    assert "Sent back" in as_user(member).get("/mandate/versions/").content.decode()
    assert 'id="decide"' not in client.get(VERSION).content.decode()
