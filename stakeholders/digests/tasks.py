"""What the clock knocks at."""

from celery import shared_task
from django.utils import timezone

from stakeholders.digests import actions


@shared_task(name="digests.tick", soft_time_limit=50, time_limit=58)
def tick() -> None:
    """The digest's minute."""
    actions.run(timezone.now())
