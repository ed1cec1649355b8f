"""The publications of the mandate as an Atom feed (RFC 4287)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pmo_portal.common.links import absolute
from pmo_portal.common.models import Organisation
from pmo_portal.common.prose import prose

# What may not stand in XML 1.0, not even as a reference.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
MOST_ENTRIES = 30


class Feed(Atom1Feed):
    """Says when something in it changed last, not when it was asked for: its words stay the same until then."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=BEFORE_ALL)


def feed(rows: Sequence[dict[str, Any]]) -> str:
    """The rows of `history` as a feed: an entry for each publication, changed once more when it was withdrawn."""
    names = {"office": Organisation.current().office_name}
    made = Feed(
        title=_clean(_("The mandate of the %(office)s") % names),
        link=absolute(reverse("mandate:live")),
        description="",
        language=get_language(),
        feed_url=absolute(reverse("mandate:feed")),
        feed_guid=absolute(reverse("mandate:feed")),
        author_name=_clean(names["office"]),
    )
    for row in rows[:MOST_ENTRIES]:
        publication, address = row["publication"], absolute(row["url"])
        made.add_item(
            title=_clean(_title(row)),
            link=address,
            description=_clean(_words(row)),
            unique_id=f"{address}#published-{publication.pk}",
            author_name=_clean(publication.who),
            pubdate=publication.publish_at,
            updateddate=_changed_at(row),
        )
    return str(made.writeString("utf-8"))


def feed_changed_at(rows: Sequence[dict[str, Any]]) -> datetime:
    """When something in the feed changed last."""
    return max((_changed_at(row) for row in rows), default=BEFORE_ALL)


def _changed_at(row: dict[str, Any]) -> datetime:
    at: datetime = row["withdrawal"].at if row["withdrawal"] else row["publication"].publish_at
    return at


def _title(row: dict[str, Any]) -> str:
    words = _("Version %(number)s was withdrawn") if row["withdrawal"] else _("Version %(number)s")
    return words % {"number": row["version"].number}


def _words(row: dict[str, Any]) -> str:
    """What changed and how much it matters, as HTML; why it was withdrawn, where it was."""
    said = [prose(row["withdrawal"].reason)] if row["withdrawal"] else []
    return "\n".join([*said, f"<p>{row['weight']}</p>", row["note"]]).strip()


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)
