"""A mandate that moves on from version to version, and people who read it."""

from datetime import datetime

import pytest
from django.utils import timezone

from mandate import actions as mandate_actions
from mandate.models import Approval, Mandate, MandateVersion, Publication
from pmo_portal.accounts.models import User
from stakeholders.people.models import Person
from stakeholders.understanding import actions
from tests.conftest import write_mandate


class Story:
    """What happens to one mandate, in few words."""

    def __init__(self, member: User, issuer: User) -> None:
        self.member, self.issuer = member, issuer

    def publish(
        self, says: str = "", *, material: bool = True, at: datetime | None = None, letter: str = ""
    ) -> MandateVersion:
        """The next version, live at once or at a moment to come; it says something else in its first clause."""
        draft = write_mandate(self.member)
        draft.is_material = material
        mandate_actions.save_part(draft, by=self.member)
        clause = draft.clauses.get(kind="does")
        clause.text = says or f"Keeps list number {draft.number}."
        mandate_actions.save_part(clause, by=self.member)
        version = mandate_actions.seal(draft, by=self.member)
        mandate_actions.issue(
            version, by=self.issuer, content_hash=version.content_hash, at=at, letter=letter, others="keep"
        )
        return version

    def rows(self, *, material: bool) -> MandateVersion:
        """The same, as the rows that are left of it: for tests with many versions."""
        mandate, now = Mandate.objects.get_or_create(pk=1)[0], timezone.now()
        number = mandate.versions.count() + 1
        version = MandateVersion.objects.create(
            mandate=mandate, number=number, is_material=material, started_by=self.member, sealed_at=now,
            sealed_by=self.member, content_hash=f"{number:064}",
        )  # fmt: skip
        decided = {"by": self.issuer, "capacity": "Issuer", "at": now}
        approval = Approval.objects.create(version=version, content_hash=version.content_hash, **decided)
        Publication.objects.create(version=version, approval=approval, publish_at=now, **decided)
        return version

    def read(self, person: Person, version: MandateVersion | None = None) -> None:
        """A person says that they have read a version: the live one."""
        version = version or MandateVersion.objects.live().get()
        actions.acknowledge(version, person=person, by=person.user, content_hash=version.content_hash)


@pytest.fixture
def story(member: User, issuer: User) -> Story:
    return Story(member, issuer)
