"""Rows to start from: twelve texts by kind of area, ticked and then edited; what stands in brackets is filled in."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Words:
    """One row to start from; its key never changes, its four cells are for people."""

    key: str
    kind: str
    you_need: Any
    we_commit: Any
    you_commit: Any
    you_will_notice: Any


KINDS = {"finance": _("Finance"), "operations": _("Operations"), "it": _("IT"), "people": _("People")}

WORDS = (
    Words(
        "budget", "finance",
        _("To know what each project will still cost, before the forecast closes."),
        _("One table of cost to date and cost to come, on working day [number] of each month."),
        _("Tell us the day of each forecast a month ahead, and one person to ask."),
        _("The forecast closes without a round of calls to project managers."),
    ),
    Words(
        "benefits", "finance",
        _("To see whether a finished project brought the savings that paid for it."),
        _("A look back at six and at twelve months, with the figure that was promised beside the figure that came."),
        _("Agree with us, before a project starts, which figure in the books will show it."),
        _("A saving is taken out of a budget once, and nobody argues about it a year later."),
    ),
    Words(
        "money_gates", "finance",
        _("That no project spends beyond what was released."),
        _("We stop a project at its limit, and tell you the same day who has to decide."),
        _("Answer a request for more money within [number] working days."),
        _("No invoice arrives for work that nobody had approved."),
    ),
    Words(
        "quiet_weeks", "operations",
        _("Weeks in which no project changes how you work."),
        _("One calendar of all changes, and none of them planned into your quiet weeks."),
        _("Name your quiet weeks for the coming half-year by [day]."),
        _("Your busiest weeks pass without a change of system or process."),
    ),
    Words(
        "handover", "operations",
        _("To take over from a project only what you can run."),
        _("A list of what has to work at handover, written with you before the work is half done."),
        _("Send somebody who will run it to two trials, and say on the day what is missing."),
        _("The first month after a handover looks like any other month."),
    ),
    Words(
        "peoples_time", "operations",
        _("To know early how many of your people the projects will want."),
        _("Each quarter, one list of whom projects would like, for how many days and when."),
        _("Say yes or no to each line within two weeks; a yes holds for the quarter."),
        _("Nobody is called away from a shift at a week's notice."),
    ),
    Words(
        "one_queue", "it",
        _("One order of importance for everything that projects ask of you."),
        _("One list in one order, settled every month with those who pay for the projects."),
        _("Tell us what your teams can carry in the month, before the list is settled."),
        _("Two projects no longer come to you on the same day, both of them first."),
    ),
    Words(
        "early_word", "it",
        _("To hear of new systems before a supplier has been chosen."),
        _("We bring every idea that needs a system to [name] before it becomes a project."),
        _("A first view within ten working days: fits, fits with changes, or does not fit."),
        _("No contract is signed for a system that you first hear of afterwards."),
    ),
    Words(
        "release_days", "it",
        _("To know which releases depend on each other."),
        _("A picture of the releases of the next three months, redrawn whenever a date moves."),
        _("Tell us of a moved date on the day you know it, also when it is not yet certain."),
        _("No release is called off in its last week because another one was not ready."),
    ),
    Words(
        "change_load", "people",
        _("To see how much change reaches the same people at once."),
        _("A view by team of what changes for whom and when, a quarter ahead."),
        _("Tell us which teams are short of people or under strain, in confidence where it must be."),
        _("No team has to learn two new ways of working in one month."),
    ),
    Words(
        "training", "people",
        _("Time to train people before something new goes live."),
        _("Every plan names who has to be trained and by when, at least [number] weeks before the day."),
        _("Book rooms and trainers within two weeks, and tell us how many have come."),
        _("On the first day, those who use it have tried it before."),
    ),
    Words(
        "new_roles", "people",
        _("To hear of new or changed jobs while there is still time to talk."),
        _("We tell [name] as soon as a project is likely to change a job, before it is announced."),
        _("Tell us what has to be discussed with whom, and how long that takes."),
        _("Nobody learns from a project plan that their own job will change."),
    ),
)  # fmt: skip
BY_KEY = {words.key: words for words in WORDS}
CELLS = ("you_need", "we_commit", "you_commit", "you_will_notice")
