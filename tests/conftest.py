"""What every test may lean on: people with their hats, a live mandate, an agreement at each stage."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from mandate import actions as mandate_actions
from mandate.models import Clause, DecisionStep, MandateVersion, Measure, Objective, Power, Service
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common import checks
from pmo_portal.common.models import Organisation
from stakeholders.agreements import actions as agreement_actions
from stakeholders.agreements.models import AgreementRevision, Row
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role

Office = Appointment.Office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a server that this run does not have; tests/run.py says which took part."""
    from django.conf import settings

    absent = {
        "postgres": connection.vendor != "postgresql",
        "redis": not settings.REDIS_URL,
    }
    for item in items:
        for name, is_absent in absent.items():
            if is_absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{name} does not take part in this run"))


@pytest.fixture(autouse=True)
def _an_organisation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test that has a database has an organisation in it, and starts with no throttle counted."""
    marker, names = request.node.get_closest_marker("django_db"), set(request.fixturenames)
    empties = {"transactional_db", "live_server"} & names or (marker and marker.kwargs.get("transaction"))
    if not (marker or empties or "db" in names):
        yield
        return
    request.getfixturevalue("transactional_db" if empties else "db")
    Organisation.objects.get_or_create(
        pk=1, defaults={"name": "Fairhaven Water", "office_name": "PMO", "mandate_readers": "organisation"}
    )
    cache.clear()
    yield
    if empties:
        # Emptying the tables would run into the seals; they are laid again right after it.
        checks.lift_seals()


def user(email: str, *offices: str) -> User:
    """A user with these offices, since last year."""
    made = User.objects.create_user(email, email.partition("@")[0].title(), "quiet-harbour-9")
    for office in offices:
        appoint(made, office, by=None, starts_on=timezone.localdate() - timedelta(days=365))
    return made


def person_with(area: Area, kind: str, email: str) -> Person:
    """A person with a way in and one role, since last year."""
    person = Person.objects.create(name=email.partition("@")[0].title(), email=email, user=user(email))
    Role.objects.create(person=person, area=area, kind=kind, starts_on=timezone.localdate() - timedelta(days=365))
    return person


@pytest.fixture
def member(db: None) -> User:
    return user("member@fairhaven.example", Office.MEMBER)


@pytest.fixture
def lead(db: None) -> User:
    return user("lead@fairhaven.example", Office.LEAD)


@pytest.fixture
def issuer(db: None) -> User:
    return user("issuer@fairhaven.example", Office.ISSUER)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("admin@fairhaven.example", "Admin", "quiet-harbour-9")


@pytest.fixture
def area(db: None) -> Area:
    return Area.objects.create(name="Networks", slug="networks", starts_on=timezone.localdate() - timedelta(days=365))


@pytest.fixture
def other_area(db: None) -> Area:
    return Area.objects.create(name="Billing", slug="billing", starts_on=timezone.localdate() - timedelta(days=365))


@pytest.fixture
def head(area: Area) -> Person:
    return person_with(area, Role.Kind.HEAD, "head@fairhaven.example")


@pytest.fixture
def foreign_head(other_area: Area) -> Person:
    return person_with(other_area, Role.Kind.HEAD, "foreign@fairhaven.example")


@pytest.fixture
def sponsor(area: Area) -> Person:
    return person_with(area, Role.Kind.SPONSOR, "sponsor@fairhaven.example")


def write_mandate(by: User) -> MandateVersion:
    """A draft that is ready for review."""
    draft = mandate_actions.start_draft(by=by)
    for field in ("why_before", "why_asked_by", "why_noticed", "purpose", "helps", "change_note"):
        setattr(draft, field, f"Words for {field}.")
    mandate_actions.save_part(draft, by=by)
    if not draft.clauses.exists():
        mandate_actions.save_part(Objective(version=draft, text="Fewer surprises"), by=by)
        mandate_actions.save_part(Service(version=draft, name="Calendar", what_you_get="One calendar"), by=by)
        mandate_actions.save_part(Clause(version=draft, kind="does", text="Keeps one list of projects."), by=by)
        mandate_actions.save_part(
            Clause(
                version=draft, kind="does_not", text="Run your projects.", who_instead="The project manager",
                how_to_reach="Named in the list", example="Please chair our meeting.",
            ),
            by=by,
        )  # fmt: skip
        mandate_actions.save_part(Power(version=draft, kind="demand", text="One page a month on each project"), by=by)
        step = DecisionStep(version=draft, matter="A change of the budget", who="The sponsor", answer_days=3)
        mandate_actions.save_part(step, by=by)
        mandate_actions.save_part(Measure(version=draft, text="Surprises at the board", target="None"), by=by)
    return draft


def publish_mandate(member: User, issuer: User) -> MandateVersion:
    """A live version."""
    version = mandate_actions.seal(write_mandate(member), by=member)
    mandate_actions.approve(version, by=issuer, content_hash=version.content_hash)
    mandate_actions.publish(version, by=issuer, content_hash=version.content_hash)
    return version


@pytest.fixture
def live(member: User, issuer: User) -> MandateVersion:
    return publish_mandate(member, issuer)


def write_agreement(area: Area, version: MandateVersion, by: User) -> AgreementRevision:
    """A draft that is ready to be proposed."""
    today = timezone.localdate()
    draft = agreement_actions.start(area, by=by, period_from=today, period_to=today + timedelta(days=300))
    draft.aim = "Nobody is surprised."
    agreement_actions.save_draft(draft, by=by)
    agreement_actions.save_draft(
        Row(
            revision=draft, clause=version.clauses.first(), you_need="To know of closures early",
            we_commit="A calendar each Friday", you_commit="Your own works two weeks before",
            you_will_notice="No closure heard of last",
        ),
        by=by,
    )  # fmt: skip
    return draft


@pytest.fixture
def draft_agreement(area: Area, live: MandateVersion, lead: User, head: Person) -> AgreementRevision:
    return write_agreement(area, live, lead)


def as_shown(draft: AgreementRevision) -> str:
    """The hash that the page of a draft carries."""
    shown = AgreementRevision.objects.with_rows().get(pk=draft.pk)
    shown.stand_on(MandateVersion.objects.live().first())
    return shown.fingerprint()


def propose(draft: AgreementRevision, by: User) -> AgreementRevision:
    """Sign for the PMO what the page shows."""
    agreement_actions.propose(draft, by=by, content_hash=as_shown(draft))
    draft.refresh_from_db()
    return draft


@pytest.fixture
def proposed(draft_agreement: AgreementRevision, lead: User) -> AgreementRevision:
    return propose(draft_agreement, lead)


@pytest.fixture
def in_force(proposed: AgreementRevision, head: Person) -> AgreementRevision:
    agreement_actions.countersign(proposed, by=head.user, content_hash=proposed.content_hash)
    proposed.refresh_from_db()
    return proposed


def come_in(client: Client, who: User) -> None:
    """Sign a browser in as somebody who has shown just now who they are."""
    client.force_login(who)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, who, method="code")
    request.session.save()


@pytest.fixture
def as_user(db: None):
    """A browser signed in as somebody."""

    def sign_in(who: User | Person) -> Client:
        client = Client()
        come_in(client, who if isinstance(who, User) else who.user)
        return client

    return sign_in
