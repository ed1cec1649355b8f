"""Words to start from: usual clauses and services, ours, in plain English; own facts go where the brackets are."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from mandate.models import Clause, Part, Service

Kind = Clause.Kind
PMO_MAILBOX = _("Write to [the PMO's mailbox].")


@dataclass(frozen=True)
class Words:
    """Words for one row. `key` names them in a form and never changes."""

    key: str

    MODEL: ClassVar[type[Part]]

    def row(self) -> Part:
        """A row with these words, in the language of the writer and in no version yet."""
        facts = {each.name: str(getattr(self, each.name)) for each in fields(self) if each.name != "key"}
        return self.MODEL(**facts)


@dataclass(frozen=True)
class ClauseWords(Words):
    kind: Kind
    text: Any
    our_part: Any = ""
    your_part: Any = ""
    who_instead: Any = ""
    how_to_reach: Any = ""
    example: Any = ""

    MODEL = Clause


@dataclass(frozen=True)
class ServiceWords(Words):
    name: Any
    what_you_get: Any
    when: Any
    what_we_need: Any
    how_to_ask: Any = PMO_MAILBOX
    who: Any = _("[name]")

    MODEL = Service


CLAUSES = [
    ClauseWords(
        "one-list", Kind.DOES,
        _("Keeps one list of all projects, with the owner, the aim and the present state of each."),
        example=_("“Which projects will touch my team this spring?”"),
    ),
    ClauseWords(
        "clashes", Kind.DOES,
        _("Looks across all projects for clashes of dates, people and systems, and tells those concerned early."),
        example=_("“Two projects want our test team in the same week.”"),
    ),
    ClauseWords(
        "ready-to-decide", Kind.DOES,
        _("Puts the choice to start, change or stop a project before those who decide, with the facts on one page."),
        example=_("“The board sees what stopping would cost, and what going on would.”"),
    ),
    ClauseWords(
        "light-method", Kind.DOES,
        _("Offers one simple way to run a project, with examples, and spares a small project what it does not need."),
        example=_("“I lead my first project. What do I do in the first week?”"),
    ),
    ClauseWords(
        "honest-report", Kind.DOES,
        _("Gives one honest report on all projects every month, and says plainly where things are not going well."),
        example=_("“I read two pages and know where I have to help.”"),
    ),
    ClauseWords(
        "coaching", Kind.DOES,
        _("Helps project managers and sponsors who ask for a second pair of eyes, in confidence."),
        example=_("“Would you read my plan before the steering group does?”"),
    ),
    ClauseWords(
        "benefits-kept-in-view", Kind.DOES,
        _("Asks, after a project has ended, whether it brought what it was for, and shares what was learned."),
        example=_("“A year later: are the calls really down by a third?”"),
    ),
    ClauseWords(
        "order-of-work", Kind.SHARED,
        _("The order in which projects are taken up."),
        _("Shows what fits with the people and the money there are, and what each choice would put off."),
        _("Says what the business needs first, and decides."),
        example=_("“Both matter. Which one may wait until autumn?”"),
    ),
    ClauseWords(
        "start-of-a-project", Kind.SHARED,
        _("Getting a project ready to start."),
        _("Asks the right questions, and checks that aim, owner and money are clear."),
        _("Names a sponsor and a project manager, and says what success looks like."),
        example=_("“We have an idea. What has to be clear before it becomes a project?”"),
    ),
    ClauseWords(
        "people-for-projects", Kind.SHARED,
        _("Finding the people whom projects need."),
        _("Shows early who will be needed, when, and for how long."),
        _("Decides who is free, and keeps to what was promised."),
        example=_("“From May on we need two of your analysts for half of their time.”"),
    ),
    ClauseWords(
        "risks-across", Kind.SHARED,
        _("Risks that reach beyond one project."),
        _("Brings them together, and takes them to the person who can decide."),
        _("Speaks up early, and owns the risks in its own work."),
        example=_("“If the supplier is late, three of our projects are late too.”"),
    ),
    ClauseWords(
        "change-reaches-people", Kind.SHARED,
        _("Making sure that a change reaches the people who have to work with it."),
        _("Keeps one calendar of all changes, so that no team is hit by several at once."),
        _("Prepares its own people, and says when the time is wrong."),
        example=_("“Please not in the week of the annual accounts.”"),
    ),
    ClauseWords(
        "not-run-projects", Kind.DOES_NOT,
        _("Run the projects of others."),
        who_instead=_("The project manager whom the sponsor has named"),
        how_to_reach=_("See [where the list of projects is kept]."),
        example=_("“Could you chair our project meeting while we look for somebody?”"),
    ),
    ClauseWords(
        "not-decide-for-sponsors", Kind.DOES_NOT,
        _("Decide in the place of a sponsor or a steering group."),
        who_instead=_("The sponsor of the project"),
        how_to_reach=_("See [where the list of projects is kept]."),
        example=_("“The project manager said no. Can you say yes?”"),
    ),
    ClauseWords(
        "not-more-reports", Kind.DOES_NOT,
        _("Write extra reports that nobody decides anything with."),
        who_instead=_("Whoever asks for the report, from the one list of projects"),
        how_to_reach=_("See [where the monthly report is kept]."),
        example=_("“We would like one more weekly report in our own colours.”"),
    ),
    ClauseWords(
        "not-performance", Kind.DOES_NOT,
        _("Judge the work of single people."),
        who_instead=_("Their line manager"),
        how_to_reach=_("Ask [who answers for staff matters]."),
        example=_("“Tell me whether my project manager is any good.”"),
    ),
    ClauseWords(
        "not-buy", Kind.DOES_NOT,
        _("Buy services or sign contracts for projects."),
        example=_("“Can you get us a supplier by Friday?”"),
    ),
    ClauseWords(
        "not-daily-business", Kind.DOES_NOT,
        _("Take on daily business when a project has ended."),
        example=_("“The project is over. Who looks after the new system now?”"),
    ),
]  # fmt: skip

SERVICES = [
    ServiceWords(
        "calendar", _("One calendar of change"),
        _("All that changes in the coming six months, for whom and when, on one page."),
        _("Brought up to date every Friday"),
        _("Your own dates, four weeks ahead"),
    ),
    ServiceWords(
        "first-talk", _("A first talk about an idea"),
        _("Half an hour in which we find out together whether it is a project, and what the next step is."),
        _("Within five working days"),
        _("The idea in three sentences; it may be half-baked"),
    ),
    ServiceWords(
        "good-start", _("A good start for a project"),
        _("A workshop after which aim, owner, first steps and risks stand on one page that everybody knows."),
        _("In the first two weeks of a project"),
        _("The sponsor for one hour, the project manager for a morning"),
    ),
    ServiceWords(
        "second-look", _("A second look at a plan"),
        _("A frank reading of your plan by somebody who has seen many, with the three things to mend first."),
        _("Within three working days"),
        _("The plan as it is, and what worries you about it"),
    ),
    ServiceWords(
        "project-in-trouble", _("Help for a project in trouble"),
        _("A quiet look at what is going on, and two or three ways out to choose from."),
        _("A first answer on the same day"),
        _("Open words, and a sponsor who wants to hear them"),
    ),
    ServiceWords(
        "monthly-picture", _("The monthly picture"),
        _("All projects on two pages: what is on course, what is not, and what has to be decided."),
        _("On the third working day of each month"),
        _("The state of your projects by the last working day of the month"),
    ),
    ServiceWords(
        "decision-page", _("A page to decide from"),
        _("Your question, the choices, what each costs and brings, and what happens if nobody decides."),
        _("One week before the meeting"),
        _("The question, and who may answer your part of it"),
    ),
    ServiceWords(
        "sponsor-hour", _("An hour for new sponsors"),
        _("What a sponsor is asked to do, where it goes wrong most often, and whom to call."),
        _("Within two weeks of your first project"),
        _("One hour without a telephone"),
    ),
    ServiceWords(
        "capacity", _("Who is needed, and when"),
        _("A look ahead at the people whom projects will ask you for, month by month."),
        _("Four times a year, and when something large changes"),
        _("A word on who will be away or is promised already"),
    ),
    ServiceWords(
        "looking-back", _("Looking back together"),
        _("A talk without blame after a project, and one page on what the next one should do in another way."),
        _("Within a month of the end"),
        _("Those who did the work, for an hour and a half"),
    ),
]  # fmt: skip

WORDS: dict[str, Sequence[Words]] = {"clauses": CLAUSES, "services": SERVICES}
