"""What a test reads out of a letter: where its links through the door lead."""

import json
import re
from base64 import urlsafe_b64decode

LINK = re.compile(r"/in/([\w-]+):[\w-]+:[\w-]+/")


def paths_in(text: str) -> list[str]:
    """The pages of the portal that the links of a letter lead to, in their order."""
    return [json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))[1] for part in LINK.findall(text)]


def link_in(text: str) -> str:
    """The path of the first link through the door."""
    found = LINK.search(text)
    assert found, "no link through the door"
    return found[0]


def without_links(text: str) -> list[str]:
    """The words of a letter."""
    return [word for word in text.split() if "://" not in word]
