"""The example organisation: Westmark Ports, made up. Everything in it is done by the portal's own verbs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Clause, DecisionStep, MandateVersion, Measure, Objective, Part, Power, Service
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.models import AgreementRevision, Promise, Row
from stakeholders.areas.models import Area
from stakeholders.digests.models import DigestPreference
from stakeholders.people import actions as people
from stakeholders.people.models import Person, Role
from stakeholders.understanding.actions import acknowledge, say_meaning
from stakeholders.understanding.models import Meaning

Office = Appointment.Office
Kind = Clause.Kind
PASSWORD = "tide-and-timetable"  # noqa: S105 (of people who do not exist, in a database of its own)
HOST = "westmark.example"


@dataclass(frozen=True)
class SignIn:
    """One line of what `make run` prints."""

    role: str
    email: str
    password: str = PASSWORD


SIGN_INS = [
    SignIn("PMO member", f"maya.osei@{HOST}"),
    SignIn("PMO lead", f"tomas.lindqvist@{HOST}"),
    SignIn("Issuer", f"helen.marsh@{HOST}"),
    SignIn("Head of Terminal Operations", f"ines.carvalho@{HOST}"),
    SignIn("Head of Finance", f"daniel.okoro@{HOST}"),
    SignIn("Head of Information Technology", f"ruth.adler@{HOST}"),
    SignIn("Sponsor", f"samuel.brandt@{HOST}"),
    SignIn("Administrator", f"admin@{HOST}"),
]

AREAS = [
    ("Port Management", None, "Runs the company: safety, money and the long view."),
    ("Terminal Operations", "Port Management", "Ships, cranes and yards at both terminals, day and night."),
    ("Engineering", "Port Management", "Quays, cranes and dredging: built, kept and renewed."),
    ("Finance", "Port Management", "Budgets, tariffs, purchasing and the annual accounts."),
    ("Information Technology", "Port Management", "The terminal system, the network and everybody's desk."),
]

PEOPLE = [
    ("Helen Marsh", "helen.marsh", "Chief Operating Officer", [("Port Management", Role.Kind.HEAD)]),
    ("Ines Carvalho", "ines.carvalho", "Director of Terminal Operations", [("Terminal Operations", Role.Kind.HEAD)]),
    ("Piotr Zielak", "piotr.zielak", "Terminal manager, east", [("Terminal Operations", Role.Kind.DEPUTY)]),
    ("Lena Brandt", "lena.brandt", "Assistant to the director", [("Terminal Operations", Role.Kind.ASSISTANT)]),
    ("Daniel Okoro", "daniel.okoro", "Finance director", [("Finance", Role.Kind.HEAD)]),
    ("Ruth Adler", "ruth.adler", "Head of IT", [("Information Technology", Role.Kind.HEAD)]),
    ("Samuel Brandt", "samuel.brandt", "Sponsor of the east quay renewal",
     [("Terminal Operations", Role.Kind.SPONSOR), ("Engineering", Role.Kind.SPONSOR)]),
    ("Aoife Byrne", "aoife.byrne", "Chief engineer", [("Engineering", Role.Kind.HEAD)]),
]  # fmt: skip

WHY = {
    "why_before": "Nineteen projects planned for the same cranes, the same quay and the same forty engineers. "
    "In 2023 two of them closed the east quay in the same week, and nobody had known of both.",
    "why_asked_by": "The chief operating officer asked for one place that sees every project, says early what "
    "collides, and tells the board the same truth as the project manager.",
    "why_noticed": "Closures are known twelve weeks ahead. A sponsor asks one question and gets one answer. "
    "The board decides between projects, not between slides.",
    "purpose": "The Project Office lets the people who run the port rely on its projects: what will change, when, "
    "what it needs from them, and what they gain.",
    "helps": "Fewer surprises at the quay, in the budget and at the help desk. Decisions reach the person who may "
    "take them, with the facts, while there is still a choice. What was learned on one project is there for the next.",
    "message": "I asked for this office after the summer in which two projects closed the same quay. It is not there to "
    "run your projects or to watch you. It is there so that you hear of things early, and that a question of yours gets "
    "one answer. Hold it to these words, and tell me when it does not keep them.",
    "reports_to": "the chief operating officer",
}
OBJECTIVES = [
    (
        "No quay or crane is closed by a project with less than twelve weeks' notice",
        "Closures announced in time, per quarter",
        date(2027, 3, 31),
    ),  # noqa: E501
    (
        "Every project with a budget above 100,000 has a business case that Finance has read",
        "Share of projects, per quarter",
        date(2027, 6, 30),
    ),  # noqa: E501
    ("Sponsors decide within five working days", "Days from question to decision", date(2027, 6, 30)),
]
SERVICES = [
    ("The closure calendar", "One calendar of every quay, crane and system that a project will take from you.",
     "Every Friday by noon", "Ask to be added; it comes by mail", "Maya Osei", "Your own works, two weeks before"),
    ("A second pair of eyes", "A day with your plan or business case before it goes to the board.",
     "Within ten working days", "Through your partner in the Project Office", "Tomas Lindqvist", "The draft, however rough"),
    ("A start that holds", "A half-day workshop: goal, owner, first risks, who decides what.",
     "In the first month of a project", "When the project has a sponsor", "Maya Osei", "The sponsor, for the first hour"),
    ("The board's view", "One page a month on all projects: what is late, what collides, what to decide.",
     "First Tuesday of the month", "Goes to the board and to every head", "Tomas Lindqvist", "Figures by the last Thursday"),
]  # fmt: skip
POWERS = [
    (Power.Kind.DECIDE, "Which closure goes first, when two projects want the same quay, crane or system",
     "Unless a ship would have to wait: then the terminal manager decides"),
    (Power.Kind.DECIDE, "The form of plans, forecasts and business cases", ""),
    (Power.Kind.DEMAND, "One page a month on each project, with figures by the last Thursday", "Projects above 100,000"),
    (Power.Kind.DEMAND, "A named sponsor before a project spends its first money", ""),
    (Power.Kind.STOP, "A closure that was not in the calendar twelve weeks before",
     "For a week; after that the chief operating officer decides"),
]  # fmt: skip
DECISIONS = [
    ("A project begins", "The sponsor", "Up to 100,000", 5),
    ("A project begins", "The investment board", "Above 100,000", 20),
    ("A project costs more than planned", "The sponsor", "Up to a tenth more, once", 5),
    ("A project costs more than planned", "The investment board", "More than that", 10),
    ("A quay or crane is closed", "The terminal manager, with the Project Office", "Up to two days", 2),
    ("A quay or crane is closed", "The director of Terminal Operations", "Longer than two days", 5),
    ("Two areas want the same people", "The Project Office proposes; the two heads decide", "", 5),
    ("Two areas want the same people", "The chief operating officer", "When the heads do not agree", 3),
]
MEASURES = [
    ("Closures that the shift manager heard of less than twelve weeks before", "None in a quarter",
     "The closure calendar, last page"),
    ("Rounds that a business case takes at the board", "One in four out of five cases", "The board's view, each month"),
    ("Days from a question to the sponsor's decision", "Five or fewer, on average", "The board's view, each month"),
    ("Heads who say that the office is useful to them", "Three in four", "Asked each quarter, in the board's view of the month after"),
]  # fmt: skip
# Area, place of the clause in the list below (from 0), and what it means there.
MEANINGS = [
    ("Terminal Operations", 1, "Twelve weeks count from the ship's berth plan, not from the calendar month: a closure has "
     "to be known before the plan of that week is fixed."),
    ("Terminal Operations", 6, "The shift manager is never the project manager; ask for one before the works begin."),
    ("Engineering", 4, "Divers and crane fitters count as people of engineering, even where a contractor sends them."),
]  # fmt: skip
CLAUSES = [
    (Kind.DOES, "keeps one list of all projects, with owner, date and what each needs from others", {}),
    (Kind.DOES, "tells every area twelve weeks ahead what a project will take from it", {}),
    (Kind.DOES, "reads every business case above 100,000 before the board does", {}),
    (Kind.DOES, "tells the board each month what is late, what collides and what it has to decide", {}),
    (Kind.SHARED, "plans the people of operations and engineering who work on projects",
     {"our_part": "We show who is asked for twice, and propose a way out.",
      "your_part": "You decide who goes, and say so within a week."}),
    (Kind.SHARED, "looks after the benefits after a project has ended",
     {"our_part": "We ask for the figures after six and twelve months.",
      "your_part": "You name one owner for each benefit."}),
    (Kind.DOES_NOT, "run your projects",
     {"who_instead": "The project manager whom the sponsor names", "how_to_reach": "Named in the list of all projects",
      "example": "Our project manager is on leave, please send somebody to chair our meetings."}),
    (Kind.DOES_NOT, "decide which project gets the money",
     {"who_instead": "The investment board", "how_to_reach": "investment.board@westmark.example",
      "example": "Could you move our dredging ahead of theirs?"}),
    (Kind.DOES_NOT, "settle what a sponsor and a project manager disagree about",
     {"who_instead": "The sponsor first, then the chief operating officer", "how_to_reach": "The sponsor's own name is in the list of all projects",
      "example": "He will not give me the report I want: please make him."}),
]  # fmt: skip

TERMINAL_ROWS = [
    ("To know early which quay or crane a project will close", "The closure calendar, every Friday by noon",
     "Our own maintenance in the calendar, two weeks before", "No closure that the shift manager hears of last", 1, 150),
    ("Not to lose the same crane drivers to two projects at once", "Say within three days when two projects ask for the same shift",
     "Decide within a week who goes where", "Two projects never meet on the same shift", 4, 90),
    ("One place to ask about the east quay renewal", "One answer within two working days, from Maya Osei",
     "One person who may ask for the terminals: Piotr Zielak", "You ask once, and the answer holds", 0, 200),
]  # fmt: skip
FINANCE_ROWS = [
    ("Business cases that can be compared with each other", "Read every case above 100,000 first, with the same ten questions",
     "Answer the questions on money within five working days", "A board paper needs one round, not three", 2, 180),
    ("To see in spring what projects will need in autumn", "A forecast of all projects at the end of April and October",
     "The cost centres of the new year, as soon as they are fixed", "No project appears in the budget that you did not expect", 3, 160),
]  # fmt: skip
IT_ROWS = [
    ("Changes to the terminal system planned once, not per project", "All system changes of all projects in the calendar",
     "Two fixed windows a month for changes", "No change on a day when four ships are in", 1, 120),
]  # fmt: skip


@transaction.atomic
def make(now: datetime | None = None) -> bool:
    """Make the example organisation in an empty database; False when it stands already."""
    if Organisation.objects.filter(is_example=True).exists():
        return False
    now = now or timezone.now()
    start = now - timedelta(days=75)
    Organisation.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Westmark Ports", "office_name": "Project Office", "is_example": True,
            "mandate_readers": Organisation.Readers.SIGNED_IN, "mail_domains": HOST, "time_zone": "Europe/London",
        },
    )  # fmt: skip
    lead, member, issuer = _appointed(timezone.localdate(start))
    areas = _areas(timezone.localdate(start))
    _people(areas, by=lead, since=timezone.localdate(start), now=start)
    version = _mandate(member, issuer, start)
    _agreements(areas, version, lead, now)
    _meanings(areas, version, member, start + timedelta(days=20))
    came_in = [lead, member, issuer, Person.objects.get(name="Ines Carvalho").user]
    User.objects.filter(pk__in=[user.pk for user in came_in if user]).update(last_login=now - timedelta(days=2))
    DigestPreference.objects.create(person=Person.objects.get(name="Samuel Brandt"), since=now - timedelta(days=14))
    return True


def _user(email: str, name: str, **extra: bool) -> User:
    return User.objects.create_user(email, name, PASSWORD, **extra)


def _appointed(day: date) -> tuple[User, User, User]:
    User.objects.create_superuser(f"admin@{HOST}", "Administrator", PASSWORD)
    lead = _user(f"tomas.lindqvist@{HOST}", "Tomas Lindqvist")
    member = _user(f"maya.osei@{HOST}", "Maya Osei")
    issuer = _user(f"helen.marsh@{HOST}", "Helen Marsh")
    for user, office in ((lead, Office.LEAD), (member, Office.MEMBER), (issuer, Office.ISSUER)):
        appoint(user, office, by=None, starts_on=day)
    return lead, member, issuer


def _areas(day: date) -> dict[str, Area]:
    made: dict[str, Area] = {}
    for name, parent, description in AREAS:
        made[name] = Area.objects.begin(
            name=name, parent=made.get(parent or ""), description=description, starts_on=day
        )
    return made


def _people(areas: dict[str, Area], *, by: User, since: date, now: datetime) -> None:
    for name, mailbox, post, roles in PEOPLE:
        person = people.keep(Person(name=name, email=f"{mailbox}@{HOST}", post_title=post), by=by)
        for area, kind in roles:
            people.give_role(person, area=areas[area], kind=kind, by=by, starts_on=since)
        if any(sign_in.email == person.email for sign_in in SIGN_INS):
            user = User.objects.filter(email=person.email).first() or _user(person.email, name)
            person.user = user
            person.save(update_fields=["user"])
            people.invite(person, by=by, now=now)


def _mandate(member: User, issuer: User, at: datetime) -> MandateVersion:
    draft = mandate.start_draft(by=member)
    year = timezone.localdate(at).year
    days = {"period_from": date(year, 1, 1), "period_to": date(year + 1, 12, 31), "review_on": date(year + 1, 9, 30)}
    for field, said in {**WHY, **days}.items():
        setattr(draft, field, said)
    mandate.save_part(draft, by=member)
    for text, measure, due_on in OBJECTIVES:
        mandate.save_part(Objective(version=draft, text=text, measure=measure, due_on=due_on), by=member)
    for name, what, when, how, who, need in SERVICES:
        mandate.save_part(
            Service(
                version=draft, name=name, what_you_get=what, when=when, how_to_ask=how, who=who, what_we_need=need
            ),
            by=member,
        )
    for kind, text, more in CLAUSES:
        mandate.save_part(Clause(version=draft, kind=kind, text=_sentence(kind, text), **more), by=member)
    for row in _later_parts(draft):
        mandate.save_part(row, by=member)
    version = mandate.seal(draft, by=member, now=at + timedelta(days=5))
    mandate.approve(version, by=issuer, content_hash=version.content_hash, now=at + timedelta(days=8))
    mandate.publish(version, by=issuer, content_hash=version.content_hash, now=at + timedelta(days=9))
    return version


def _later_parts(draft: MandateVersion) -> list[Part]:
    """What the office may do of its own right, who decides what, and how anybody can tell that it succeeds."""
    return [
        *(Power(version=draft, kind=kind, text=text, limit=limit) for kind, text, limit in POWERS),
        *(
            DecisionStep(version=draft, matter=matter, who=who, limit=limit, answer_days=days)
            for matter, who, limit, days in DECISIONS
        ),
        *(Measure(version=draft, text=text, target=target, where=where) for text, target, where in MEASURES),
    ]


def _meanings(areas: dict[str, Area], version: MandateVersion, member: User, at: datetime) -> None:
    clauses = list(version.clauses.all())
    for area, clause, text in MEANINGS:
        say_meaning(Meaning(area=areas[area], clause_key=clauses[clause].key, text=text), by=member, now=at)


def _sentence(kind: str, text: str) -> str:
    """The clause as a sentence: on the page it stands under its own heading."""
    return f"{text[0].upper()}{text[1:]}."


def _agreements(areas: dict[str, Area], version: MandateVersion, lead: User, now: datetime) -> None:
    ines = Person.objects.get(name="Ines Carvalho")
    signed = _draft(
        areas["Terminal Operations"], version, lead, now, TERMINAL_ROWS,
        "Nobody at the terminals is surprised by a project.",
    )  # fmt: skip
    agreements.share(signed, by=lead, now=now - timedelta(days=50))
    _propose(signed, lead, now - timedelta(days=44))
    assert ines.user is not None  # noqa: S101 (invited above)
    agreements.countersign(signed, by=ines.user, content_hash=signed.content_hash, now=now - timedelta(days=41))
    _move_promises(lead, ines.user, now)
    proposed = _draft(
        areas["Finance"], version, lead, now, FINANCE_ROWS, "Money is decided on facts that both of us have read."
    )
    _propose(proposed, lead, now - timedelta(days=6))
    shared = _draft(
        areas["Information Technology"],
        version,
        lead,
        now,
        IT_ROWS,
        "One calendar of change for the terminal system.",
    )
    agreements.share(shared, by=lead, now=now - timedelta(days=3))
    acknowledge(version, person=Person.objects.get(name="Daniel Okoro"), by=lead,
                content_hash=version.content_hash, now=now - timedelta(days=30))  # fmt: skip


def _propose(draft: AgreementRevision, lead: User, at: datetime) -> None:
    """Sign for the PMO what its page shows."""
    shown = AgreementRevision.objects.with_rows().get(pk=draft.pk)
    shown.stand_on(MandateVersion.objects.live(at).first())
    agreements.propose(draft, by=lead, content_hash=shown.fingerprint(), now=at)
    draft.refresh_from_db()


def _draft(
    area: Area, version: MandateVersion, lead: User, now: datetime, rows: list[tuple[str, str, str, str, int, int]],
    aim: str,
) -> AgreementRevision:  # fmt: skip
    today = timezone.localdate(now)
    draft = agreements.start(
        area, by=lead, period_from=today - timedelta(days=45), period_to=today + timedelta(days=320)
    )
    draft.aim = aim
    agreements.save_draft(draft, by=lead)
    clauses = list(version.clauses.all())
    for need, ours, yours, notice, clause, days in rows:
        agreements.save_draft(
            Row(
                revision=draft, you_need=need, we_commit=ours, you_commit=yours, you_will_notice=notice,
                clause=clauses[clause], due_on=today + timedelta(days=days),
            ),
            by=lead,
        )  # fmt: skip
    return draft


def _move_promises(lead: User, head: User, now: datetime) -> None:
    ours = Promise.objects.filter(side="pmo").order_by("pk")
    theirs = Promise.objects.filter(side="area").order_by("pk")
    agreements.move_promise(ours[0], to=Promise.State.IN_PROGRESS, by=lead, now=now - timedelta(days=30))
    agreements.move_promise(
        ours[2], to=Promise.State.KEPT, by=lead, now=now - timedelta(days=4),
        evidence="Eleven questions since October, each answered within two days.",
    )  # fmt: skip
    agreements.move_promise(theirs[0], to=Promise.State.IN_PROGRESS, by=head, now=now - timedelta(days=12))
