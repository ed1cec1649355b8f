"""Reads a document of the mandate (docs/formats.md) into the rows of a draft; writes nothing and asks no row.

Whatever the bytes are, the answer is a document or a sentence for a person.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from mandate.models import FORMAT, Clause, MandateVersion, Part, new_key, tidy
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.forms import LONGEST_TEXT
from pmo_portal.common.models import sha256_of

MOST_BYTES = 512 * 1024
MOST_ROWS = 200  # of one part
DEEPEST = 8
MOST_TOLD = 50
KEY = re.compile(r"[0-9a-z]{1,12}")
WHY = ("why_before", "why_asked_by", "why_noticed")
# What stands in `content` beside the rows.
KNOWN = {"number", "why", "purpose", "helps", "change", "message", "reports_to", "days", *MandateVersion.LISTS}


# --- the file -----------------------------------------------------------------------------------
def load(raw: bytes) -> dict[str, Any]:
    """The document in these bytes. Raises RuleBroken with words when there is none."""
    if len(raw) > MOST_BYTES:
        words = _("This is more than %(most)s KB, and no mandate is: it was not read.")
        raise RuleBroken(words % {"most": MOST_BYTES // 1024})
    try:
        text = raw.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_such_number)
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as problem:
        words = _("This is not JSON: something is wrong in line %(line)s, at sign %(column)s.")
        raise RuleBroken(words % {"line": problem.lineno, "column": problem.colno}) from None
    except UnicodeError:
        raise RuleBroken(_("This is not a text in UTF-8.")) from None
    except RecursionError:
        raise RuleBroken(_too_deep()) from None
    except ValueError:
        raise RuleBroken(_("This is not JSON: there is a number in it that is far too long.")) from None
    return _document(found)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            words = _("“%(name)s” stands twice in one place: nobody can tell which counts.")
            raise RuleBroken(words % {"name": name[:60]})
        found[name] = value
    return found


def _no_such_number(word: str) -> None:
    raise RuleBroken(_("%(word)s is no number that JSON knows.") % {"word": word})


def _too_deep() -> str:
    return _("There is too much inside one another in this: it is no mandate.")


def _document(found: Any) -> dict[str, Any]:
    """What was read, when it is a document of this form; its content is not looked at yet."""
    if not isinstance(found, dict) or not isinstance(found.get("format"), str):
        raise RuleBroken(_("This is JSON, and no mandate written by a portal: it does not say its format."))
    if found["format"] != FORMAT:
        words = _("This says that it is “%(theirs)s”; this portal reads “%(ours)s”.")
        raise RuleBroken(words % {"theirs": found["format"][:60], "ours": FORMAT})
    if not isinstance(found.get("content"), dict):
        raise RuleBroken(_("There is no content in this mandate."))
    if _depth(found) > DEEPEST:
        raise RuleBroken(_too_deep())
    return found


def _depth(found: Any) -> int:
    """How many levels are inside one another; counted without going into them one by one."""
    depth, level = 0, [found]
    while level:
        depth += 1
        inside = [
            each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)
        ]
        level = [value for values in inside for value in values]
    return depth


def is_true(document: dict[str, Any]) -> bool:
    """Whether the hash that the document tells is the hash of its content."""
    return bool(sha256_of(document["content"]) == document.get("hash"))


def as_text(document: dict[str, Any]) -> str:
    """The document as it goes through a page and back."""
    return json.dumps(document, ensure_ascii=False)


# --- what is in it ------------------------------------------------------------------------------
@dataclass
class Incoming:
    """What would become the draft, what is wrong with it, and what is not taken over; problems leave nothing."""

    texts: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Part]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def wrong(self, where: str, words: Any) -> None:
        """One more thing that is wrong, by the place where it stands."""
        if len(self.problems) < MOST_TOLD:
            self.problems.append(_("%(where)s: %(words)s") % {"where": where, "words": words})

    def leave(self, where: str, names: set[str]) -> None:
        """Some more that is not taken over."""
        told = [f"{where}: {name[:60]}" if where else name[:60] for name in sorted(names)]
        self.unknown = [*self.unknown, *told][:MOST_TOLD]


def read(document: dict[str, Any]) -> Incoming:
    """The rows of a draft from a document that `load` gave, with all that is wrong told at once."""
    found, content = Incoming(), document["content"]
    found.leave("", set(document) - {"format", "number", "hash", "published_at", "issuer", "content"})
    found.leave("content", set(content) - KNOWN)
    found.texts = dict(_texts(content, found))
    for part in MandateVersion.LISTS:
        found.rows[part] = list(_rows(part, content.get(part, []), found))
    begins, ends = found.texts.get("period_from"), found.texts.get("period_to")
    if begins and ends and ends < begins:
        found.wrong("days", _("the last day is before the first."))
    _no_clause_twice(found)
    return found


def _texts(content: dict[str, Any], found: Incoming) -> Iterator[tuple[str, Any]]:
    """The texts and days of the version itself."""
    why, change = _listed(content, "why", 3, found), _listed(content, "change", 2, found)
    given = dict(zip(WHY, why, strict=True))
    given |= {name: content.get(name, "") for name in ("purpose", "helps", "message", "reports_to")}
    given |= {"change_note": change[0] or "", "is_material": True if change[1] in ("", None) else change[1]}
    days = content.get("days", {})
    if not isinstance(days, dict):
        found.wrong("days", _("this should be days by their names."))
        days = {}
    found.leave("days", set(days) - set(MandateVersion.DATES))
    given |= {name: days.get(name) for name in MandateVersion.DATES}
    for name, value in given.items():
        yield name, _value(MandateVersion, name, value, name, found)


def _listed(content: dict[str, Any], name: str, count: int, found: Incoming) -> list[Any]:
    given = content.get(name, [""] * count)
    if isinstance(given, list) and len(given) == count:
        return given
    found.wrong(name, _("this should be a list of %(count)s.") % {"count": count})
    return [""] * count


def _rows(part: str, given: Any, found: Incoming) -> Iterator[Part]:
    """The rows of one part, in their order."""
    model: type[Part] = MandateVersion._meta.get_field(part).related_model  # type: ignore[assignment]
    if not isinstance(given, list):
        found.wrong(part, _("this should be a list."))
        return
    if len(given) > MOST_ROWS:
        words = _("these are %(count)s rows, and at most %(most)s can be read.")
        found.wrong(part, words % {"count": len(given), "most": MOST_ROWS})
        return
    for place, row in enumerate(given, 1):
        where = f"{part}, {place}"
        if isinstance(row, dict):
            found.leave(where, set(row) - set(model.FACTS))
            yield model(position=place, **dict(_facts(model, row, where, found)))
        else:
            found.wrong(where, _("this should be a row with names and words."))


def _facts(model: type[Part], row: dict[str, Any], where: str, found: Incoming) -> Iterator[tuple[str, Any]]:
    for name in model.FACTS:
        if name == "key":
            yield name, _key(row.get("key"), where, found)
        elif name != "number":  # given anew with the draft's own clauses
            default = None if model._meta.get_field(name).null else ""
            yield name, _value(model, name, row.get(name, default), f"{where}, {name}", found)


def _key(given: Any, where: str, found: Incoming) -> str:
    """The key by which a clause is known in every version; one without gets its own."""
    if given in (None, ""):
        return new_key()
    if isinstance(given, str) and KEY.fullmatch(given):
        return given
    found.wrong(f"{where}, key", _("this is no key of a clause: up to twelve small letters and digits."))
    return new_key()


def _value(model: type[models.Model], name: str, given: Any, where: str, found: Incoming) -> Any:
    """A value as its field keeps it; what the field does not take is told, and nothing stands in its place."""
    kept: Any = model._meta.get_field(name)
    if isinstance(given, str) and not isinstance(kept, models.DateField):
        given = tidy(given)
    if given is not None and not isinstance(given, _kind(kept)) or (isinstance(given, bool) and _kind(kept) is int):
        found.wrong(where, _("this should be %(kind)s.") % {"kind": _kind_in_words(kept)})
        return None if kept.null else kept.get_default()
    if isinstance(kept, models.TextField) and isinstance(given, str) and len(given) > LONGEST_TEXT:
        words = _("this has %(count)s characters, and at most %(most)s can be kept.")
        found.wrong(where, words % {"count": len(given), "most": LONGEST_TEXT})
    try:
        return kept.clean(given, None)
    except ValidationError as refusal:
        found.wrong(where, " ".join(capfirst(words) for words in refusal.messages))
        return None if kept.null else kept.get_default()


def _kind(kept: Any) -> type:
    kinds = ((models.BooleanField, bool), (models.IntegerField, int))
    return next((kind for fields, kind in kinds if isinstance(kept, fields)), str)


def _kind_in_words(kept: Any) -> str:
    if isinstance(kept, models.DateField):
        return _("a day such as 2026-09-30")
    return {bool: _("true or false"), int: _("a whole number")}.get(_kind(kept), _("words in quotation marks"))


def _no_clause_twice(found: Incoming) -> None:
    seen: set[str] = set()
    for place, clause in enumerate(found.rows["clauses"], 1):
        if isinstance(clause, Clause):
            if clause.key in seen:
                found.wrong(f"clauses, {place}, key", _("another clause has this key already."))
            seen.add(clause.key)
