"""What is rung for and what the clock knocks at."""

from celery import shared_task
from django.utils import timezone

from pmo_portal.paper import actions


# The press is given up long before (actions.SECONDS); the threads pool ignores these.
@shared_task(name="paper.make", soft_time_limit=60, time_limit=75)
def make(pk: int) -> None:
    """Make one sheet."""
    actions.make(pk)


@shared_task(name="paper.tick", soft_time_limit=45, time_limit=55)
def tick() -> None:
    """The press room's minute."""
    actions.sweep(timezone.now())
