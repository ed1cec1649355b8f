"""A small organisation to write to: two areas, a head and a sponsor, a PMO member, a published mandate."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from mandate.models import Approval, Clause, Mandate, MandateVersion, Proclaimed, Publication
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation
from pmo_portal.journal.actions import EVERYBODY, record
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Row, Side
from stakeholders.areas.models import Area
from stakeholders.digests import actions
from stakeholders.digests.models import Delivery, DigestPreference
from stakeholders.people.models import Person, Role
from tests.conftest import come_in

LONDON = ZoneInfo("Europe/London")
# A Monday some weeks ago: roles and dates of the tests stand around today, because rights are those of today.
TODAY = timezone.localdate()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
STARTED = MONDAY - timedelta(days=70)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of the organisation's clock."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


class House:
    """The rows of one test, made on demand."""

    def __init__(self) -> None:
        self.organisation = Organisation.objects.update_or_create(
            pk=1,
            defaults={"name": "Westmark Ports", "office_name": "Project Office", "time_zone": "Europe/London"},
        )[0]
        self.member = self.user("maya@westmark.example", "Maya Osei")
        self.issuer = self.user("helen@westmark.example", "Helen Marsh")
        for user, office in ((self.member, "lead"), (self.issuer, "issuer")):
            Appointment.objects.create(user=user, office=office, starts_on=STARTED)
        self.finance = self.area("Finance")
        self.harbour = self.area("Harbour")

    def user(self, email: str, name: str = "") -> User:
        return User.objects.create_user(email, name)

    def area(self, name: str) -> Area:
        return Area.objects.create(name=name, slug=Area.free_slug(name), starts_on=STARTED)

    def person(self, name: str, kind: str = "sponsor", area: Area | None = None, **more: object) -> Person:
        """Somebody who can come in, holds a role and wants the digest every Monday at nine."""
        email = f"{name.lower()}@westmark.example"
        person = Person.objects.create(name=name, email=email, user=self.user(email, name))
        Role.objects.create(person=person, area=area or self.finance, kind=kind, starts_on=STARTED)
        self.wants(person, **more)
        return person

    def wants(self, person: Person, **more: object) -> DigestPreference:
        return DigestPreference.objects.create(person=person, **{"since": at(STARTED), **more})

    def version(self, number: int = 1, note: str = "", is_material: bool = True) -> MandateVersion:
        mandate = Mandate.objects.get_or_create(pk=1)[0]
        version = MandateVersion.objects.create(
            mandate=mandate, number=number, purpose="Projects that do not collide.", change_note=note,
            is_material=is_material, started_by=self.member,
        )  # fmt: skip
        Clause.objects.create(version=version, text="keeps one list of all projects", number="1.1")
        now = at(MONDAY - timedelta(days=4))
        version.sealed_at, version.sealed_by, version.content_hash = now, self.member, f"{number:064}"
        version.save()
        return version

    def publishes(
        self, number: int = 1, note: str = "", is_material: bool = True, when: datetime | None = None,
        message: str = "",
    ):  # fmt: skip
        """A version goes live, with its line in the journal; with a message there is a letter to send."""
        when = when or at(MONDAY - timedelta(days=3))
        version = self.version(number, note, is_material)
        approval = Approval.objects.create(
            version=version, content_hash=version.content_hash, by=self.issuer, capacity="Issuer", at=when
        )
        publication = Publication.objects.create(
            version=version, approval=approval, publish_at=when, by=self.issuer, capacity="Issuer", at=when,
            message=message,
        )  # fmt: skip
        Proclaimed.objects.create(publication=publication, at=when)
        return record(
            kind="mandate_published", subject=version.key, scope=EVERYBODY, at=when,
            number=number, material=is_material, note=note, issuer="Helen Marsh",
        )  # fmt: skip

    def revision(self, area: Area | None = None, state: str = "in_force", **more: object) -> AgreementRevision:
        agreement = Agreement.objects.create(area=area or self.finance, started_by=self.member)
        dates = {"period_from": STARTED, "period_to": TODAY + timedelta(days=300), **more}
        revision = AgreementRevision.objects.create(
            agreement=agreement, number=1, aim="Fewer surprises", drafted_by=self.member, **dates
        )
        Row.objects.create(revision=revision, you_need="One list", we_commit="A list", you_will_notice="Calm")
        if state == "shared":
            revision.shared_at = at(MONDAY - timedelta(days=3))
        elif state != "draft":
            revision.shared_at = revision.sealed_at = at(MONDAY - timedelta(days=3))
            revision.state, revision.content_hash = state, "a" * 64
        revision.save()
        return revision

    def agreed(self, revision: AgreementRevision, kind: str = "agreement_in_force", **more: object):
        """A line about an agreement in the journal."""
        area = revision.agreement.area
        when = more.pop("when", None) or at(MONDAY - timedelta(days=2))
        return record(
            kind=kind, subject=revision.key, scope=area.scope, at=when, area=area.name, number=revision.number,
            period_from=revision.period_from.isoformat(), period_to=revision.period_to.isoformat(),
            agreement=revision.agreement_id, reason="", **more,
        )  # fmt: skip

    def revision_of(self, key: str) -> AgreementRevision:
        """The revision of a key such as revision:12."""
        return AgreementRevision.objects.get(pk=int(key.partition(":")[2]))

    def organisation_zone(self) -> ZoneInfo:
        return ZoneInfo(self.organisation.time_zone)

    def promise(self, revision: AgreementRevision, text: str, due_on: date, side: str = Side.PMO) -> Promise:
        row = revision.rows.first()
        if row.promises.filter(side=side).exists():
            # A sealed agreement takes no new row; a promise needs one of its own.
            row = self.revision(self.area(f"Area {Area.objects.count()}")).rows.first()
        return Promise.objects.create(row=row, side=side, text=text, due_on=due_on)

    def tick(self, now: datetime | None = None) -> None:
        """One minute of the clock."""
        actions.run(now or at(MONDAY, 9, 1))

    def delivery(self, person: Person) -> Delivery:
        return Delivery.objects.filter(person=person).latest("due_at")

    def letter(self, person: Person) -> OutgoingEmail:
        email = self.delivery(person).email
        assert email is not None
        return email

    def client(self, user: User) -> Client:
        client = Client()
        come_in(client, user)
        return client


@pytest.fixture
def house(db: None) -> House:
    return House()
