"""A longer list costs no more questions to the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mandate.models import MandateVersion
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.models import Agreement, AgreementRevision, Row
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.understanding.actions import say_meaning
from stakeholders.understanding.models import Meaning
from tests.conftest import person_with, publish_mandate, write_agreement
from tests.house.conftest import Cast, form_of_proposal

pytestmark = pytest.mark.django_db


class Growth:
    """An organisation that becomes larger by one of everything at a time."""

    def __init__(self, cast: Cast, live: MandateVersion) -> None:
        self.cast, self.live = cast, live
        self.lead, self.member, self.issuer = (cast.users[role] for role in ("lead", "member", "issuer"))
        self.size = 0

    def grow(self) -> None:
        self.size += 1
        self.live = publish_mandate(self.member, self.issuer)
        self.sign(self.area("signed"))
        waiting = write_agreement(self.area("proposed"), self.live, self.lead)
        self.propose(waiting)
        write_agreement(self.area("drafted"), self.live, self.lead)
        self.sign(self.cast.area)
        self.mean(self.cast.area)
        self.mean(Area.objects.get(name=f"drafted {self.size}"))

    def mean(self, area: Area) -> None:
        """What one clause more means in an area."""
        known = Meaning.objects.filter(area=area).values("clause_key")
        clause = self.live.clauses.exclude(key__in=known).first()
        if clause:
            say_meaning(Meaning(area=area, clause_key=clause.key, text=f"Meaning {self.size}"), by=self.lead)

    def area(self, name: str) -> Area:
        name = f"{name} {self.size}"
        area = Area.objects.create(name=name, slug=Area.free_slug(name), starts_on=timezone.localdate())
        person_with(area, Role.Kind.HEAD, f"head-of-{area.slug}@fairhaven.example")
        return area

    def propose(self, draft: AgreementRevision) -> None:
        """As the lead does it, with what the page sends."""
        address = reverse("agreements:propose", kwargs={"pk": draft.agreement_id})
        self.cast.client("lead").post(address, form_of_proposal(draft))
        draft.refresh_from_db()

    def sign(self, area: Area) -> AgreementRevision:
        """A first agreement, or the next revision of it with one row more; its promises are late at once."""
        standing = Agreement.objects.filter(area=area).first()
        draft = agreements.revise(standing, by=self.lead) if standing else write_agreement(area, self.live, self.lead)
        late = timezone.localdate() - timedelta(days=1)
        agreements.save_draft(
            Row(
                revision=draft, clause=self.live.clauses.first(), you_need=f"Need {self.size}", we_commit="A list",
                you_commit="Early word", you_will_notice="Calm", due_on=late,
            ),
            by=self.lead,
        )  # fmt: skip
        self.propose(draft)
        head = area.roles.get(kind=Role.Kind.HEAD).person
        agreements.countersign(draft, by=head.user, content_hash=draft.content_hash)
        return draft


MOST = 40
PAGES: dict[str, tuple[str, Callable[[Cast], str]]] = {
    "the areas": ("lead", lambda _: reverse("areas:areas")),
    "the people": ("lead", lambda _: reverse("people:people")),
    "the people of a state and a role": ("lead", lambda _: reverse("people:people") + "?state=not_invited&kind=head"),
    "a person": ("lead", lambda cast: cast.people["head"].get_absolute_url()),
    "what waits for a person": (
        "lead",
        lambda cast: reverse("home:waiting", kwargs={"pk": cast.people["head"].pk}),
    ),
    "several to invite": (
        "lead",
        lambda _: (
            reverse("people:invite_several")
            + "?"
            + "&".join(f"who={pk}" for pk in Person.objects.values_list("pk", flat=True))
        ),
    ),
    "the agreements": ("lead", lambda _: reverse("agreements:agreements")),
    "the versions of the mandate": ("lead", lambda _: reverse("mandate:versions")),
    "who has read the mandate": ("lead", lambda _: reverse("understanding:readers")),
    "my letters": ("lead", lambda _: reverse("digests:archive")),
    "all letters": ("lead", lambda _: reverse("digests:outbox")),
    "the PMO's first page": ("lead", lambda _: reverse("home:home")),
    "an area, for the PMO": ("lead", lambda cast: cast.area.get_absolute_url()),
    "an area, for its head": ("head", lambda cast: cast.area.get_absolute_url()),
    "an agreement": ("head", lambda cast: Agreement.objects.get(area=cast.area).get_absolute_url()),
    "my page": ("head", lambda _: reverse("home:me")),
    "two versions compared, for a head": ("head", lambda _: reverse("mandate:compare") + "?from=1"),
    "two versions compared, for the PMO": ("lead", lambda _: reverse("mandate:compare") + "?from=1&show=all"),
    "the live mandate": ("head", lambda _: reverse("mandate:live")),
    "the live mandate, as read in an area": (
        "lead",
        lambda cast: reverse("mandate:live") + f"?area={cast.area.slug}",
    ),
    "clauses and areas": ("lead", lambda _: reverse("mandate:areas")),
    "the mandate on one page": ("head", lambda _: reverse("mandate:one_page")),
    "the mandate as PDF": ("head", lambda _: reverse("mandate:pdf")),
    "the mandate as a file": ("head", lambda _: reverse("mandate:json")),
}


def questions(cast: Cast, role: str, address: str) -> int:
    """How many a page asks when it is read for the second time."""
    browser = cast.client(role)
    assert browser.get(address).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        browser.get(address)
    return len(asked)


def test_a_list_of_three_asks_no_more_than_a_list_of_one(cast: Cast, live: MandateVersion) -> None:
    growth = Growth(cast, live)
    growth.grow()
    one = counts(cast)
    growth.grow()
    growth.grow()
    three = counts(cast)
    assert {page: (one[page], three[page]) for page in PAGES if one[page] != three[page]} == {}
    assert {page: count for page, count in three.items() if count > MOST} == {}


def counts(cast: Cast) -> dict[str, int]:
    return {page: questions(cast, role, at(cast)) for page, (role, at) in PAGES.items()}
