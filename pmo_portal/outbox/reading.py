"""What others ask of the post room."""

from datetime import datetime, timedelta

from django.db.models import Min

from pmo_portal.outbox.models import OutgoingEmail


def age_of_oldest_due(now: datetime) -> timedelta:
    """How long the letter that waits longest has been due; zero when none waits."""
    oldest = OutgoingEmail.objects.due(now).aggregate(at=Min("next_try_at"))["at"]
    return now - oldest if oldest else timedelta()
