"""The mandate on one page of paper: what stands on the sheet, and whether it fits; writes nothing."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate.access import issuers, leads
from mandate.models import Clause, DecisionStep, MandateVersion, Power
from mandate.reading.document import held
from mandate.reading.fitting import SIZES, Contact, Group, Line, Quarter, Sheet, fit, height
from mandate.reading.pages import mandate_title, state_of
from pmo_portal.common.links import address_of
from pmo_portal.common.models import Organisation
from pmo_portal.common.prose import plain
from pmo_portal.common.words import day


def one_page(version: MandateVersion, live: MandateVersion | None) -> dict[str, Any]:
    """All that stands on the sheet, the step of type in which it fits, and in words that it fits in none."""
    sheet = _sheet(version, live)
    found = fit(sheet)
    return {
        "version": version,
        "is_live": bool(live and live.pk == version.pk),
        "sheet": sheet,
        "step": found.step,
        "halves": None if found.over else found.halves,
        "too_long": _over_in_words(sheet, found.over) if found.over else "",
    }


def too_long(version: MandateVersion) -> str:
    """Says to who writes that a version does not fit on one page, and where to shorten; empty when it fits."""
    return str(one_page(version, None)["too_long"])


def _over_in_words(sheet: Sheet, over: int) -> str:
    """By how much it is too long, and where shortening helps: the longer quarter of each half."""
    words = ngettext(
        "On one page it is about %(n)s line too long, in the smallest type that can be read on paper.",
        "On one page it is about %(n)s lines too long, in the smallest type that can be read on paper.",
        over,
    )
    first, second = (max(row, key=lambda each: height(each, SIZES[-1])).title for row in sheet.rows)
    where = _("Shorten “%(first)s” or “%(second)s”: nothing is cut off, it takes a second sheet.")
    return f"{words % {'n': over}} {where % {'first': first, 'second': second}}"


def _sheet(version: MandateVersion, live: MandateVersion | None) -> Sheet:
    office = Organisation.current()
    meta = [office.name, " · ".join([str(version), *_issued(version, live)]), _period(version)]
    quarters = [_why(version), _do(version, office.office_name), _not(version), _tell(version)]
    return Sheet(mandate_title(), list(filter(None, meta)), quarters, _contacts(office))


def _issued(version: MandateVersion, live: MandateVersion | None) -> list[str]:
    """Since when it holds and by whom; of a version that does not hold, where it stands."""
    said = [] if live and live.pk == version.pk else [str(state_of(version, live, to_readers=True).label)]
    if publication := held(version):
        said.append(_("Published on %(day)s") % {"day": day(publication.publish_at)})
        said.append(_("Signed by %(name)s") % {"name": publication.who})
    return said


def _period(version: MandateVersion) -> str:
    begins, ends = day(version.period_from), day(version.period_to)
    said = _("Holds from %(from)s to %(to)s") if begins and ends else ""
    said = said or (_("Holds from %(from)s") if begins else _("Holds until %(to)s") if ends else "")
    again = _("Looked at again on %(day)s") % {"day": day(version.review_on)} if version.review_on else ""
    return " · ".join(filter(None, [said % {"from": begins, "to": ends}, again]))


# --- the quarters -------------------------------------------------------------------------------
def _group(kind: str, lines: Sequence[Line], title: str = "") -> list[Group]:
    return [Group(kind, list(lines), title)] if lines else []


def _why(version: MandateVersion) -> Quarter:
    why = [
        (_("Before this office:"), version.why_before),
        (_("Who asked for it:"), version.why_asked_by),
        (_("How you notice:"), version.why_noticed),
    ]
    purpose = [Line(_words(version.purpose))] if version.purpose else []
    lines = [Line(_words(text), name) for name, text in why if text]
    return Quarter("why", _("Why we exist"), [*_group("lead", purpose), *_group("text", lines)])


def _do(version: MandateVersion, office: str) -> Quarter:
    services = [Line(_words(row.what_you_get), f"{row.name}:") for row in version.services.all()]
    does = [Line(_words(clause.text)) for clause in _clauses(version, Clause.Kind.DOES)]
    shared = [Line(_words(clause.text)) for clause in _clauses(version, Clause.Kind.SHARED)]
    groups = [
        *_group("text", services),
        *_group("list", does),
        *_group("list", shared, _("Together with you")),
        *_group("text", _powers(version), _("What the %(office)s may do by itself") % {"office": office}),
    ]
    return Quarter("do", _("What we do"), groups)


def _not(version: MandateVersion) -> Quarter:
    clauses = _clauses(version, Clause.Kind.DOES_NOT)
    rows = [Line(_words(clause.text), clause.who_instead, clause.how_to_reach) for clause in clauses]
    return Quarter("not", _("What we don't do, and who does"), _group("pairs", rows))


def _tell(version: MandateVersion) -> Quarter:
    objectives = [Line(_objective(row)) for row in version.objectives.all()]
    measures = [Line(_with(row.text, row.target)) for row in version.measures.all()]
    groups = [
        *_group("list", objectives),
        *_group("list", measures, _("What is measured")),
        *_group("text", _paths(version), _("Who decides")),
    ]
    return Quarter("tell", _("How to tell that we succeed"), groups)


def _clauses(version: MandateVersion, kind: Clause.Kind) -> list[Clause]:
    return [clause for clause in version.clauses.all() if clause.kind == kind]


def _words(text: str) -> str:
    """Free text without its marks and its blank lines: on one page there is room for words alone."""
    return re.sub(r"\n\s*\n", "\n", plain(text))


def _objective(row: Any) -> str:
    return f"{row.text} ({day(row.due_on)})" if row.due_on else str(row.text)


def _with(text: str, more: str) -> str:
    return f"{text} ({more})" if more else text


def _powers(version: MandateVersion) -> list[Line]:
    """What the office may do of its own right, a paragraph for each kind."""
    said = {
        kind: [_with(row.text, row.limit) for row in version.powers.all() if row.kind == kind] for kind in Power.Kind
    }
    return [Line("; ".join(found), f"{kind.label}:") for kind, found in said.items() if found]


def _paths(version: MandateVersion) -> list[Line]:
    """Each matter with who decides it, one after another."""
    matters = groupby(version.decisions.all(), key=lambda step: step.same_matter)
    paths = [list(steps) for _matter, steps in matters]
    return [Line(" → ".join(map(_step, steps)), f"{steps[0].matter}:") for steps in paths]


def _step(step: DecisionStep) -> str:
    days = step.answer_days
    within = ngettext("within %(n)s working day", "within %(n)s working days", days) % {"n": days} if days else ""
    return _with(step.who, ", ".join(filter(None, (step.limit, within))))


def _contacts(office: Organisation) -> list[Contact]:
    """Who issues it and who leads the office; where anyone may read, no person's address but the door alone."""
    is_open = office.mandate_readers == Organisation.Readers.ANYONE
    leading = _("Leads the %(office)s") % {"office": office.office_name}
    roles = [(_("Issues the mandate"), issuers()), (leading, leads())]
    people = [
        Contact(role, ", ".join(map(str, users)), "" if is_open else ", ".join(user.email for user in users))
        for role, users in roles
        if users
    ]
    return [*people, Contact(_("To read it whole, and to ask"), address_of("mandate:live"), office.reply_to)]
