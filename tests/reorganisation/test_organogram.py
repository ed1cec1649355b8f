"""The reader of organograms: what it understands, and what it says about a row that it does not."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stakeholders.reorganisation.organogram import BYTES_AT_MOST, read, tidy
from tests.reorganisation.made_up import HARBOUR, HEADER, changed, written

EXAMPLES = settings(deadline=None, max_examples=200)


def problems_of(content: bytes) -> list[str]:
    found = read(content)
    assert not (found.problems and found.units), "a file with problems gives no units"
    return list(map(str, found.problems))


# What it understands


def test_a_unit_stands_under_the_unit_of_its_heads_manager():
    units = {unit.name: (unit.parent, unit.head.reference) for unit in read(written(HARBOUR)).units}
    assert units == {
        "Harbour office": ("", "1"),
        "Quays": ("Harbour office", "2"),
        "Works": ("Harbour office", "4"),
        "Divers": ("Works", "6"),
    }


def test_units_come_from_the_top_down():
    assert [unit.name for unit in read(written(HARBOUR)).units] == ["Harbour office", "Quays", "Works", "Divers"]


@pytest.mark.parametrize("nobody", ["XX", "xx", "", "  ", "1"])
def test_the_top_reports_to_xx_or_to_an_empty_cell_or_to_itself(nobody):
    found = read(written(changed("1", manager=nobody)))
    assert not found.problems
    assert found.units[0].head.reference == "1"


def test_a_post_that_is_called_xx_is_a_post():
    rows = [("XX", "Chair", "Board", ""), ("1", "Harbour master", "Harbour office", "XX")]
    assert [unit.parent for unit in read(written(rows)).units] == ["", "Board"]


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_every_kind_of_line_end_is_read(ending):
    found = read(written(HARBOUR, lineterminator=ending))
    assert (len(found.posts), found.problems) == (7, ())
    assert {post.reference: post.line for post in found.posts}["9"] == 7


def test_a_byte_order_mark_of_utf_8_is_read():
    assert read(codecs.BOM_UTF8 + written(HARBOUR)) == read(written(HARBOUR))


def test_the_header_is_known_whatever_its_order_capitals_and_line_breaks():
    header = ("unit", "Reports to\nSenior Post", "JOB TITLE", "Post  Unique Reference")
    content = written([], header=header).decode() + 'Quays,XX,Director,"2"\n'
    found = read(content.encode())
    assert not found.problems
    assert [(post.reference, post.title, post.unit) for post in found.posts] == [("2", "Director", "Quays")]


@pytest.mark.parametrize(
    "title",
    ['=HYPERLINK("http://x")', "@SUM(1)", "-2+3", "Head of \N{ANCHOR} and \U0001f6a2", "مدير الميناء", "מנהל הנמל"],
)
def test_formulas_emoji_and_right_to_left_text_are_just_text(title):
    found = read(written(changed("3", title=title)))
    assert not found.problems
    assert title in [post.title for post in found.posts]


def test_empty_rows_and_empty_cells_at_the_end_do_no_harm():
    content = written(HARBOUR).replace(b"\r\n", b",,\r\n").replace(HEADER[-1].encode() + b",,", HEADER[-1].encode())
    found = read(content + b"\r\n,,,,,\r\n\r\n")
    assert (len(found.posts), found.problems) == (7, ())


# What it notes


@pytest.mark.parametrize(
    ("title", "kept", "words"),
    [
        ("Crane  manager", "Crane manager", "spaces were tidied"),
        (" Crane\nmanager ", "Crane manager", "spaces were tidied"),
        ("Crane\N{NO-BREAK SPACE}manager", "Crane manager", "spaces were tidied"),
        ("Crane\x07 manager", "Crane manager", "control characters"),
        ("Crane\x1b[31m manager", "Crane[31m manager", "control characters"),
        ("Crane\u202e manager", "Crane manager", "control characters"),
    ],
)
def test_odd_spaces_and_control_characters_are_tidied_and_noted_with_their_line(title, kept, words):
    found = read(written(changed("3", title=title)))
    assert not found.problems
    assert kept in [post.title for post in found.posts]
    (note,) = {str(note) for note in found.notes if words in str(note)}
    assert note.startswith("Line 4: ")


def test_letters_lost_in_a_column_that_is_not_read_are_only_noted():
    found = read(written(HARBOUR).replace(b"does things", "does \ufffdthings".encode(), 1))
    assert not found.problems
    assert [note.line for note in found.notes] == [2]


# What it refuses


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        ([*HARBOUR, ("3", "Another", "Quays", "2")], 9, ["3", "line 4"]),
        (changed("3", manager="77"), 4, ["post 3", "77", "no such post"]),
        (changed("4", manager="5"), 5, ["circle", "4 → 5 → 4"]),
        (changed("4", manager="XX"), 5, ["post 4 reports to nobody", "post 1 (line 2)"]),
        (changed("3", unit=""), 4, ["“Unit” is empty"]),
        (changed("3", title=" "), 4, ["“Job Title” is empty"]),
        (changed("3", title="\u200b"), 4, ["“Job Title” is empty"]),
        ([*HARBOUR, ("", "Another", "Quays", "2")], 9, ["“Post Unique Reference” is empty"]),
        (changed("3", title="x" * 10_000), 4, ["“Job Title”", "10,000", "200", "…"]),
        (changed("3", unit="x" * 121), 4, ["“Unit”", "121", "120"]),
        ([*HARBOUR, ("x" * 41, "Another", "Quays", "2")], 9, ["“Post Unique Reference”", "41", "40"]),
        (changed("3", title="Crane m\ufffdnager"), 4, ["wrong encoding", "Crane m\ufffdnager"]),
        (changed("3", unit="QUAYS", manager="2"), 4, ["“QUAYS”", "“Quays”", "line 3"]),
        (changed("3", manager="1"), 3, ["who heads “Quays”", "2 (line 3)", "3 (line 4)"]),
    ],
)
def test_an_odd_row_is_told_in_words_with_its_line(rows, line, words):
    told = next(text for text in problems_of(written(rows)) if text.startswith(f"Line {line}: "))
    assert all(word in told for word in words), told


def test_all_odd_rows_are_told_at_once_in_the_order_of_their_lines():
    rows = changed("3", title="")[:-1] + [("2", "Double", "Quays", "1"), ("6", "Head of divers", "", "88")]
    assert [text.split(":")[0] for text in problems_of(written(rows))] == ["Line 4", "Line 8", "Line 9", "Line 9"]


def test_each_of_several_tops_is_told():
    rows = changed("4", manager="") + [("7", "Envoy", "Embassy", "7")]
    assert [text.split(":")[0] for text in problems_of(written(rows))] == ["Line 2", "Line 5", "Line 9"]


def test_a_long_circle_is_told_in_one_line():
    rows = [(str(n), "Turner", "Wheel", str((n + 1) % 50)) for n in range(50)]
    (told,) = problems_of(written(rows))
    assert told == "Line 2: posts report to each other in a circle: 0 → 1 → 2 → 3 → 4 → … → 0."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (codecs.BOM_UTF8 + b" \r\n", "The file is empty"),
        (written([]), "Line 1: there is no post"),
        (b"Name,Phone\r\nA,1\r\n", "Line 1: the header lacks the columns “Post Unique Reference”, “Job Title”"),
        (written(HARBOUR).replace(b",Unit,", b",Team,", 1), "Line 1: the header lacks the column “Unit”."),
        (
            written(HARBOUR).replace(b",Job/Team Function,", b",Unit,", 1),
            "Line 1: the header names the column “Unit”",
        ),
        (written(HARBOUR, delimiter=";"), "Line 1: the cells are separated by semicolons"),
        (written(HARBOUR, delimiter="\t"), "Line 1: the cells are separated by tabs"),
        (written(HARBOUR).decode().encode("utf-16"), "Line 1: the file is in UTF-16"),
        (written(HARBOUR).decode().encode("utf-16-le"), "Line 1: the file is in UTF-16"),
        (written(changed("3", title="Café")).decode().encode("latin-1"), "Line 4: letters that are not UTF-8"),
        (written(changed("3", title="A – B")).decode().encode("cp1252"), "Line 4: letters that are not UTF-8"),
        (written(changed("3", title="a\0b")), "Line 4: a NUL character"),
        (
            written(HARBOUR).replace(b"Crane", b'"Crane'),
            "Line 4: a quotation mark that is opened here is never closed",
        ),
        (written(HARBOUR).replace(b"Crane", b'"Crane"'), "Line 4: the quotation marks of this row do not match"),
        (written(HARBOUR) + b'"' + b"x" * 140_000, "Line 9: a cell is longer than 131,072 characters"),
        (written(HARBOUR) + b"8,G1,Pilot\r\n", "Line 9: 3 cells where the header has 6: “8, G1, Pilot”"),
        (written(HARBOUR) + b"8,G1,Pilot,x,Quays,2,more\r\n", "Line 9: 7 cells where the header has 6"),
        (b"x" * (BYTES_AT_MOST + 1), "The file is larger than 10 MB"),
        (b"\x1c", "Line 1: the header lacks the columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_words(content, words):
    assert any(text.startswith(words) for text in problems_of(content)), problems_of(content)


def test_each_line_in_another_encoding_is_told():
    content = written(changed("3", title="Café")).decode().encode("latin-1") + b"\xff\r\n"
    assert [text.split(":")[0] for text in problems_of(content)] == ["Line 4", "Line 9"]


# What holds for every file


@given(st.binary(max_size=400))
@EXAMPLES
def test_arbitrary_bytes_give_problems_and_never_raise(content):
    assert problems_of(content)


@given(st.lists(st.text(max_size=30), max_size=30), st.sampled_from(',;\t"\r\n'))
@EXAMPLES
def test_arbitrary_text_beneath_a_header_never_raises(parts, between):
    problems_of(written([]) + between.join(parts).encode(errors="surrogatepass"))


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(cells, cells, cells, cells), max_size=8))
@EXAMPLES
def test_arbitrary_cells_either_make_an_organisation_or_problems(rows):
    found = read(written(rows))
    assert bool(found.problems) != bool(found.units)
    for post in found.posts if found.units else ():
        assert post.title and post.unit and post.reference
        assert (post.reference, post.title, post.unit) == tuple(map(tidy, (post.reference, post.title, post.unit)))


@st.composite
def organisations(draw):
    """Rows of a tree: every post but the first reports to an earlier one and heads a unit or joins its manager's."""
    rows = [("p0", "Post 0", "Unit 0", "XX")]
    for number in range(1, draw(st.integers(1, 25))):
        manager = rows[draw(st.integers(0, number - 1))]
        unit = f"Unit {number}" if draw(st.booleans()) else manager[2]
        rows.append((f"p{number}", f"Post {number}", unit, manager[0]))
    return rows


@given(organisations())
@EXAMPLES
def test_a_tree_comes_out_as_it_went_in(rows):
    found = read(written(rows))
    assert not found.problems
    unit_of = {reference: unit for reference, _title, unit, _manager in rows}
    heads = {row[2]: row for row in rows if row[2] == f"Unit {row[0].removeprefix('p')}"}
    assert {(post.reference, post.title, post.unit) for post in found.posts} == {row[:3] for row in rows}
    assert {unit.name: unit.head.reference for unit in found.units} == {name: row[0] for name, row in heads.items()}
    assert {unit.name: unit.parent for unit in found.units} == {
        name: unit_of.get(row[3], "") for name, row in heads.items()
    }


@given(st.data(), organisations())
@EXAMPLES
def test_the_order_of_the_rows_says_nothing(data, rows):
    shuffled = data.draw(st.permutations(rows))
    one, other = read(written(rows)), read(written(shuffled))
    assert (one.posts, one.units, one.problems) == (other.posts, other.units, other.problems)


@given(st.data(), organisations(), st.integers(2, 8))
@EXAMPLES
def test_a_circle_is_always_told(data, rows, length):
    ring = [(f"c{n}", "Turner", rows[-1][2], f"c{(n + 1) % length}") for n in range(length)]
    told = problems_of(written(data.draw(st.permutations([*rows, *ring]))))
    assert len([text for text in told if "in a circle" in text]) == 1


def test_a_chain_deeper_than_python_follows_is_read():
    rows = [(str(n), "Link", f"Unit {n}", str(n - 1) if n else "") for n in range(3000)]
    found = read(written(rows))
    assert (len(found.units), found.problems) == (3000, ())
