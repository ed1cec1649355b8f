"""Two versions compared: moved is moved, all that a version says counts, and nothing is hidden or made up."""

import re
from datetime import date
from itertools import groupby
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandate.models import Clause, MandateVersion
from mandate.reading import Comparison, State, compare_versions
from mandate.reading.compared import marked as marked_words
from mandate.reading.comparison import MOST_PAIRS, ComparedCell
from pmo_portal.common.compare import Kind, compare
from tests.mandate.made_up import clause, version


def states(compared: Comparison, part: str = "clauses") -> list[tuple[str, str]]:
    """The rows of a part in the order of the page: place and state."""
    return [(row.place.removeprefix(f"{part}-"), row.state.value) for row in compared.rows() if row.part == part]


def changed(compared: Comparison) -> list[tuple[str, str]]:
    """What is not the same: place and state."""
    return [(row.place, row.state.value) for row in compared.rows() if row.state != State.SAME]


def marks(cell: ComparedCell) -> str:
    """The words of a cell with -what went- and +what came+."""
    sign = {Kind.SAME: "", Kind.GONE: "-", Kind.NEW: "+"}
    return "".join(f"{sign[piece.kind]}{piece.text}{sign[piece.kind]}" for piece in cell.pieces)


def marked(compared: Comparison) -> list[str]:
    return [marks(cell) for row in compared.rows() for cell in row.cells if cell.is_changed]


# --- clauses ------------------------------------------------------------------------------------
def clauses(*keys: str) -> MandateVersion:
    return version(clauses=[clause(key) for key in keys])


def test_two_versions_that_say_the_same_are_the_same():
    texts = {"purpose": "Calm.", "review_on": date(2027, 3, 31)}
    one, other = (version(n, texts, clauses=[clause("a")], services=[{"name": "Calendar"}]) for n in (1, 2))
    compared = compare_versions(one, other)
    assert compared.is_same
    assert compared.changed_places() == compared.changed_clauses() == set()


def test_the_note_on_what_changed_and_the_number_are_not_compared():
    one, other = version(1, {"change_note": "Old"}), version(2, {"change_note": "New", "is_material": False})
    assert compare_versions(one, other).is_same


def test_one_moved_clause_is_one_moved_line():
    compared = compare_versions(clauses(*"abcde"), clauses(*"acdeb"))
    assert changed(compared) == [("clauses-b", "moved")]
    moved = next(row for row in compared.rows() if row.state == State.MOVED)
    assert (moved.was_at, moved.is_at) == ("1.2", "1.5")
    assert compared.changed_places() == compared.changed_clauses() == set()


def test_what_moves_up_because_another_is_taken_out_has_not_moved():
    compared = compare_versions(clauses(*"abcd"), clauses(*"acd"))
    assert states(compared) == [("a", "same"), ("b", "gone"), ("c", "same"), ("d", "same")]
    assert compared.changed_places() == {"clauses-b"}
    assert compared.changed_clauses() == {"b"}


def test_a_clause_can_move_and_read_otherwise():
    after = version(clauses=[clause("b", "Words of x."), clause("a")])
    compared = compare_versions(clauses("a", "b"), after)
    assert changed(compared) in (
        [("clauses-b", "moved_and_changed")],
        [("clauses-b", "changed"), ("clauses-a", "moved")],
    )
    assert compared.changed_clauses() == {"b"}
    assert marked(compared) == ["Words of -b-+x+."]


def test_a_clause_of_another_kind_is_told_as_that_and_moves_nobody():
    before = version(clauses=[clause("a"), clause("b"), clause("c", kind="does_not")])
    after = version(
        clauses=[clause("a", kind="does_not", who_instead="The sponsor"), clause("b"), clause("c", kind="does_not")]
    )
    compared = compare_versions(before, after)
    assert changed(compared) == [("clauses-a", "kind_changed")]
    row = next(row for row in compared.rows() if row.place == "clauses-a")
    assert (row.was_at, row.is_at) == ("1.1", "3.1")
    assert marked(compared) == ["-does-+does_not+", "+The sponsor+"]
    assert compared.changed_clauses() == {"a"}


def test_a_new_clause_is_new_and_no_clause_that_anybody_leans_on_has_changed():
    compared = compare_versions(clauses("a"), clauses("n", "a"))
    assert states(compared) == [("n", "new"), ("a", "same")]
    assert compared.changed_places() == {"clauses-n"}
    assert compared.changed_clauses() == set()


def test_what_is_gone_stands_where_it_stood_under_the_title_of_its_kind():
    before = version(clauses=[clause("a"), clause("b"), clause("s", kind="shared"), clause("t", kind="shared")])
    after = version(clauses=[clause("a"), clause("t", kind="shared")])
    assert states(compare_versions(before, after)) == [("a", "same"), ("b", "gone"), ("s", "gone"), ("t", "same")]


def test_the_same_words_under_another_key_are_another_clause():
    compared = compare_versions(clauses("a"), version(clauses=[clause("b", "Words of a.")]))
    assert sorted(states(compared)) == [("a", "gone"), ("b", "new")]


# --- texts and days -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "before", "after", "state"),
    [
        ("purpose", "Calm.", "Quiet.", "changed"),
        ("why_before", "", "Chaos.", "new"),
        ("helps", "Calm.", "", "gone"),
        ("message", "Dear all", "Dear everybody", "changed"),
        ("reports_to", "Finance", "The board", "changed"),
        ("period_from", None, date(2027, 1, 1), "new"),
        ("period_to", date(2027, 1, 1), None, "gone"),
        ("review_on", date(2027, 1, 1), date(2027, 2, 1), "changed"),
    ],
)
def test_every_text_and_every_day_is_compared(name, before, after, state):
    compared = compare_versions(version(1, {name: before}), version(2, {name: after}))
    assert changed(compared) == [(name, state)]
    assert compared.changed_places() == {name}


def test_a_day_is_one_word():
    one, other = (version(n, {"review_on": date(2027, n, 3)}) for n in (1, 2))
    assert marked(compare_versions(one, other)) == ["-2027-01-03-+2027-02-03+"]


def test_bold_is_a_change():
    one, other = version(1, {"purpose": "We tell you early."}), version(2, {"purpose": "We tell you **early**."})
    assert marked(compare_versions(one, other)) == ["We tell you +**+early+**+."]


def test_every_text_of_a_version_is_among_those_compared():
    texts = dict.fromkeys(MandateVersion.TEXTS, "Words.") | {name: date(2027, 1, 1) for name in MandateVersion.DATES}
    compared = compare_versions(version(1), version(2, texts))
    assert {row.place for row in compared.rows()} == set(texts)


# --- rows without a key -------------------------------------------------------------------------
def services(*rows: dict[str, Any]) -> MandateVersion:
    return version(services=list(rows))


CALENDAR = {"name": "The calendar", "what_you_get": "One calendar of every closure", "when": "Each Friday"}
EYES = {"name": "A second pair of eyes", "what_you_get": "A day with your plan", "when": "Within ten days"}


def test_a_row_is_known_again_by_its_name_and_each_of_its_cells_counts():
    compared = compare_versions(services(CALENDAR, EYES), services(CALENDAR | {"when": "Each Monday"}, EYES))
    assert states(compared, "services") == [("1", "changed"), ("2", "same")]
    assert marked(compared) == ["Each -Friday-+Monday+"]
    assert compared.changed_places() == {"services-1"}


def test_a_row_with_another_name_is_known_again_by_what_else_it_says():
    renamed = CALENDAR | {"name": "The closure calendar"}
    compared = compare_versions(services(CALENDAR, EYES), services(EYES, renamed))
    assert states(compared, "services") == [("1", "moved"), ("2", "changed")]
    assert marked(compared) == ["The +closure +calendar"]


def test_a_row_of_other_words_is_gone_and_new():
    other = {"name": "A start that holds", "what_you_get": "Half of a workshop"}
    compared = compare_versions(services(CALENDAR), services(other))
    assert states(compared, "services") == [("1", "gone"), ("1", "new")]


def test_of_two_rows_alike_the_one_that_says_all_the_same_is_the_same():
    compared = compare_versions(
        services(CALENDAR, CALENDAR | {"when": "Daily"}), services(CALENDAR | {"when": "Daily"})
    )
    assert states(compared, "services") == [("1", "gone"), ("1", "same")]


def test_a_step_of_a_decision_and_its_days_to_answer_are_compared():
    path = [{"matter": "Budget", "who": "The sponsor", "answer_days": 3}, {"matter": "Budget", "who": "The board"}]
    other = [path[0] | {"answer_days": 5}, path[1] | {"limit": "Above 100,000"}]
    compared = compare_versions(version(decisions=path), version(decisions=other))
    assert states(compared, "decisions") == [("1", "changed"), ("2", "changed")]
    assert marked(compared) == ["-3-+5+", "+Above 100,000+"]


def test_a_power_of_another_kind_is_told_as_that():
    one, other = ({"kind": kind, "text": "Stop a project"} for kind in ("demand", "stop"))
    compared = compare_versions(version(powers=[one]), version(powers=[other]))
    assert states(compared, "powers") == [("1", "kind_changed")]


@pytest.mark.parametrize("part", ["objectives", "powers", "measures"])
def test_rows_move_in_every_part(part):
    rows = [{"text": f"Number {n}"} for n in range(4)]
    compared = compare_versions(version(**{part: rows}), version(**{part: [rows[3], *rows[:3]]}))
    assert states(compared, part) == [("1", "moved"), ("2", "same"), ("3", "same"), ("4", "same")]


def test_very_many_rows_of_other_words_are_not_looked_for():
    side = int(MOST_PAIRS**0.5) + 1
    one, other = (version(measures=[{"text": f"Share {n} {k}"} for k in range(side)]) for n in (1, 2))
    assert {state for _place, state in states(compare_versions(one, other), "measures")} == {"new", "gone"}


# --- whole versions -----------------------------------------------------------------------------
def test_without_one_before_all_is_new():
    compared = compare_versions(None, version(1, {"purpose": "Calm."}, clauses=[clause("a")], services=[CALENDAR]))
    assert set(compared.counts()) == {State.NEW}
    assert compared.changed_places() == {"purpose", "clauses-a", "services-1"}
    assert compared.changed_clauses() == set()


def test_when_all_is_taken_out_all_is_gone():
    compared = compare_versions(version(1, {"purpose": "Calm."}, clauses=[clause("a")]), version(2))
    assert changed(compared) == [("purpose", "gone"), ("clauses-a", "gone")]
    assert compared.changed_clauses() == {"a"}


def test_two_hundred_long_clauses_hold_up_no_page():
    words = [f"word{n * n % 701}" for n in range(250)]
    others = [word if n % 40 else f"{n}" for n, word in enumerate(words)]
    one, other = (version(clauses=[clause(f"{n}", " ".join(said)) for n in range(200)]) for said in (words, others))
    begun = process_time()
    compared = compare_versions(one, other)
    assert sum(len(row.cells[1].pieces) for row in compared.rows()) > 200
    assert process_time() - begun < 1


# --- the marks on the page ----------------------------------------------------------------------
NASTY = "<script>alert(1)</script> & <b onclick='x'>words</b> "


@pytest.mark.parametrize("shortened", [True, False])
def test_no_sign_of_a_text_becomes_one_of_the_page(shortened):
    found = marked_words(compare(f"{NASTY * 9}old <i>", f"{NASTY * 9}new <u>"), shortened=shortened)
    left = re.sub(r'</?(?:ins|del|strong)>|<span(?: class="[a-z-]+"| aria-hidden="true")*>|</span>', "", found)
    assert "<" not in left
    assert "&lt;script&gt;" in left


def test_of_a_long_run_of_the_same_words_those_beside_a_change_are_shown():
    same = " ".join(f"w{n}" for n in range(200))
    found = marked_words(compare(f"{same} old {same}", f"{same} new {same}"), shortened=True)
    assert found.count("[…]") == 2
    assert "w199 <del>" in found and "</ins> w0 " in found
    assert "w100 " not in found
    assert "[…]" not in marked_words(compare(f"{same} old", f"{same} new"))


# --- nothing hidden, nothing made up ------------------------------------------------------------
WORDS = st.lists(st.sampled_from(["a", "list", "each", "Friday", "**12 %**", "31 March 2027", "\n"]), max_size=5)
TEXT = WORDS.map(lambda words: " ".join(words).strip())
DAY = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4))


def rows_of(part: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a part, few and much alike, so that they meet those of another version."""
    model = MandateVersion._meta.get_field(part).related_model
    facts = {name: TEXT for name in model.FACTS if name not in {"number", "key"}}
    facts |= {"due_on": DAY} if "due_on" in facts else {}
    facts |= {"answer_days": st.none() | st.integers(0, 3)} if "answer_days" in facts else {}
    facts |= {"kind": st.sampled_from(model.Kind.values)} if "kind" in facts else {}
    if model is Clause:
        return st.lists(
            st.fixed_dictionaries({**facts, "key": st.sampled_from("abcdef")}),
            max_size=6,
            unique_by=lambda row: row["key"],
        )
    return st.lists(st.fixed_dictionaries(facts), max_size=4)


VERSIONS = st.builds(
    lambda texts, days, lists: version(1, texts | days, **lists),
    st.fixed_dictionaries(dict.fromkeys(MandateVersion.TEXTS, TEXT)),
    st.fixed_dictionaries(dict.fromkeys(MandateVersion.DATES, DAY)),
    st.fixed_dictionaries({part: rows_of(part) for part in MandateVersion.LISTS}),
)


def said(one: MandateVersion) -> dict[str, Any]:
    """All that is compared, in the order of the page: texts, and the facts of each row."""
    found: dict[str, Any] = {name: getattr(one, name) or "" for name in (*one.TEXTS, *one.DATES)}
    for part in one.LISTS:
        rows = one.numbered_clauses() if part == "clauses" else getattr(one, part).all()
        found[part] = [
            {name: "" if value is None else value for name, value in row.content().items()} for row in rows
        ]
    return found


def applied(compared: Comparison, old: dict[str, Any]) -> dict[str, Any]:
    """What the difference makes of the words before: rows are taken from there, and only what is told is changed."""
    made: dict[str, Any] = {name: [] if isinstance(value, list) else "" for name, value in old.items()}
    for row in compared.rows():
        is_text = row.part not in MandateVersion.LISTS
        if row.state == State.GONE:
            continue
        source = {row.place: old[row.place]} if is_text else taken_from(row, old[row.part])
        for cell in row.cells:
            if cell.is_changed:
                assert row.state not in {State.SAME, State.MOVED}
                assert source.get(cell.name, "") == cell.before
                source[cell.name] = rebuilt(cell)
        if is_text:
            made |= source
        else:
            made[row.part].append(source)
    made["clauses"] = numbered(made["clauses"])
    return made


def taken_from(row: Any, old: list[dict[str, Any]]) -> dict[str, Any]:
    """The row as it stood at the place that is told."""
    if row.state == State.NEW:
        return {"key": row.place.partition("-")[2]} if row.part == "clauses" else {}
    if row.part == "clauses":
        return dict(next(each for each in old if each["number"] == row.was_at))
    return dict(old[int(row.was_at) - 1])


def rebuilt(cell: ComparedCell) -> Any:
    """The later words out of the marked ones; a number or a day as it is kept."""
    gone, came = (
        "".join(piece.text for piece in cell.pieces if piece.kind in {Kind.SAME, kind})
        for kind in (Kind.GONE, Kind.NEW)
    )
    assert (gone, came) == (str(cell.before), str(cell.after))
    return came if isinstance(cell.after, str) else cell.after


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clauses with the numbers of the order in which they stand."""
    kinds = Clause.Kind.values
    runs = groupby(sorted(rows, key=lambda row: kinds.index(row["kind"])), key=lambda row: row["kind"])
    return [row | {"number": f"{kinds.index(kind) + 1}.{n}"} for kind, run in runs for n, row in enumerate(run, 1)]


def completed(one: dict[str, Any]) -> dict[str, Any]:
    """With every fact that a row has, said or not: a new row is told by what it says."""
    facts = {part: MandateVersion._meta.get_field(part).related_model.FACTS for part in MandateVersion.LISTS}
    return {
        name: [{fact: row.get(fact, "") for fact in facts[name]} for row in value] if name in facts else value
        for name, value in one.items()
    }


@given(VERSIONS, VERSIONS)
@settings(max_examples=80, deadline=None)
def test_applying_the_difference_to_the_earlier_version_gives_the_later(one, other):
    compared = compare_versions(one, other)
    assert completed(applied(compared, said(one))) == completed(said(other))


@given(VERSIONS, VERSIONS)
@settings(max_examples=30, deadline=None)
def test_every_row_of_both_versions_is_told_once(one, other):
    compared = compare_versions(one, other)
    for part in MandateVersion.LISTS:
        rows = [row for row in compared.rows() if row.part == part]
        for side, held in (("before", one), ("after", other)):
            told = [id(getattr(row, side)) for row in rows if getattr(row, side) is not None]
            assert sorted(told) == sorted(id(row) for row in getattr(held, part).all())
