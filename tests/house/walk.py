"""Walks the project's imports by their syntax and tells each breach of the plan in a sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.house import plan

ROOT = Path(__file__).resolve().parents[2]
OURS = ("pmo_portal", "mandate", "stakeholders")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def sources() -> dict[str, str]:
    """Every module of the project: path → text."""
    paths = (path for top in OURS for path in (ROOT / top).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(paths)}


def module_of(path: str) -> str:
    """The dotted name of a file."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@dataclass(frozen=True)
class Place:
    """Where a module stands: its room, and the piece of furniture it is (part of)."""

    module: str
    room: str
    piece: str

    @property
    def step(self) -> float | None:
        """How high it stands in its room; None for what has no place there."""
        more = plan.MORE_FILES.get(f"{self.room}.{self.piece}")
        return more[0] if more else plan.STEPS.get(self.piece)


def place_of(module: str) -> Place | None:
    """The place of a module, or None when it stands in no room."""
    start = "stakeholders.management.commands."
    if module.startswith(start):
        room = plan.COMMANDS.get(module.removeprefix(start))
        return Place(module, room, "management") if room else None
    for room in sorted(plan.FLOOR, key=len, reverse=True):
        if module == room or module.startswith(f"{room}."):
            return Place(module, room, module.removeprefix(room).strip(".").partition(".")[0])
    return None


@dataclass(frozen=True)
class Import:
    """One imported thing: in which line, from which module, by which name, and whether inside a function."""

    line: int
    module: str
    name: str
    late: bool
    level: int = 0

    def target(self, modules: set[str]) -> str:
        """The module of ours that it stands for."""
        whole = f"{self.module}.{self.name}"
        known = whole in modules | plan.ROOF or (self.module in plan.FLOOR and self.name in plan.STEPS)
        return whole if self.name and known else self.module


def imports(tree: ast.Module) -> Iterator[Import]:
    """Every import of a module, inside functions too."""
    late = {id(inner) for node in ast.walk(tree) if isinstance(node, FUNCTIONS) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, "", id(node) in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(node.lineno, node.module or "", alias.name, id(node) in late, node.level)


def breaches(files: Mapping[str, str]) -> list[str]:
    """Every breach of the plan, one sentence each: file, line, rule."""
    modules = {module_of(path) for path in files}
    found = [f"{path}: {rule}" for path in files for rule in _standing(path)]
    for path, text in files.items():
        tree = ast.parse(text)
        for each in imports(tree):
            found += [f"{path}:{each.line}: {rule}" for rule in _import(path, each, modules)]
        found += [f"{path}:{line}: {rule}" for line, rule in _words(path, tree)]
    return found


# --- which files there are ----------------------------------------------------------------------
def _standing(path: str) -> Iterator[str]:
    module = module_of(path)
    parts = module.split(".")
    for name in plan.BANNED_NAMES & set(parts):
        yield f"a file or folder named {name} says nothing of what is in it"
    place = place_of(module)
    if place is None:
        if not _stands_beside(module):
            yield "it stands in no room of the plan"
    elif place.piece and place.step is None:
        yield f"{place.piece} is no furniture of a room: take one of {', '.join(sorted(plan.STEPS))}"


def _stands_beside(module: str) -> bool:
    top, _dot, rest = module.partition(".")
    first = rest.partition(".")[0]
    if module.startswith("stakeholders.management.commands."):
        return False
    return top in OURS and (not rest or first in {"pmo_portal": plan.PROJECT, "stakeholders": plan.WING}.get(top, ()))


# --- who imports what ---------------------------------------------------------------------------
def _import(path: str, each: Import, modules: set[str]) -> Iterator[str]:
    if each.level:
        yield "an import from a dot hides which room it comes from: write the whole name"
        return
    yield from _foreign(path, each)
    if each.module.split(".")[0] not in OURS:
        if each.late:
            yield f"a late import of {each.module}: imports stand at the top"
        return
    target = each.target(modules)
    if each.late and (path, target) not in plan.LATE_IMPORTS:
        yield f"a late import of {target}: imports stand at the top, a circle is broken by moving the thing"
    yield from _between(module_of(path), target)


def _foreign(path: str, each: Import) -> Iterator[str]:
    words = {*each.module.split("."), each.name}
    about_mail = words & plan.MAIL_WORDS or (words & plan.MAIL_CLASSES and "mail" in each.module)
    if about_mail and not path.startswith("pmo_portal/outbox/"):
        yield "only the outbox sends mail: hand a letter to pmo_portal.outbox.letters"
    if "signals" in words and path not in plan.SIGNALS:
        yield "no signals: what must follow is written where it happens, or read later from the journal"
    if "importlib" in words or "import_string" in words:
        yield "an import by its name in a string hides from the plan"


def _between(importer: str, target: str) -> Iterator[str]:
    if _is_roof(target):
        if not _is_roof(importer) and (importer, target) not in plan.ROOF_IS_IMPORTED_BY:
            yield f"{target} is the roof: nobody imports it"
        return
    if _is_roof(importer):
        return
    here, there = place_of(importer), place_of(target)
    if here is None:
        yield from _by_the_face(importer, target, there)
    elif there is None:
        yield f"{target} is a face for Django: import it from its room"
    elif here.room == there.room:
        yield from _inside(here, there)
    else:
        yield from _across(here, there)


def _is_roof(module: str) -> bool:
    return any(module == roof or module.startswith(f"{roof}.") for roof in plan.ROOF)


def _by_the_face(importer: str, target: str, there: Place | None) -> Iterator[str]:
    face = importer.rpartition(".")[2]
    if there is None or there.piece != face or there.room == "stakeholders.digests":
        yield f"{importer} only shows the rooms' {face} to Django, and imports nothing else ({target})"


def _across(here: Place, there: Place) -> Iterator[str]:
    if plan.FLOOR[here.room] <= plan.FLOOR[there.room]:
        yield f"{here.room} stands below or beside {there.room}: imports point down only"
    if here.room == "mandate" and there.room.startswith("stakeholders"):
        yield "the mandate knows no stakeholder"
    if there.piece not in plan.DOORS and f"{there.room}.{there.piece}" not in plan.MORE_DOORS:
        yield f"{there.module} is {there.room}'s own: from outside only its {', '.join(sorted(plan.DOORS))}"


def _inside(here: Place, there: Place) -> Iterator[str]:
    if here.piece == there.piece:
        return
    allowed = plan.ONLY.get(here.piece)
    if allowed and there.piece not in allowed:
        yield f"{here.piece} imports only {', '.join(allowed)} of its room, not {there.piece or 'the room itself'}"
    elif here.step is not None and there.step is not None and here.step <= there.step:
        yield f"inside a room {here.piece} does not import {there.piece}: urls → views → actions → forms, reading → notices → access → models"  # noqa: E501


# --- what they say ------------------------------------------------------------------------------
def _words(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "receiver":
            yield node.lineno, "no signals: what must follow is written where it happens, or read from the journal"
        if called in {"get_model", "__import__", "import_module"} and "/migrations/" not in path:
            yield node.lineno, f"{called} is an import in disguise: import the room's models"
        if called == "send_mail" and not path.startswith("pmo_portal/outbox/"):
            yield node.lineno, "only the outbox sends mail: hand a letter to pmo_portal.outbox.letters"


def reverse_uses(files: Mapping[str, str], accessors: Mapping[str, str]) -> list[str]:
    """Each use of a reverse accessor below the room that it leads to: an import in disguise."""
    found = []
    for path, text in files.items():
        place = place_of(module_of(path))
        if place is None or "/migrations/" in path:
            continue
        above = {name: room for name, room in accessors.items() if plan.FLOOR[place.room] < plan.FLOOR[room]}
        for node in ast.walk(ast.parse(text)):
            found += [
                f"{path}:{getattr(node, 'lineno', '?')}: {name} leads up to {above[name]}: use it there or above"
                for name in _names(node) & above.keys()
            ]
    return found


def _names(node: ast.AST) -> set[str]:
    """The attribute, or the parts of a lookup such as `agreements__state`, that a piece of code names."""
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.keyword):
        return set((node.arg or "").split("__"))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
        return set(node.value.split("__"))
    return set()
