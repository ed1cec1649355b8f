"""Free text as people write it, made safe to show: the one place where Markdown becomes HTML, or plain words."""

import re
from collections.abc import Iterator

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# What somebody may write; all else stays as it was typed. No headings (they would break the outline of the page that
# the text stands in), no pictures, no HTML, no block by indenting: a line that begins with spaces is only a line.
RULES = ["emphasis", "list", "link", "autolink", "backticks", "fence", "newline", "escape", "balance_pairs"]
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "pre"}
ATTRIBUTES = {"*": set[str](), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)

# "breaks": a line ends where the person ended it.
MARKDOWN = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False}).enable(RULES, ignoreInvalid=True)
MARKDOWN.validateLink = lambda url: ADDRESS.fullmatch(url) is not None  # type: ignore[method-assign]


def prose(text: str) -> SafeString:
    """A text of a person as HTML: paragraphs, emphasis, lists, links, code; nothing that could act or load."""
    return mark_safe(_clean(MARKDOWN.render(text)).strip())  # noqa: S308 (nh3 has just cleaned it)


def prose_line(text: str) -> SafeString:
    """The same for one line within other words: no paragraphs and no lists."""
    return mark_safe(_clean(MARKDOWN.renderInline(text)))  # noqa: S308 (nh3 has just cleaned it)


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def plain(text: str) -> str:
    """The words without the marks, for letters in plain text, titles and descriptions; a link tells its address."""
    return "\n".join(_blocks(MARKDOWN.parse(text))).strip()


def _blocks(tokens: list[Token]) -> Iterator[str]:
    """Line by line: a blank one between paragraphs, a dash or a number before what stands in a list."""
    marks: list[str] = []
    numbers: list[int | None] = []
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
            if not numbers:
                yield ""
        elif token.type == "list_item_open":
            marks.append(_mark(numbers))
        elif token.type in {"inline", "fence"}:
            mark = marks.pop() if marks else ""
            yield "  " * max(len(numbers) - 1, 0) + mark + _words(token)
        elif token.type == "paragraph_close" and not numbers:
            yield ""


def _mark(numbers: list[int | None]) -> str:
    number = numbers[-1]
    if number is None:
        return "- "
    numbers[-1] = number + 1
    return f"{number}. "


def _words(token: Token) -> str:
    """The words of a paragraph or of a block of code."""
    if token.children is None:
        return token.content.rstrip("\n")
    found, address, begun = "", "", 0
    for child in token.children:
        if child.type == "link_open":
            address, begun = str(child.attrGet("href")), len(found)
        elif child.type == "link_close":
            address = address.removeprefix("mailto:")
            found += "" if found[begun:].removeprefix("mailto:") == address else f" ({address})"
        else:
            found += "\n" if child.type in {"softbreak", "hardbreak"} else child.content
    return found
