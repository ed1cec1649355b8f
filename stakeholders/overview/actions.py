"""Telling somebody of a publication, in the issuer's name."""

from datetime import datetime

from mandate.models import Publication
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.overview import notices, reading
from stakeholders.understanding.access import Reader


def tell(publication: Publication, reader: Reader, *, now: datetime) -> OutgoingEmail:
    """Write the issuer's letter to one reader, in the transaction of whoever keeps that it was written."""
    meaning = reading.meaning_for(reader, publication.version, now)
    return notices.mandate_published(publication, to=reader.user, name=reader.name, meaning=meaning, now=now)
