"""Pasting clauses from Word: read, looked over, then all of them or none."""

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from mandate import actions, paste
from mandate.models import Clause
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from tests.conftest import write_mandate

PASTE = "/mandate/draft/clauses/paste/"
ADD = "/mandate/draft/clauses/paste/add/"
Kind = Clause.Kind


# --- reading ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "before",
    ["4.2 ", "4.2. ", "4.2.1) ", "12. ", "3) ", "(3) ", "a) ", "(a) ", "b. ", "• ", "•", "- ", "– ", "* ", "(iii) ",
     "iv. ", "o\t", "\uf0b7\t", "·  \u00a0 ", "- 4.2 ", "  ", "\ufeff4. "],
)  # fmt: skip
def test_a_leading_number_or_bullet_is_taken_off(before):
    assert paste.rows_in(f"{before}Keeps a list.") == ["Keeps a list."]


@pytest.mark.parametrize(
    "text",
    ["12 projects a year.", "2026 is the year.", "A list of all.", "I decide.", "-5 degrees", "3rd parties too.",
     "e.g. this one", "=SUM(A1:A9)", "+49 is our number", "(see there) it is", "4.2% of all"],
)  # fmt: skip
def test_words_that_only_look_like_a_number_stay(text):
    assert paste.rows_in(text) == [text]


def test_plain_text_is_a_row_a_line_and_blank_lines_are_dropped():
    assert paste.rows_in("One\r\n\r\n  \t\nTwo\x0bThree\u2028Four\n\u200b\n•\n4.2\n") == [
        "One",
        "Two",
        "Three",
        "Four",
    ]


def test_html_is_a_row_a_paragraph_or_list_item_and_no_markup_survives():
    text = """<html><head><title>Charter</title><style>p {color: red}</style></head><body>
    <!--[if gte mso 9]><xml><w:x>1</w:x></xml><![endif]-->
    <p class=MsoNormal>4.1 The <b>PMO</b>
       keeps<br>a list.<o:p>&nbsp;</o:p></p>
    <p class=MsoList><![if !supportLists]><span style='x'>·<span>&nbsp;&nbsp;</span></span><![endif]>Helps</p>
    <ul><li>One &amp; all<ul><li><p>Under &lt;one&gt;</p></li></ul></li><li>Two</ul><script>alert(1)</script>
    <table><tr><td>Left</td><td>right</td></tr></table></body></html>"""
    assert paste.rows_in(text) == [
        "The PMO keeps a list.", "Helps", "One & all", "Under <one>", "Two", "Left right",
    ]  # fmt: skip


def test_tags_that_are_never_closed_lose_no_words():
    assert paste.rows_in("<p>One<p>Two <b>bold<li>Three<ul><li>Four 5 < 6 <p") == [
        "One", "Two bold", "Three", "Four 5 < 6 <p",
    ]  # fmt: skip


def test_inline_tags_alone_leave_lines_as_they_are():
    assert paste.rows_in("<b>One</b>\nTwo<br/>Three") == ["One", "Two", "Three"]


def test_what_is_no_tag_is_a_word():
    assert paste.rows_in("Costs < 5 & > 3\n<name> decides\nAT&amp;T") == [
        "Costs < 5 & > 3",
        "<name> decides",
        "AT&amp;T",
    ]


@pytest.mark.parametrize(
    "text",
    ["<![", "<!", "<!-- ", "<p><![x", "</", "<p><!-- lost?", "<p>&#0;&#xD800;&#x110000;", "<p><?", "<p title='"],
)
def test_broken_markup_is_read_all_the_same(text):
    assert isinstance(paste.rows_in(text), list)


@pytest.mark.parametrize("text", ["<!--", "<!", "<a ", "<p title='", "<p><![if ", "</p ", "<p>", "- ", "(i", "&#"])
def test_reading_the_most_there_may_be_is_quick(text):
    assert isinstance(paste.rows_in("<p>" + text * (paste.MOST_BYTES // len(text))), list)


@given(st.text())
def test_any_text_is_read_without_a_fault(text):
    for row in paste.rows_in(text):
        assert row == row.strip()
        assert not paste.is_blank(row)
        assert "\0" not in row and "\n" not in row


@given(st.text(st.sampled_from("<>/!-[]&#;'\"= \npblisxuo1.)(")))
def test_anything_like_markup_is_read_without_a_fault(text):
    paste.rows_in(text)


@given(st.text(st.one_of(st.sampled_from("-•–*o()ivx.a14 \t"), st.characters(exclude_categories=["Cs"]))))
def test_taking_marks_off_twice_is_taking_them_off_once(text):
    assert paste.stripped(paste.stripped(text)) == paste.stripped(text)


WORD = st.sampled_from(["Keeps", "plans", "the", "list", "über", "図表", "🚧", "=SUM(1)", "مرحبا"])
WORDS = st.lists(WORD, min_size=1).map(" ".join)
MARKS = st.sampled_from(["", "4.2 ", "a) ", "• ", "- ", "(iii) ", "7. "])
ITEMS = st.lists(st.tuples(MARKS, WORDS), max_size=12)


@given(ITEMS, st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]))
def test_each_line_with_words_becomes_exactly_one_row(items, between):
    assert paste.rows_in(between.join(mark + words for mark, words in items)) == [words for _mark, words in items]


@given(ITEMS, st.sampled_from(["<p>{}</p>", "<li>{}", "<ul>\n<li>{}</li>\n</ul>", "<div><p>{}</div>"]))
def test_each_block_with_words_becomes_exactly_one_row(items, block):
    text = "".join(block.format(html.escape(mark + words)) for mark, words in items)
    assert paste.rows_in(text) == [words for _mark, words in items]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The PMO will not run projects.", Kind.DOES_NOT),
        ("It does not decide together with the sponsor.", Kind.DOES_NOT),
        ("It is not responsible for budgets.", Kind.DOES_NOT),
        ("We don’t buy.", Kind.DOES_NOT),
        ("Together we plan.", Kind.SHARED),
        ("Risks are managed jointly.", Kind.SHARED),
        ("Plans the year with the heads.", Kind.SHARED),
        ("Keeps a list of what is noted.", Kind.DOES),
    ],
)
def test_the_kind_is_guessed_from_the_words(text, kind):
    assert paste.guess(text) == kind


CLAUSES = ["Keeps one list of all projects, with an owner for each.", "Will not chair the meetings of a project."]
LINES = ["keeping one list of all the projects there are", "one report a month for the board"]


@pytest.mark.parametrize(
    ("title", "below"),
    [
        ("Charter of the Project Management Office", CLAUSES),
        ("Purpose", CLAUSES),
        ("What this office offers", CLAUSES),
        ("PROJECT OFFICE CHARTER", LINES),
        ("Terms of Reference", LINES),
    ],
)
def test_a_first_line_that_is_a_title_is_known(title, below):
    assert paste.begins_with_title([title, *below])


@pytest.mark.parametrize(
    "rows",
    [
        ["Charter"],
        [],
        ["We keep one list.", *CLAUSES],
        ["The office is responsible for:", *CLAUSES],
        ["The PMO will not run projects", *CLAUSES],
        ["Keeps a list of projects", *CLAUSES],
        ["One list of all projects", "A report a month for the board", "Advice on request, within two days"],
        ["A list of all the projects that there are in the house", "A report."],
        ["A first line that goes on and on about what the office was once made for and by whom " * 2, *CLAUSES],
        ["図表", "مرحبا"],
    ],
)
def test_a_first_line_that_is_a_clause_stays_one(rows):
    assert not paste.begins_with_title(rows)


@given(st.lists(st.text(), max_size=4))
def test_any_rows_are_looked_at_without_a_fault(rows):
    paste.begins_with_title(rows)


# --- limits -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x\n" * 201, "These are 201 paragraphs, and at most 200"),
        ("é" * 102_401, "more than 200 KB"),
        ("• \n\u200b\n", "There are no words in this"),
    ],
)
def test_too_much_and_nothing_are_refused_in_plain_words(text, words):
    with pytest.raises(RuleBroken, match=words):
        paste.read(text)


def test_a_paragraph_that_is_too_long_is_named():
    with pytest.raises(RuleBroken) as refused:
        paste.read(f"Fine\n{'y' * 4001}\n{'z' * 4000}")
    [line] = refused.value.missing
    assert line.startswith("Paragraph 2 (“yyyy")
    assert "has 4001 characters; a clause has at most 4000" in line


def test_two_hundred_paragraphs_are_not_too_many():
    assert len(paste.read("x\n" * 200)) == 200


# --- the pages ----------------------------------------------------------------------------------
@pytest.fixture
def draft(member):
    return actions.start_draft(by=member)


@pytest.fixture
def browser(as_user, member, draft):
    return as_user(member)


def sent(*lines):
    """What the preview sends: (kind, text) a line."""
    form = {"form-TOTAL_FORMS": len(lines), "form-INITIAL_FORMS": len(lines)}
    for number, (kind, text) in enumerate(lines):
        form |= {f"form-{number}-kind": kind, f"form-{number}-text": text}
    return form


def shown(answer):
    """The lines that a preview shows: (kind, text)."""
    return [(line["form"]["kind"].value(), line["form"]["text"].value()) for line in answer.context["lines"]]


def test_a_preview_shows_each_line_with_its_kind_and_keeps_nothing(browser):
    answer = browser.post(PASTE, {"text": "4.1 Keeps a list.\n4.2 Will not chair.\n\nJointly plans."})
    assert answer.status_code == 200
    assert shown(answer) == [("does", "Keeps a list."), ("does_not", "Will not chair."), ("shared", "Jointly plans.")]
    assert not Clause.objects.exists()


def test_a_title_is_proposed_to_be_left_out_and_said_to_be_one(browser, draft):
    answer = browser.post(PASTE, {"text": "\n".join(["Charter of the Project Office", *CLAUSES])})
    assert [kind for kind, _text in shown(answer)] == ["leave_out", "does", "does_not"]
    assert answer.content.decode().count("Looks like a title") == 1
    assert browser.post(ADD, sent(*shown(answer))).status_code == 302
    assert list(draft.clauses.values_list("text", flat=True)) == CLAUSES


def test_a_title_that_somebody_wants_comes_in(browser, draft):
    assert browser.post(ADD, sent(("does", "Charter of the Project Office"), ("does", CLAUSES[0]))).status_code == 302
    assert draft.clauses.count() == 2


def test_the_preview_comes_into_the_draft_as_it_is_sent(browser, draft):
    answer = browser.post(ADD, sent(("does", "A"), ("leave_out", "B"), ("does_not", "C edited")), follow=True)
    assert answer.redirect_chain == [("/mandate/draft/clauses/", 302)]
    assert "2 clauses added." in answer.content.decode()
    assert list(draft.clauses.values_list("kind", "text")) == [("does", "A"), ("does_not", "C edited")]


def test_what_stands_already_is_said_and_left_out_unless_somebody_wants_it(browser, member, draft):
    actions.save_part(Clause(version=draft, kind="does", text="Keeps a list."), by=member)
    answer = browser.post(PASTE, {"text": "keeps  a LIST\nNew.\nNew."})
    assert [kind for kind, _text in shown(answer)] == ["leave_out", "does", "leave_out"]
    page = answer.content.decode()
    assert page.count("In the draft already") == page.count("Same as a line above") == 1


def test_problems_are_named_by_line_and_nothing_is_half_done(browser, member, draft):
    actions.save_part(Clause(version=draft, kind="does", text="Stands."), by=member)
    lines = [("does", "Good."), ("does", " \u200b "), ("shared", "Stands."), ("does", "good")]
    answer = browser.post(ADD, sent(*lines))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error:" in page.replace("\n", "")
    assert "Line 2: There are no words in this line." in page
    assert "Line 3: This clause stands already." in page
    assert "Line 4: This clause stands already." in page
    assert [text.strip(" \u200b") for _kind, text in shown(answer)] == ["Good.", "", "Stands.", "good"]
    assert draft.clauses.count() == 1


def test_sending_the_preview_twice_adds_it_once(browser, draft):
    form = sent(("does", "A"), ("does", "B"))
    assert browser.post(ADD, form).status_code == 302
    assert browser.post(ADD, form).status_code == 422
    assert draft.clauses.count() == 2


def test_leaving_out_everything_is_said(browser, draft):
    answer = browser.post(ADD, sent(("leave_out", "A")))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "<title>Error:" in page.replace("\n", "")
    assert "<li>Every line is left out: choose at least one to add.</li>" in page


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"form-TOTAL_FORMS": "x", "form-INITIAL_FORMS": "0"},
        {"form-TOTAL_FORMS": "-1", "form-INITIAL_FORMS": "0"},
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2"},
        sent(("nonsense", "A")),
        sent(("", "A")),
        sent(("does", "y" * 4001)),
        sent(*[("does", f"Line {n}") for n in range(201)]),
    ],
)
def test_a_form_that_is_not_ours_adds_nothing(form, browser, draft):
    assert browser.post(ADD, form).status_code in {302, 422}
    assert not draft.clauses.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There are no words in this"),
        ("x\n" * 201, "at most 200 can be read at once"),
        ("y" * 4001, "Paragraph 1"),
        ("z " * 102_401, "more than 200 KB"),
        ("w " * 500_000, "more than 200 KB"),
    ],
    ids=["nothing", "rows", "long", "large", "larger"],
)
def test_a_refused_text_stays_in_the_box(text, said, browser):
    answer = browser.post(PASTE, {"text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert text.strip() in page.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text",
    ["a\0b",
     "🚧👩‍🔧", "مكتب إدارة المشاريع", "\u202eabc", "=HYPERLINK(\"x\")", "one <b>two<i", "\ud7ff\ufffe", "<script>"],
    ids=["NUL", "emoji", "right-to-left", "override", "formula", "unclosed", "odd", "script"],
)  # fmt: skip
def test_odd_text_is_shown_and_kept_as_words(text, browser, draft):
    answer = browser.post(PASTE, {"text": f"Line {text}"})
    assert answer.status_code == 200
    [(kind, words)] = shown(answer)
    assert browser.post(ADD, sent((kind, words))).status_code == 302
    assert draft.clauses.get().text == words


def test_markup_is_never_shown_as_markup(browser):
    page = browser.post(
        PASTE, {"text": "x <img src=x onerror=alert(1)> &lt;/textarea&gt; </textarea>"}
    ).content.decode()
    assert "<img src=x" not in page
    assert page.count("</textarea>") == 1


def test_ten_megabytes_are_refused_with_a_plain_page(browser, draft):
    answer = browser.post(PASTE, {"text": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "That was too much at once" in answer.content.decode()
    assert not draft.clauses.exists()


def test_a_text_of_lines_loses_nothing_when_the_browser_sends_it(browser):
    assert "maxlength" not in browser.get(PASTE).content.decode()


def test_the_page_of_clauses_leads_to_the_box(browser):
    assert f'href="{PASTE}"' in browser.get("/mandate/draft/clauses/").content.decode()


def test_without_a_draft_there_is_no_box(as_user, member):
    assert as_user(member).get(PASTE).status_code == 404


# --- who may, and when --------------------------------------------------------------------------
def test_only_the_pmo_adds_and_never_to_a_sealed_version(member, issuer, draft):
    with pytest.raises(NotAllowed):
        actions.add_clauses(draft, [(1, "does", "A")], by=issuer)
    sealed = actions.seal(write_mandate(member), by=member)
    with pytest.raises(Stale):
        actions.add_clauses(sealed, [(1, "does", "A")], by=member)


def test_whoever_pastes_is_an_author(lead, draft):
    actions.add_clauses(draft, [(1, "does", "A")], by=lead)
    draft.refresh_from_db()
    assert lead.pk in draft.authors


# --- cost ---------------------------------------------------------------------------------------
def questions(browser, address, form):
    with CaptureQueriesContext(connection) as asked:
        assert browser.post(address, form).status_code in {200, 302}
    return len(asked)


def test_a_long_preview_asks_no_more_than_a_short_one(browser):
    browser.get(PASTE)
    assert questions(browser, PASTE, {"text": "A"}) == questions(
        browser, PASTE, {"text": "\n".join(map(str, range(200)))}
    )


def test_adding_many_asks_no_more_than_adding_one(browser):
    browser.get(PASTE)
    one = questions(browser, ADD, sent(("does", "A")))
    assert questions(browser, ADD, sent(*[("does", f"Line {n}") for n in range(50)])) == one


@pytest.mark.django_db
def test_a_line_without_anything_is_a_mistake_like_any_other(as_user, member):
    actions.start_draft(by=member)
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-text": "", "form-0-kind": ""}
    answer = as_user(member).post(ADD, form)
    assert answer.status_code == 422
    assert not Clause.objects.exists()
