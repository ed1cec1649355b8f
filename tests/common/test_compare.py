"""What changed is read word by word: nothing that stands there is hidden, nothing is made up."""

from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_portal.common.compare import MOST_PAIRS, Kind, Piece, compare, one_side

WORDS = st.lists(
    st.sampled_from(["a", "calendar", "each", "Friday", "Monday,", "é", "🙂", "\n", "  ", "3", "May", "2027"]),
    max_size=12,
)
TEXT = WORDS.map(" ".join) | st.text(max_size=40)


def told(before: str, after: str) -> str:
    """The later wording with -what went- and +what came+."""
    sign = {Kind.SAME: "", Kind.GONE: "-", Kind.NEW: "+"}
    return "".join(f"{sign[piece.kind]}{piece.text}{sign[piece.kind]}" for piece in compare(before, after))


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("We tell twelve weeks ahead.", "We tell ten weeks ahead.", "We tell -twelve-+ten+ weeks ahead."),
        ("Above 100,000 only.", "Above 250,000 only.", "Above -100,000-+250,000+ only."),
        ("By 1.2 of it.", "By 1.3 of it.", "By -1.2-+1.3+ of it."),
        ("All.", "All, at once.", "All+, at once+."),
        ("One big old list", "One list", "One -big old -list"),
        ("same", "same", "same"),
        ("", "Calm", "+Calm+"),
        ("Calm", "", "-Calm-"),
        ("", "", ""),
        (
            "All books close by 31 March 2027.",
            "All books close by 30 June 2027.",
            "All books close by -31 March 2027-+30 June 2027+.",
        ),
        ("We tell you early.", "We tell you **early**.", "We tell you +**+early+**+."),
        ("One list of all, one calendar", "One list\nof all, one calendar", "One list- -+\n+of all, one calendar"),
    ],
)
def test_the_changed_words_are_marked_and_numbers_are_never_cut(before, after, marked):
    assert told(before, after) == marked


def test_changes_with_only_a_space_between_them_are_one():
    assert told("Ask the old man by the sea, first of all", "Ask the new men by the sea, first of all") == (
        "Ask the -old man-+new men+ by the sea, first of all"
    )


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("above 100,000 a year", ["100,000"]),
        ("of € 5,000 and 12 % by 3", ["€ 5,000", "12 %", "3"]),
        ("by 31 March 2027, at 09:00", ["31 March 2027", "09:00"]),
        ("antes del 3 de mayo de 2027", ["3 de mayo de 2027"]),
        ("no number at all", []),
    ],
)
def test_numbers_and_days_stand_out_where_words_have_changed(text, figures):
    for kind in (Kind.GONE, Kind.NEW):
        runs = Piece(kind, text).runs
        assert [run for run, is_figure in runs if is_figure] == figures
        assert "".join(run for run, _is_figure in runs) == text
    assert Piece(Kind.SAME, text).runs == [(text, False)]


def test_what_has_little_in_common_is_replaced_whole():
    assert told("A calendar each Friday", "Nothing at all") == "-A calendar each Friday-+Nothing at all+"


def test_a_very_long_text_is_replaced_whole_rather_than_searched():
    many = int(MOST_PAIRS**0.5) + 9
    for before, after in [("a b " * many, "b a " * many), ("! " * many, "? ! " * many)]:
        assert [piece.kind for piece in compare(before, after)] == [Kind.GONE, Kind.NEW]


def test_a_very_long_text_with_one_other_word_is_marked_there_alone():
    before = "word " * 50_000
    assert told(before + "old", before + "new") == f"{before}-old-+new+"


@given(TEXT, TEXT)
@settings(max_examples=300)
def test_both_wordings_can_be_read_out_of_the_marks_letter_by_letter(before, after):
    found = compare(before, after)
    assert "".join(piece.text for piece in one_side(found, Kind.GONE)) == before
    assert "".join(piece.text for piece in one_side(found, Kind.NEW)) == after
    assert all(piece.text for piece in found)


@pytest.mark.parametrize("size", [240, 480, 1000])
def test_texts_of_one_word_again_and_again_hold_up_no_page(size):
    begun = monotonic()
    compare("a " * size + "q", "a b " * (size // 2) + "z")
    assert monotonic() - begun < 15
