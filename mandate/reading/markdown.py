"""A version as Markdown (CommonMark, with tables): a text to go on with elsewhere; writes nothing."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from mandate.reading.pages import mandate_title
from mandate.reading.whole import body, meta
from pmo_portal.common.models import Organisation
from pmo_portal.common.prose import plain

# What would be read as a mark, in words that stand in one line; free text is Markdown already and stays as it is.
MARKS = re.compile(r"([\\`*_\[\]<>#|~])")


def as_markdown(version: MandateVersion) -> str:
    """All that a version says, in the order of its page."""
    said = body(version, {}, is_live=False)
    sections = [_begin(version, said), *_why(said), *_do(said), *_rest(said)]
    return "\n\n".join(filter(None, sections)) + "\n"


def line(text: Any) -> str:
    """Words in one line, with nothing in them that would be read as a mark."""
    return MARKS.sub(r"\\\1", " ".join(str(text).split()))


def _begin(version: MandateVersion, said: dict[str, Any]) -> str:
    facts = [f"{each['label']}: {each['value']}" for each in said["facts"]]
    about = [Organisation.current().name, str(version), *meta(version), *facts]
    note = f"\n\n## {line(_('What changed in this version'))}\n\n{version.change_note}" if version.change_note else ""
    return f"# {line(mandate_title())}\n\n{_list(about)}{note}"


def _why(said: dict[str, Any]) -> Iterator[str]:
    yield f"## {line(_('Why we exist'))}"
    for each in [*said["why"], said["purpose"]]:
        yield f"### {line(each['label'])}\n\n{each['value']}" if each["value"] else ""
    if said["message"]["value"]:
        yield f"## {line(said['message']['label'])}\n\n{said['message']['value']}"


def _do(said: dict[str, Any]) -> Iterator[str]:
    yield f"## {line(_('What we do'))}"
    for service in said["services"]:
        yield _service(service)
    yield _clauses(said["does"])
    if said["shared"]:
        yield f"### {line(_('What we do together'))}"
        yield _clauses(said["shared"])
    if said["powers"]:
        yield f"## {line(_('What we may decide'))}"
    for group in said["powers"]:
        rows = [f"{row['text']} ({row['limit']})" if row["limit"] else row["text"] for row in group["rows"]]
        yield f"### {line(group['title'])}\n\n{_list(rows)}"


def _service(service: dict[str, Any]) -> str:
    names = [
        (_("When"), "when"),
        (_("How to ask"), "how_to_ask"),
        (_("Who does it"), "who"),
        (_("What we need from you"), "what_we_need"),
    ]
    facts = _list(f"{name}: {service[key]}" for name, key in names if service[key])
    return "\n\n".join(filter(None, [f"### {line(service['name'])}", service["what_you_get"], facts]))


def _clauses(rows: list[dict[str, Any]]) -> str:
    """A paragraph each: its number, its words, and beneath it what belongs to it."""
    names = [(_("Our part"), "we_do"), (_("Your part"), "you_do"), (_("For example"), "example")]
    found = []
    for row in rows:
        facts = _list(f"{name}: {row[key]}" for name, key in names if row[key])
        words = f"**{row['number']}** {row['source']}" if row["number"] else row["source"]
        found.append("\n\n".join(filter(None, [words, facts])))
    return "\n\n".join(found)


def _rest(said: dict[str, Any]) -> Iterator[str]:
    does_not = _("What we don't do, and who does")
    yield f"## {line(does_not)}"
    yield _table(
        [_("We do not"), _("Who does"), _("How to reach them"), _("For example")],
        [
            [f"{row['number']} {plain(row['source'])}", row["who_instead"], row["how_to_reach"], row["example"]]
            for row in said["does_not"]
        ],
    )
    if said["helps"]["value"]:
        yield f"## {line(said['helps']['label'])}\n\n{said['helps']['value']}"
    if said["matters"]:
        yield f"## {line(_('Who decides what'))}"
        yield _table(
            [_("Matter"), _("Who decides"), _("Up to which limit"), _("Answers within")],
            [
                [each["matter"], step["who"], step["limit"], step["answer"]]
                for each in said["matters"]
                for step in each["steps"]
            ],
        )
    yield f"## {line(_('How to tell that we succeed'))}"
    yield _table(
        [_("Objective"), _("Measure"), _("By")],
        [[row["text"], row["measure"], row["due"]] for row in said["objectives"]],
    )
    yield _table(
        [_("What is measured"), _("What is good"), _("Where to see it")],
        [[row["text"], row["target"], row["where"]] for row in said["measures"]],
    )


def _list(lines: Iterable[Any]) -> str:
    return "\n".join(f"- {line(each)}" for each in lines)


def _table(heads: list[str], rows: list[list[Any]]) -> str:
    """A table; nothing where there is no row."""
    if not rows:
        return ""
    under = ["---"] * len(heads)
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in [map(line, heads), under, *(map(line, row) for row in rows)]
    )
