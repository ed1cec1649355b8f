"""Which row of another version is the one that a suggestion is about; writes nothing."""

from mandate.models import Clause, MandateVersion, Part, Suggestion, same_words, tidy

Holder = MandateVersion | Part


def same_row(suggestion: Suggestion, version: MandateVersion) -> tuple[str, Holder] | None:
    """What a suggestion is about in another version, with its row; None where it stands no more.

    A text and a clause keep their key. Any other row is known by its name, the one that the issuer wants
    for it too, and among several of one name by its place: another one in its place may say the very same words.
    """
    holders = version.holders()
    if suggestion.part in {"", "clauses"}:
        found = holders.get((suggestion.part, suggestion.row))
        return (suggestion.row, found) if found else None
    names = _names(suggestion)
    fits = {row: each for (part, row), each in holders.items() if part == suggestion.part and _name(each) in names}
    if suggestion.row in fits:
        return suggestion.row, fits[suggestion.row]
    return next(iter(fits.items())) if len(fits) == 1 else None


def new_row(suggestion: Suggestion, version: MandateVersion) -> Holder | None:
    """The one row, unknown to the version of the suggestion, that says the suggested words already."""
    before = {_known_by(each) for each in suggestion.version.holders().values()}
    fits = [
        each
        for (part, _row), each in version.holders().items()
        if part == suggestion.part
        and _known_by(each) not in before
        and tidy(str(getattr(each, suggestion.field))) == suggestion.words
    ]
    return fits[0] if len(fits) == 1 else None


def _names(suggestion: Suggestion) -> set[str]:
    """How a row may be called by now: as it was, or as the issuer would have it."""
    holder = suggestion.version.holders()[suggestion.part, suggestion.row]
    here = suggestion.version.suggestions.filter(part=suggestion.part, row=suggestion.row, field=_main(holder))
    wanted = here.filter(outcome__in=[Suggestion.Outcome.OPEN, Suggestion.Outcome.ACCEPTED])
    return {_name(holder), *map(same_words, wanted.values_list("words", flat=True))}


def _main(holder: Holder) -> str:
    return holder.CELLS[0] if isinstance(holder, Part) else ""


def _name(holder: Holder) -> str:
    return same_words(str(getattr(holder, _main(holder))))


def _known_by(holder: Holder) -> str:
    """What tells a row from others across versions; a text of the version itself is always there."""
    if not isinstance(holder, Part):
        return ""
    return holder.key if isinstance(holder, Clause) else _name(holder)
