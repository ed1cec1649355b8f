"""What the issuer decided on a version, in words: who, when, in whose place, and what waits; writes nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate.models import Decision, MandateVersion, Publication, Untold
from pmo_portal.accounts.access import zone_of
from pmo_portal.common.words import day, moment, moments


def named_moments(at: datetime, issuer: Any) -> list[str]:
    """A moment in the viewer's zone, the issuer's where that is another, and UTC."""
    return moments(at, [timezone.get_current_timezone_name(), zone_of(issuer)])


def decided(version: MandateVersion) -> list[dict[str, Any]]:
    """All that was decided on a version, in the order in which it was."""
    found = sorted(_decisions(version), key=lambda each: each[1].at)
    return [
        {"what": what, "who": each.signed, "at": moment(each.at), "reason": getattr(each, "reason", "")}
        for what, each in found
    ]


def _decisions(version: MandateVersion) -> Iterator[tuple[str, Decision]]:
    if hasattr(version, "approval"):
        yield _("Approved"), version.approval
    if version.is_revoked:
        yield _("Approval taken back"), version.approval.revocation
    if version.is_sent_back:
        yield _("Sent back"), version.sent_back
    for each in version.publications.all():
        yield _published(each), each
        if hasattr(each, "cancellation"):
            yield _("Cancelled before it went live"), each.cancellation
        if each.is_withdrawn:
            yield _("Withdrawn"), each.withdrawal


def _published(publication: Publication) -> str:
    if publication.publish_at <= publication.at:
        return _("Published at once")
    return _("Scheduled for %(moment)s") % {"moment": moment(publication.publish_at)}


def fate(version: MandateVersion, live: MandateVersion | None) -> dict[str, Any]:
    """What became of a version since it was approved, for those who may see it before its readers do."""
    publications = list(version.publications.all())
    scheduled = next((each for each in publications if each.is_scheduled()), None)
    held = next((each for each in publications if each.is_due()), None)
    return {
        "decided": decided(version),
        "scheduled": scheduled,
        "moments": named_moments(scheduled.publish_at, scheduled.acting_for or scheduled.by) if scheduled else [],
        "revoked": version.approval.revocation if version.is_revoked else None,
        "withdrawn": held.withdrawal if held and held.is_withdrawn and not scheduled else None,
        "is_live": live == version,
        "is_published": held is not None,
        "may_be_revoked": hasattr(version, "approval") and not (version.is_revoked or held or version.is_overtaken),
        "untold": untold_words(held.untold) if held and is_untold(held) else "",
    }


def is_untold(publication: Publication) -> bool:
    """Somebody still waits to be told of it."""
    return hasattr(publication, "untold") and publication.untold.mended_at is None


def untold_words(untold: Untold) -> str:
    """What is known of people who could not be told, and when it is tried again."""
    words = {"count": untold.letters, "since": moment(untold.since), "again": moment(untold.again_at)}
    said = (
        ngettext(
            "%(count)s letter could not be written since %(since)s.",
            "%(count)s letters could not be written since %(since)s.",
            untold.letters,
        )
        if untold.letters
        else _("The letters could not be made ready since %(since)s.")
    )
    return f"{said} {_('The portal tries again on %(again)s; nobody gets a letter twice.')}" % words


def also_scheduled(version: MandateVersion, at: datetime | None = None) -> list[dict[str, Any]]:
    """What else waits for its moment: when, and whether it may stay beside this version at its own."""
    now = timezone.now()
    others = Publication.objects.scheduled(now).exclude(version=version).with_fate().order_by("publish_at", "pk")
    return [
        {
            "version": other.version,
            "moments": named_moments(other.publish_at, other.acting_for or other.by),
            "by": other.who,
            "may_stay": other.may_stay_beside(version, at or now),
        }
        for other in others
    ]


def taken_back(now: datetime | None = None) -> dict[str, Any] | None:
    """What readers are told while no mandate holds because it was withdrawn: since when, by whom and why."""
    now = now or timezone.now()
    held = Publication.objects.held(now).with_fate().filter(withdrawal__at__lte=now).first()
    if held is None:
        return None
    made = held.withdrawal
    words = {"name": made.who, "number": held.version.number, "day": day(made.at)}
    return {
        "since": _("No mandate holds since %(moment)s") % {"moment": moment(made.at)},
        "by": _("%(name)s withdrew version %(number)s on %(day)s:") % words,
        "reason": made.reason,
    }


def untold() -> list[dict[str, Any]]:
    """The versions of which people could not be told yet, for the PMO's first page; usually none."""
    rows = Untold.objects.open().select_related("publication__version").order_by("since")
    return [{"version": row.publication.version, "words": untold_words(row)} for row in rows]
