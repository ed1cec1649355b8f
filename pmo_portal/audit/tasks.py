"""What the clock knocks at: the chain over the audit, and the note that the clock ticks."""

from celery import shared_task
from django.utils import timezone

from pmo_portal.audit import actions
from pmo_portal.common.checks import beat


@shared_task(name="audit.tick")
def tick() -> None:
    """Chain what came since the last minute."""
    actions.chain()
    beat(timezone.now())
