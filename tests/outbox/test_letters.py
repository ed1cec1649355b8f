"""Letters: written by hand in two forms, calm in each mail program, and whole without a picture or a network."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template

from pmo_portal.common.models import Organisation
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail

pytestmark = pytest.mark.django_db
FOLDER = Path(settings.ROOT) / "templates" / "emails"
LETTERS = sorted({path.parent.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*/*")})
OURS = [letter for letter in LETTERS if letter.startswith("accounts/")]
FACTS = {
    "code": "271828",
    "password_reset_url": "https://portal.example.org/accounts/password/reset/key/4-" + "c5x0dj2c8" * 9 + "/",
}
LONG = "https://portal.example.org/agreements/12/countersign/" + "x" * 60


class Page(HTMLParser):
    """What a test asks of a letter's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def office() -> Organisation:
    return Organisation.objects.update_or_create(
        pk=1, defaults={"name": "Roads & Bridges <Agency>", "office_name": "Portfolio & Change"}
    )[0]


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_has_its_three_files_and_each_compiles(letter: str) -> None:
    for name in ("subject.txt", "body.txt", "body.html"):
        get_template(f"emails/{letter}/{name}")


@pytest.mark.parametrize("letter", LETTERS)
def test_no_letter_needs_a_picture_or_fetches_anything(letter: str) -> None:
    source = (FOLDER / letter / "body.html").read_text()
    assert not re.search(r"<img|<link|<script|<iframe|@import|url\(|src=", source)
    assert not re.search(r"\sstyle=", source), "classes of emails/base.html are written in when it is composed"


@pytest.mark.parametrize("letter", OURS)
def test_a_letter_carries_the_office_and_stays_small(letter: str, office: Organisation) -> None:
    written = letters.compose(letter, FACTS)
    assert len(written.html.encode()) < 60_000
    assert "Portfolio &amp; Change" in written.html
    assert "Roads &amp; Bridges &lt;Agency&gt;" in written.html
    assert "Portfolio & Change, Roads & Bridges <Agency>" in written.text
    assert 0 < len(written.subject) <= 50
    assert "\n" not in written.subject
    assert settings.PORTAL_URL in written.text
    assert settings.PORTAL_URL in written.html


@pytest.mark.parametrize("letter", OURS)
def test_a_letter_can_be_read_by_everybody(letter: str, office: Organisation) -> None:
    page = Page(letters.compose(letter, FACTS).html)
    html = next(attrs for tag, attrs in page.tags if tag == "html")
    wrapper = next(attrs for tag, attrs in page.tags if tag == "div")
    assert (html["lang"], html["dir"]) == (wrapper["lang"], wrapper["dir"]) == ("en-gb", "ltr")
    assert all(attrs.get("role") == "presentation" for tag, attrs in page.tags if tag == "table")
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(headings, headings[1:], strict=False))


def test_styles_are_written_in_and_dark_mode_is_kept(office: Organisation) -> None:
    html = letters.compose("accounts/login_code", FACTS).html
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'name="color-scheme" content="light dark"' in html
    code = next(attrs for _, attrs in Page(html).tags if attrs.get("class") == "code")
    assert "font-size: 32px" in str(code["style"])


def test_the_code_stands_in_both_forms() -> None:
    written = letters.compose("accounts/login_code", FACTS)
    assert "\n    271828\n" in written.text
    assert ">271828<" in written.html
    assert "271828" not in written.subject


def test_the_text_says_what_is_said_not_its_html(office: Organisation) -> None:
    assert "&amp;" not in letters.compose("accounts/login_code", FACTS).text


# --- 72 columns ---------------------------------------------------------------------------------
def test_long_lines_are_folded_at_72_columns() -> None:
    folded = letters.wrap("word " * 100)
    assert max(len(line) for line in folded.splitlines()) <= 72
    assert folded.split() == ["word"] * 100


def test_no_url_is_broken_and_each_has_a_line_of_its_own() -> None:
    folded = letters.wrap(f"Please read {LONG} and {LONG}, then sign at once.")
    assert folded.splitlines() == ["Please read", LONG, "and", f"{LONG},", "then sign at once."]


def test_an_entry_of_a_list_hangs_under_its_sign() -> None:
    folded = letters.wrap("- " + "word " * 20 + f"\n- {LONG}\n  deeper\n- see {LONG}")
    lines = folded.splitlines()
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")
    assert lines[2:] == [f"- {LONG}", "  deeper", "- see", f"  {LONG}"]


def test_blank_lines_are_kept_one_at_a_time() -> None:
    assert letters.wrap("\n\none\n\n\n\n  \ntwo   \n\n") == "one\n\ntwo\n"


@pytest.mark.parametrize("line", ["-", "--", "- ", "   ", "•", "a-b-c", "-" * 200])
def test_odd_lines_do_no_harm(line: str) -> None:
    assert letters.wrap(f"one\n{line}\ntwo").splitlines()[0] == "one"
    assert letters.wrap(line).strip() == line.strip()


# --- sending ------------------------------------------------------------------------------------
def test_send_writes_and_posts_in_the_name_of_the_office(silent_bell: list[Any], office: Organisation) -> None:
    email = letters.send(event="accounts/login_code", to="head@example.org", kind="action", context=FACTS)
    email = OutgoingEmail.objects.get(pk=email.pk)
    assert email.event == "accounts/login_code"
    assert b"From: Portfolio & Change <pmo@localhost>\r\n" in bytes(email.raw)
    assert "271828" in email.text
    assert email.subject == "Your sign-in code"


def test_a_line_break_in_a_subject_becomes_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "render_to_string", lambda *_: "one\r\nBcc: all@example.org\n")
    assert letters.compose("accounts/login_code", {}).subject == "one Bcc: all@example.org"


def test_an_organisation_that_was_never_named_still_writes() -> None:
    Organisation.objects.all().delete()
    assert "PMO, Your organisation" in letters.compose("accounts/login_code", FACTS).text


# --- whose name, and where answers go -----------------------------------------------------------
def heads_of(email):
    message = message_from_bytes(bytes(email.raw), policy=policy.default)
    return message["From"].addresses[0].display_name, str(message["Reply-To"] or "")


@pytest.mark.parametrize("security", [True, False])
@pytest.mark.parametrize(
    ("sender", "answers", "heads"),
    [
        ("", "", ("PMO", "")),
        ("Fairhaven Projects", "", ("Fairhaven Projects", "")),
        ("", "office@fairhaven.example", ("PMO", "office@fairhaven.example")),
        ("Büro für Projekte", "office@fairhaven.example", ("Büro für Projekte", "office@fairhaven.example")),
    ],
)
def test_a_letter_that_nobody_signs_bears_the_organisation_s_name_and_address(security, sender, answers, heads, db):
    Organisation.objects.update(sender_name=sender, reply_to=answers)
    if security:
        email = letters.send_security(event="accounts/login_code", to="a@x.example", context={"code": "123456"})
    else:
        email = letters.send(event="accounts/login_code", to="a@x.example", kind="action", context={"code": "1"})
    assert heads_of(email) == heads


def test_a_letter_of_a_person_keeps_theirs(db):
    Organisation.objects.update(sender_name="Fairhaven Projects", reply_to="office@fairhaven.example")
    email = letters.send(
        event="accounts/login_code", to="a@x.example", kind="action", context={"code": "1"},
        sender_name="Ada Field", reply_to="ada@fairhaven.example",
    )  # fmt: skip
    assert heads_of(email) == ("Ada Field", "ada@fairhaven.example")
