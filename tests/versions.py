"""The next version of the mandate, with a change or without."""

from collections.abc import Callable

from mandate import actions
from mandate.models import Clause, MandateVersion
from pmo_portal.accounts.models import User
from tests.conftest import write_mandate

Change = Callable[[MandateVersion], object]


def next_in_review(member: User, change: Change | None = None, *, material: bool = True) -> MandateVersion:
    """A version in review, with what `change` does to its draft."""
    draft = write_mandate(member)
    if change:
        change(draft)
    draft.is_material = material
    actions.save_part(draft, by=member)
    return actions.seal(draft, by=member)


def publish_next(
    member: User, issuer: User, change: Change | None = None, *, material: bool = True
) -> MandateVersion:
    """A live version, with what `change` does to its draft."""
    version = next_in_review(member, change, material=material)
    actions.issue(version, by=issuer, content_hash=version.content_hash)
    return version


def reword(draft: MandateVersion) -> None:
    """What the PMO does reads differently."""
    draft.clauses.filter(kind=Clause.Kind.DOES).update(text="Keeps two lists of projects.")


def drop(draft: MandateVersion) -> None:
    """What the PMO did goes, and something else comes."""
    draft.clauses.filter(kind=Clause.Kind.DOES).delete()
    Clause.objects.create(version=draft, kind=Clause.Kind.DOES, text="Does something else.", position=9)


def add(draft: MandateVersion) -> None:
    """Something new comes first: what follows has other numbers."""
    Clause.objects.create(version=draft, kind=Clause.Kind.DOES, text="Comes first.", position=0)
