"""Other words in place: the issuer suggests, the PMO answers, and what is accepted makes one next version."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate import notices
from mandate.access import can_write, issuers, leads
from mandate.actions.draft import hold, next_draft, remember
from mandate.actions.same_row import new_row, same_row
from mandate.actions.sign_off import Outcome, answered, as_issuer, close_draft, to_be_decided
from mandate.models import PLACEHOLDER, Cell, MandateVersion, Part, Suggestion, tidy
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.forms import LONGEST_TEXT
from pmo_portal.journal.actions import record


@dataclass(frozen=True)
class WrongWords:
    """Why something cannot be taken, in words, at the cell or the suggestion that it is about."""

    at: Cell | int
    words: str

    def __str__(self) -> str:
        return self.words


@transaction.atomic
def suggest(
    version: MandateVersion, *, by: User, words: Mapping[Cell, str], reason: str = "", now: datetime | None = None
) -> list[Suggestion]:
    """Suggest other words for some cells of the version that waits; returns the suggestions that are new.

    Words that stand, or are suggested, already are passed over; the old words at a cell take its suggestion back.
    Raises NotAllowed for all but who decides on it; RuleBroken when there is nothing to decide, when nothing was
    changed, or with a WrongWords for each cell whose words cannot stand there.
    """
    now = now or timezone.now()
    as_issuer(version, by)
    hold()
    version = to_be_decided(version)
    standing, held = version.cells(), {each.cell: each for each in version.suggestions.open()}
    wanted = {cell: tidy(text) for cell, text in words.items()}
    if wanted.keys() - standing.keys():
        raise Stale(_("There are no words at this place."))
    wanted = {cell: text for cell, text in wanted.items() if text != now_at(cell, standing, held)}
    if not wanted:
        raise RuleBroken(_("Change at least one word."))
    if wrong := [WrongWords(cell, why) for cell, text in wanted.items() if (why := why_not(version, cell, text))]:
        raise RuleBroken(_("Nothing was sent yet."), wrong)
    for cell in wanted.keys() & held.keys():
        answered(held[cell], Outcome.TAKEN_BACK, by, now)
    made = [
        Suggestion.objects.create(
            version=version, part=cell.part, row=cell.row, field=cell.field, before=standing[cell], words=text,
            reason=tidy(reason)[:LONGEST_TEXT], by=by, at=now,
        )
        for cell, text in wanted.items()
        if text != tidy(standing[cell])
    ]  # fmt: skip
    if made:
        _tell_suggested(version, made, by, now, is_first=not held)
    return made


def now_at(cell: Cell, standing: Mapping[Cell, str], held: Mapping[Cell, Suggestion]) -> str:
    """The words in the box of a cell: those suggested before, else those that stand."""
    return tidy(held[cell].words if cell in held else standing[cell])


def why_not(version: MandateVersion, cell: Cell, text: str) -> str:
    """Why these words cannot stand at a cell; empty when they can."""
    field = type(version.holders()[cell.part, cell.row])._meta.get_field(cell.field)
    longest = getattr(field, "max_length", None) or LONGEST_TEXT
    if not text:
        return _("Write the words that should stand here.")
    if len(text) > longest:
        return _("At most %(longest)s signs fit here; this has %(count)s.") % {"longest": longest, "count": len(text)}
    standing = str(getattr(version.holders()[cell.part, cell.row], cell.field))
    if set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(standing)):
        return _("Words in square brackets are places still to be filled: write it without them.")
    return ""


def _tell_suggested(
    version: MandateVersion, made: list[Suggestion], by: User, now: datetime, *, is_first: bool
) -> None:
    note(by=by, verb="suggest", subject=version.key, now=now, suggestions=[each.pk for each in made])
    record(kind="mandate_words_suggested", subject=version.key, scope="office:pmo", at=now, number=version.number)
    # One letter for all that nobody has answered: an issuer who goes through the whole text sends a dozen.
    for lead in leads() if is_first else []:
        notices.words_suggested(version, lead, by=by)


@transaction.atomic
def take_back(suggestion: Suggestion, *, by: User, now: datetime | None = None) -> None:
    """The issuer drops a suggestion that nobody has answered. Raises NotAllowed, or Stale when somebody has."""
    as_issuer(suggestion.version, by)
    hold()
    answered(suggestion, Outcome.TAKEN_BACK, by, now or timezone.now())


@transaction.atomic
def answer(
    version: MandateVersion, *, by: User, accept: Collection[int] = (), decline: Mapping[int, str] | None = None,
    now: datetime | None = None,
) -> MandateVersion | None:  # fmt: skip
    """Answer suggestions by key: accept some, decline others with a reason, leave the rest.

    All that is accepted makes one next version with exactly those changes, sent to the issuer at once; what is
    left goes along with it. Where somebody has begun a draft meanwhile, or the version was sent back and more has to
    be different, the words go into the draft instead, and go to the issuer with it. Returns the next version or that
    draft; None when nothing was accepted.

    Raises NotAllowed, Stale when one of them is no longer open, RuleBroken when the version is decided, with a
    WrongWords for each reason that is not given, or each place where the draft says something else.
    """
    now, declined = now or timezone.now(), {pk: tidy(why) for pk, why in (decline or {}).items()}
    if not can_write(by):
        raise NotAllowed(_("Only the PMO answers suggestions."))
    hold()
    version, chosen = _open_ones(version, {*accept, *declined})
    if wrong := [WrongWords(pk, _("Say why: the issuer reads it.")) for pk, why in declined.items() if not why]:
        raise RuleBroken(_("Nothing was answered yet."), wrong)
    accepted = [chosen[pk] for pk in accept]
    goes_at_once = version.goes_on_at_once()
    next_one = _with(accepted, version, by) if accepted else None
    for each in accepted:
        answered(each, Outcome.ACCEPTED, by, now, led_to=next_one)
    for pk, why in declined.items():
        answered(chosen[pk], Outcome.DECLINED, by, now, answer=why[:LONGEST_TEXT], led_to=next_one)
    answers = list(Suggestion.objects.filter(pk__in=chosen))
    if next_one and goes_at_once:
        next_one = close_draft(next_one, by, now)
        for issuer in issuers():
            notices.mandate_in_review(next_one, issuer, answers)
        return next_one
    for issuer in issuers():
        notices.suggestions_answered(version, issuer, answers, draft=next_one)
    return next_one


def _open_ones(version: MandateVersion, keys: Collection[int]) -> tuple[MandateVersion, dict[int, Suggestion]]:
    """The version as it stands and the open suggestions of it with these keys, or the refusal."""
    if not keys:
        raise RuleBroken(_("Choose an answer for at least one suggestion."))
    version = MandateVersion.objects.with_parts().get(pk=version.pk)
    chosen = {each.pk: each for each in version.suggestions.open().filter(pk__in=keys)}
    if set(keys) - chosen.keys():
        raise Stale(_("A suggestion was changed, taken back or answered meanwhile. Look at them as they are now."))
    return version, chosen


def _with(accepted: Iterable[Suggestion], version: MandateVersion, by: User) -> MandateVersion:
    """The draft that says what was accepted: the one that somebody is writing, else a copy of this version."""
    draft = MandateVersion.objects.drafts().with_parts().first() or next_draft(version.mandate, by, keep_change=True)
    draft = MandateVersion.objects.with_parts().get(pk=draft.pk)
    wrong = [WrongWords(each.pk, words) for each in accepted if (words := _write(each, draft))]
    if wrong:
        raise RuleBroken(_("The draft of %(version)s says something else there.") % {"version": draft}, wrong)
    remember(draft, by)
    return draft


def _write(suggestion: Suggestion, draft: MandateVersion) -> str:
    """Put the suggested words into a draft; where it says neither the old words nor these, why not."""
    if holder := _where(suggestion, draft):
        setattr(holder, suggestion.field, suggestion.words)
        holder.save(update_fields=[suggestion.field])
        return ""
    words = _("“%(words)s”: write it into the draft yourself, then accept it; or decline it.")
    return words % {"words": suggestion.words[:80]}


def _where(suggestion: Suggestion, draft: MandateVersion) -> MandateVersion | Part | None:
    """What takes a suggestion's words in a draft: the same row while it says the old words or these.

    Where that row is gone, a new one that says them already: somebody wrote them in by hand.
    """
    same, fits = same_row(suggestion, draft), {tidy(suggestion.before), suggestion.words}
    if same and tidy(str(getattr(same[1], suggestion.field))) in fits:
        return same[1]
    return None if same else new_row(suggestion, draft)
