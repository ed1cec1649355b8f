"""What changed is read word by word: nothing that stands there is hidden, nothing is made up."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from stakeholders.agreements.reading import pieces

TEXT = st.lists(st.sampled_from(["a", "calendar", "each", "Friday", "Monday,", "é", "🙂"]), max_size=12).map(" ".join)


def told(before, after):
    """The marks as (kind, words), without the space at the end."""
    found = [(piece.kind, piece.text) for piece in pieces(before, after)]
    return found[:-1] if found and not found[-1][1].strip() else found


def test_one_word_is_marked_and_no_more():
    assert told("A calendar each Friday by noon", "A calendar each Monday by noon") == [
        ("same", "A calendar each "), ("gone", "Friday"), ("same", " "), ("new", "Monday"), ("same", " by noon "),
    ]  # fmt: skip


def test_what_has_little_in_common_is_replaced_whole():
    assert told("A calendar each Friday", "Nothing at all") == [
        ("gone", "A calendar each Friday"), ("same", " "), ("new", "Nothing at all"),
    ]  # fmt: skip


def test_from_nothing_and_to_nothing():
    assert told("", "Calm") == [("new", "Calm")]
    assert told("Calm", "") == [("gone", "Calm")]


@given(TEXT, TEXT)
@settings(max_examples=300)
def test_both_texts_can_be_read_out_of_the_marks(before, after):
    found = pieces(before, after)
    assert "".join(p.text for p in found if p.kind != "gone").split() == after.split()
    assert "".join(p.text for p in found if p.kind != "new").split() == before.split()


def test_a_very_long_text_takes_no_time():
    began = time.monotonic()
    pieces("a b " * 1000, "b a " * 1000)
    pieces("word " * 450, "word " * 440 + "end")
    assert time.monotonic() - began < 2
