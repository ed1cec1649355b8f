"""What the clock knocks at: the chain over the audit."""

from celery import shared_task

from pmo_portal.audit import actions


@shared_task(name="audit.tick")
def tick() -> None:
    """Chain what came since the last minute."""
    actions.chain()
