"""Free text becomes HTML in one place, and whatever somebody writes, nothing in it can act, load or lead astray."""

from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_portal.common.prose import ATTRIBUTES, TAGS, plain, prose, prose_line

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](//evil.example/)",
    "[x](/areas/)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example" onmouseover="alert(1))',
    "[x](https://a.example/'onclick='alert(1))",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "**<b onclick=alert(1)>**",
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "``` onclick=alert(1)\nx\n```",
    "<!-- --><script>alert(1)</script>",
    "<<script>script>alert(1)<</script>/script>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import 'https://evil.example'</style>",
    "<form action=https://evil.example><input></form>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "# heading\n\n## another\n\nunder\n=====",
    "<h1>heading</h1>",
    "{{ secret }}{% load i18n %}",
    "\u202egpj.exe",
    "a\x00b",
    "-" * 500 + "\n" + "> " * 500,
    "[" * 4000,
    "*a " * 1300,
    "![" * 2000,
    "`" * 4000,
]


class Reader(HTMLParser):
    """Notes each tag and attribute that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.tags.append("declaration")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def is_harmless(html: str) -> bool:
    reader = read(html)
    allowed = {(tag, name) for tag, names in ATTRIBUTES.items() for name in names} | {("a", "rel")}
    leads = [value for _tag, name, value in reader.attributes if name == "href"]
    return (
        set(reader.tags) <= TAGS
        and {(tag, name) for tag, name, _value in reader.attributes} <= allowed
        and all(value.lower().startswith(("https://", "http://", "mailto:")) for value in leads)
    )


@pytest.mark.parametrize("text", EVIL)
def test_nothing_that_acts_or_loads_gets_through(text):
    assert is_harmless(prose(text))
    assert is_harmless(prose_line(text))


PIECES = st.sampled_from([
    "<", ">", "script", "</", "/>", "[", "]", "(", ")", "javascript:", "JAVASCRIPT:", "data:", "https://a.example",
    "mailto:a@b.example", '"', "'", "=", "onerror", "onclick", " ", "\n", "\t", "*", "**", "_", "`", "```", "&#", "&",
    ";", "x", "img src=", "svg", "style", "!", "-", "1.", "\\", "\x00", "\u2028", "é", "<!--", "-->", "href=",
])  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_is_harmless(text):
    assert is_harmless(prose(text))
    assert is_harmless(prose_line(text))
    plain(text)


@given(st.text(alphabet="abc é.,;:'’–-?!()\n0123456789", max_size=200).filter(lambda text: "-" not in text[:1]))
@settings(max_examples=200, deadline=None)
def test_words_without_marks_stay_as_they_are(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(line[0] in "-+" or line[:1].isdigit() for line in lines):
        return
    assert read(prose(text)).words.split() == text.split()
    assert plain(text).split() == text.split()


def test_what_may_be_written_is_shown():
    html = prose(
        "We **keep** *one* list\nfor all:\n\n- plans\n- risks\n\nSee [the list](https://list.example/?a=1&b=2)."
    )
    assert "<strong>keep</strong> <em>one</em> list<br>\nfor all:" in html
    assert "<li>plans</li>" in html
    assert '<a href="https://list.example/?a=1&amp;b=2" rel="noopener noreferrer">the list</a>' in html


def test_a_line_ends_where_the_person_ended_it():
    assert prose("First line\nsecond line") == "<p>First line<br>\nsecond line</p>"


def test_headings_pictures_and_html_stay_as_typed():
    assert read(prose("# Heading")).words == "# Heading"
    assert read(prose("<b>bold</b>")).words == "<b>bold</b>"
    assert "<img" not in prose("![a](https://a.example/b.png)")


def test_a_line_of_a_table_has_no_paragraph():
    assert prose_line("One **list**") == "One <strong>list</strong>"


def test_letters_in_plain_text_get_the_words_without_the_marks():
    lists = "- plans\n- risks\n\n1. first\n2. second\n\n"
    said = plain(f"We **keep** one list:\n\n{lists}[The list](https://list.example) is `here`.")
    assert said == f"We keep one list:\n\n{lists}The list (https://list.example) is here."


def test_an_address_is_told_once():
    assert plain("<https://list.example>") == "https://list.example"
    assert plain("[pmo@a.example](mailto:pmo@a.example)") == "pmo@a.example"


def test_templates_ask_for_it_by_name():
    shown = Template("{% load words %}{{ text|prose }}|{{ text|prose_line }}|{{ text|plain }}")
    said = shown.render(Context({"text": "**a** <b>"}))
    assert said == "<p><strong>a</strong> &lt;b&gt;</p>|<strong>a</strong> &lt;b&gt;|a &lt;b&gt;"
