"""What is rung for and what the clock knocks at."""

from celery import shared_task
from django.utils import timezone

from pmo_portal.outbox import actions


# A mail server that hangs must be given up long before the lease ends (OUTBOX_LEASE_SECONDS).
@shared_task(name="outbox.deliver", soft_time_limit=60, time_limit=75)
def deliver(pk: int) -> None:
    """Hand over one letter."""
    actions.deliver(pk)


@shared_task(name="outbox.tick", soft_time_limit=45, time_limit=55)
def tick() -> None:
    """The post room's minute."""
    actions.sweep(timezone.now())
