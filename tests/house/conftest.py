"""The cast that walks every route, and the stages of the business that they meet."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse
from django.utils import timezone

from mandate import actions as mandate_actions
from mandate.models import Clause, MandateVersion, Suggestion
from pmo_portal.accounts.actions import set_organisation
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.links import sign
from pmo_portal.common.models import Organisation
from pmo_portal.outbox import actions as outbox
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions as agreement_actions
from stakeholders.agreements.models import AgreementRevision, Row
from stakeholders.areas.models import Area
from stakeholders.digests import actions as digest_actions
from stakeholders.digests.models import DigestPreference
from stakeholders.people.models import Person
from stakeholders.understanding import actions as reading
from stakeholders.understanding.models import Meaning
from tests.conftest import come_in, write_mandate
from tests.house.page import form_on

ROLES = ("anonymous", "member", "lead", "issuer", "administrator", "head", "foreign", "sponsor")


@cache
def portal(with_csrf: bool) -> ClientHandler:
    """One portal for all browsers: its middleware looks through the static files only once."""
    handler = ClientHandler(enforce_csrf_checks=with_csrf)
    handler.load_middleware()
    return handler


@dataclass(frozen=True)
class Cast:
    """Somebody of every role, around one area and beside it."""

    users: dict[str, User | None]
    area: Area
    people: dict[str, Person]

    def client(self, role: str, *, with_csrf: bool = False) -> Client:
        """A browser of this role; a failure of the portal is a 500 page, as in life."""
        client = Client(raise_request_exception=False)
        client.handler = portal(with_csrf)
        if user := self.users[role]:
            come_in(client, user)
        return client


@pytest.fixture
def cast(  # noqa: PLR0917
    member: User, lead: User, issuer: User, administrator: User, area: Area, head: Person, foreign_head: Person,
    sponsor: Person, monkeypatch: pytest.MonkeyPatch,
) -> Cast:  # fmt: skip
    Organisation.objects.update(mail_domains="fairhaven.example")
    # Refusals are what is looked for here; writing each into a log takes longer than the refusal.
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    people = {"head": head, "foreign": foreign_head, "sponsor": sponsor}
    users = {"anonymous": None, "member": member, "lead": lead, "issuer": issuer, "administrator": administrator}
    return Cast({**users, **{role: person.user for role, person in people.items()}}, area, people)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def form_of_proposal(draft: AgreementRevision) -> dict[str, str]:
    """What the page of a draft sends when its lead signs it."""
    browser = Client()
    browser.handler = portal(with_csrf=False)
    come_in(browser, draft.drafted_by)
    text = browser.get(draft.agreement.get_absolute_url()).content.decode()
    return form_on(text, reverse("agreements:propose", kwargs={"pk": draft.agreement_id}))


# --- the stages ---------------------------------------------------------------------------------
@pytest.fixture
def nothing(cast: Cast) -> Cast:
    """People and areas, and not a word written."""
    return cast


@pytest.fixture
def not_set_up(cast: Cast) -> Cast:
    """Accounts there are, and nobody is appointed to anything."""
    Appointment.objects.all().delete()
    return cast


@pytest.fixture
def no_issuer(cast: Cast) -> Cast:
    """Nobody holds or held the issuer's office."""
    Appointment.objects.filter(office=Appointment.Office.ISSUER).delete()
    return cast


@pytest.fixture
def with_logo(cast: Cast) -> Organisation:
    """The organisation wears a logo."""
    set_organisation(Organisation.as_stored(), by=cast.users["lead"], fields=[], logo=b"drawn")
    return Organisation.as_stored()


@pytest.fixture
def draft_mandate(cast: Cast, live: MandateVersion, member: User) -> MandateVersion:
    """A live mandate, and the draft of the next."""
    return write_mandate(member)


@pytest.fixture
def two_versions(cast: Cast, live: MandateVersion, member: User, issuer: User) -> MandateVersion:
    """Two versions have been published, the second with other words, a clause moved, one new and one taken out."""
    draft = mandate_actions.start_draft(by=member)
    draft.purpose, draft.change_note = "Other words for it.", "A calendar has come."
    mandate_actions.save_part(draft, by=member)
    for text in ("Keeps a calendar.", "Keeps one list of projects, by 31 March 2027."):
        mandate_actions.save_part(Clause(version=draft, kind="does", text=text), by=member)
    mandate_actions.remove_part(draft.measures.first(), by=member)
    version = mandate_actions.seal(draft, by=member)
    mandate_actions.issue(version, by=issuer, content_hash=version.content_hash)
    return version


@pytest.fixture
def in_review(draft_mandate: MandateVersion, member: User) -> MandateVersion:
    """A live mandate, and the next in review."""
    return mandate_actions.seal(draft_mandate, by=member)


@pytest.fixture
def suggested(in_review: MandateVersion, issuer: User) -> Suggestion:
    """A version in review, of which the issuer would have other words at one place."""
    cell = next(iter(in_review.cells()))
    return mandate_actions.suggest(in_review, by=issuer, words={cell: "Other words."})[0]


@pytest.fixture
def approved(in_review: MandateVersion, issuer: User) -> MandateVersion:
    """A live mandate, and the next approved and not published."""
    mandate_actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    return in_review


@pytest.fixture
def scheduled(approved: MandateVersion, issuer: User) -> MandateVersion:
    """A live mandate, and the next that waits for its moment."""
    tomorrow = timezone.now() + timedelta(days=1)
    mandate_actions.publish(approved, by=issuer, content_hash=approved.content_hash, at=tomorrow)
    return approved


@pytest.fixture
def beside_scheduled(scheduled: MandateVersion, member: User) -> MandateVersion:
    """A version that waits for its moment, and a newer one in review."""
    return mandate_actions.seal(write_mandate(member), by=member)


@pytest.fixture
def revoked(scheduled: MandateVersion, issuer: User) -> MandateVersion:
    """A version that waited for its moment until its approval was taken back."""
    mandate_actions.revoke(scheduled, by=issuer, reason="The budget is not decided.")
    return scheduled


@pytest.fixture
def withdrawn(live: MandateVersion, cast: Cast, issuer: User) -> MandateVersion:
    """The version that was live until it was withdrawn."""
    mandate_actions.withdraw(live, by=issuer, reason="It says too much.")
    return live


@pytest.fixture
def untold(live: MandateVersion, cast: Cast) -> MandateVersion:
    """A live version of which not everybody could be told."""
    mandate_actions.note_untold(live.publications.get(), now=timezone.now(), letters=3)
    return live


@pytest.fixture
def shared(cast: Cast, draft_agreement: AgreementRevision, lead: User) -> AgreementRevision:
    """A draft that the area's head may see."""
    agreement_actions.share(draft_agreement, by=lead)
    draft_agreement.refresh_from_db()
    return draft_agreement


@pytest.fixture
def answered(cast: Cast, proposed: AgreementRevision, head: Person) -> AgreementRevision:
    """A proposal with an answer that the area's head is still writing; it is the answer that is given."""
    row = Row.objects.select_related("revision__agreement__area").get(revision=proposed)
    row.you_commit = "One week before"
    return agreement_actions.change_words(row, by=head.user, fields=["you_commit"]).revision


@pytest.fixture
def countered(answered: AgreementRevision, head: Person) -> AgreementRevision:
    """Words of the area's own that wait for the PMO."""
    shown = AgreementRevision.objects.with_rows().get(pk=answered.pk).fingerprint()
    agreement_actions.counter(answered, by=head.user, content_hash=shown)
    answered.refresh_from_db()
    return answered


@pytest.fixture
def kept_back(cast: Cast, in_force: AgreementRevision, live: MandateVersion, lead: User) -> AgreementRevision:
    """An agreement in force with a draft of its next revision that nobody outside the PMO may see."""
    return agreement_actions.revise(in_force.agreement, by=lead)


@pytest.fixture
def meant(cast: Cast, in_force: AgreementRevision, live: MandateVersion, member: User) -> Meaning:
    """An agreement in force, and a clause that means something of its own in its area."""
    meaning = Meaning(area=cast.area, clause_key=live.clauses.first().key, text="By the berth plan.")
    return reading.say_meaning(meaning, by=member)


@pytest.fixture
def live_with_cast(cast: Cast, live: MandateVersion) -> Cast:
    """A live mandate, and no agreement yet."""
    return cast


@pytest.fixture
def followed(live_with_cast: Cast) -> Cast:
    """A live mandate that somebody without a role follows by mail."""
    reading.follow(live_with_cast.users["administrator"])
    return live_with_cast


@pytest.fixture
def changed(cast: Cast, in_force: AgreementRevision, member: User, issuer: User) -> Cast:
    """A second version that says something else; the head had read the first, and another head is excused."""
    draft = write_mandate(member)
    draft.clauses.filter(kind="does").update(text="Keeps two lists of projects.")
    second = mandate_actions.seal(draft, by=member)
    mandate_actions.issue(second, by=issuer, content_hash=second.content_hash)
    reading.waive(cast.people["foreign"], by=member, reason="Away until June.")
    return cast


@dataclass(frozen=True)
class Posted:
    """The sponsor's digest, a letter to the head, and a sign-in code to the sponsor."""

    sponsor: Person
    digest: OutgoingEmail
    to_head: OutgoingEmail
    secret: OutgoingEmail

    @property
    def leave(self) -> str:
        return sign("digest-leave", self.sponsor.pk)

    @property
    def undo(self) -> str:
        return sign("digest-undo", self.sponsor.pk)


@pytest.fixture
def posted(cast: Cast, in_force: AgreementRevision) -> Posted:
    """Letters of all kinds stand in the outbox."""
    now = timezone.now()
    sponsor, letters = cast.people["sponsor"], OutgoingEmail.objects
    DigestPreference.objects.create(person=sponsor, rhythm="daily", hour=5, since=now - timedelta(days=20))
    digest_actions.run(now + timedelta(days=7))
    code = Letter("Your code", "123456", "<p>123456</p>")
    return Posted(
        sponsor=sponsor,
        digest=letters.get(kind="digest", to=sponsor.email),
        to_head=letters.get(event="agreements/agreement_proposed"),
        secret=outbox.post(kind="security", event="accounts/login_code", to=sponsor.email, letter=code),
    )
