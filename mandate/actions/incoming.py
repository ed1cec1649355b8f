"""A document becomes the draft: all of it or nothing."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mandate.access import can_write
from mandate.actions.draft import hold, next_draft, remember
from mandate.incoming import Incoming, read
from mandate.models import Clause, MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import sha256_of


@transaction.atomic
def bring_in(document: dict[str, Any], *, by: User, instead_of: str = "") -> MandateVersion:
    """Make a document (as `mandate.incoming.load` gives it) the draft; clauses keep their keys.

    `instead_of` is the fingerprint of the draft that may go for it. Raises RuleBroken with all that is wrong with the
    document, or when a draft stands and nobody said that it may go; Stale when it is not the one that was seen.
    """
    if not can_write(by):
        raise NotAllowed(_("Only the PMO writes the mandate."))
    found = read(document)
    if found.problems:
        raise RuleBroken(_("Nothing was brought in."), list(found.problems))
    mandate = hold()
    standing = MandateVersion.objects.drafts().with_parts().first()
    if standing and not instead_of:
        raise RuleBroken(_("A draft is being written. Say that its words may go, or send it to review first."))
    if instead_of and (standing is None or standing.fingerprint() != instead_of):
        raise Stale(_("Somebody has written in the draft meanwhile. Nothing was brought in."))
    draft = standing or next_draft(mandate, by)
    _fill(draft, found)
    remember(draft, by)
    note(by=by, verb="bring_in_draft", subject=draft.key, content_hash=sha256_of(document["content"]))
    return draft


def _fill(draft: MandateVersion, found: Incoming) -> None:
    """The words of the draft become those that were read."""
    for name, value in found.texts.items():
        setattr(draft, name, value)
    draft.save()
    for part, rows in found.rows.items():
        model = getattr(draft, part).model
        # A clause that comes back under its key is the same row: a draft of an agreement may stand on it.
        known = dict(draft.clauses.values_list("key", "pk")) if model is Clause else {}
        for row in rows:
            row.version, row.pk = draft, known.get(getattr(row, "key", ""))
        kept = [row for row in rows if row.pk]
        getattr(draft, part).exclude(pk__in=[row.pk for row in kept]).delete()
        model._default_manager.bulk_update(kept, [*model.FACTS, "position"])
        model._default_manager.bulk_create(row for row in rows if not row.pk)
