"""Letters about the mandate."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from mandate.models import (
    Cancellation,
    Decision,
    MandateVersion,
    Revocation,
    SentBack,
    Suggestion,
    Untold,
    Withdrawal,
)
from pmo_portal.accounts.access import zone_of
from pmo_portal.accounts.models import User
from pmo_portal.common.links import way_in
from pmo_portal.common.words import moment_in
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail

IN_REVIEW = "mandate/mandate_in_review"


def _about(
    version: MandateVersion, event: str, to: User, by: User | Decision | None = None, context: Any = None, **more: Any
) -> None:
    """One letter about a version, with the way to its page; replies go to who caused it.

    It only tells, unless `kind` says that it asks: what asks goes at most twice.
    """
    path = reverse("mandate:version", kwargs={"number": version.number})
    who, answers_to = (by.who, by.by) if isinstance(by, Decision) else (str(by or ""), by)
    letters.send(
        event=event,
        to=to.email,
        kind=more.pop("kind", OutgoingEmail.Kind.NOTICE),
        about=version.key,
        sender_name=who,
        reply_to=answers_to.email if answers_to else "",
        context={"version": version, "to": to, "by": who, "url": way_in(to.pk, path), **(context or {})},
        **more,
    )


def mandate_in_review(
    version: MandateVersion, to: User, answers: Sequence[Suggestion] = (), *, now: datetime | None = None
) -> None:
    """Ask the issuer to read a version, and tell how their suggestions were answered."""
    _about(version, IN_REVIEW, to, context=_answers(answers), kind=OutgoingEmail.Kind.ACTION, now=now)


def in_review_again(version: MandateVersion, to: Iterable[User], *, now: datetime) -> list[User]:
    """The same letter once more, to those to whom it may still go; RuleBroken when it may go to none of them."""
    return letters.send_each(lambda issuer: mandate_in_review(version, issuer, now=now), to)


def words_suggested(version: MandateVersion, to: User, *, by: User) -> None:
    """Tell the PMO's lead that the issuer would have other words."""
    _about(version, "mandate/words_suggested", to, by)


def suggestions_answered(
    version: MandateVersion, to: User, answers: Sequence[Suggestion], *, draft: MandateVersion | None
) -> None:
    """Tell the issuer how their suggestions were answered, where no next version waits for them yet."""
    _about(version, "mandate/suggestions_answered", to, context={"draft": draft, **_answers(answers)})


def mandate_sent_back(sent_back: SentBack, to: User) -> None:
    """Tell the PMO's lead that a version came back, and why."""
    _about(sent_back.version, "mandate/mandate_sent_back", to, sent_back, {"reason": sent_back.reason})


def approval_taken_back(revocation: Revocation, to: User) -> None:
    """Tell that a version will not go live, because the issuer took the approval back."""
    version = revocation.approval.version
    _about(version, "mandate/approval_taken_back", to, revocation, {"reason": revocation.reason})


def publication_cancelled(cancellation: Cancellation, to: User) -> None:
    """Tell that a version does not go live at the moment that was set, told in the reader's own zone."""
    publication = cancellation.publication
    context = {"moment": moment_in(publication.publish_at, zone_of(to))}
    _about(publication.version, "mandate/publication_cancelled", to, cancellation, context)


def mandate_withdrawn(withdrawal: Withdrawal, to: User) -> None:
    """Tell that no version holds any more, and why."""
    version = withdrawal.publication.version
    _about(version, "mandate/mandate_withdrawn", to, withdrawal, {"reason": withdrawal.reason})


def announcement_failed(untold: Untold, to: User) -> None:
    """Tell the PMO's lead, once, that people could not be told of a version that is live."""
    publication = untold.publication
    context = {
        "letters": untold.letters,
        "since": moment_in(publication.publish_at, zone_of(to)),
        "again": moment_in(untold.again_at, zone_of(to)),
    }
    _about(publication.version, "mandate/announcement_failed", to, context=context)


def _answers(answers: Sequence[Suggestion]) -> dict[str, list[Suggestion]]:
    return {
        "accepted": [each for each in answers if each.outcome == Suggestion.Outcome.ACCEPTED],
        "declined": [each for each in answers if each.outcome == Suggestion.Outcome.DECLINED],
    }
