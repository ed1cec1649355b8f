"""A version as a document: the form in which it leaves the portal, and in which another can check it."""

import json
from datetime import UTC
from functools import lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from mandate.models import FORMAT, MandateVersion, Publication


def document(version: MandateVersion) -> dict[str, Any]:
    """All that a version says, with its hash, and by whom and when it was published; None where it never was.

    The hash is SHA-256 over the canonical JSON of `content` (sorted keys, no spaces, UTF-8). Days are ISO 8601,
    moments are too, in UTC. Nothing is in it that the page of the version does not show.
    """
    return {
        "format": FORMAT,
        "number": version.number,
        "hash": version.content_hash or version.fingerprint(),
        **issued(held(version)),
        "content": version.content(),
    }


def issued(publication: Publication | None) -> dict[str, str | None]:
    """What a document says of the publication that it is about: nothing where there was none."""
    if publication is None:
        return {"published_at": None, "issuer": None}
    return {"published_at": _in_utc(publication), "issuer": publication.who}


def as_json(version: MandateVersion) -> str:
    """The document as text: the same bytes for the same version each time."""
    return json.dumps(document(version), indent=2, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n"


def document_of(publication: Publication) -> str:
    """The document of what a publication made live, as text; made once in each process, because it never changes."""
    return _text_of(publication.version_id, publication.version.content_hash, publication.pk, publication.who)


@lru_cache(maxsize=16)
def _text_of(pk: int, content_hash: str, _publication: int, _issuer: str) -> str:
    return as_json(MandateVersion.objects.with_parts().get(pk=pk, content_hash=content_hash))


def held(version: MandateVersion) -> Publication | None:
    """The publication by which a version holds, or held last; one that is still to come is none."""
    return next((each for each in version.publications.all() if each.is_due()), None)


def _in_utc(publication: Publication) -> str:
    return publication.publish_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
