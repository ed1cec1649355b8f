"""The first hour of an office of two, and the minutes of those it waits for: from the printed address to an agreement
in force. The embedded portal as `make ours` starts it, with a database and a folder of letters of its own.
"""

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import BaseHandler, HTTPCookieProcessor, Request, build_opener

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Example, Visit
from tests.journeys.processes import running, surroundings, wait_for_port
from tests.journeys.test_example import code_for, letters
from tests.journeys.test_issuer import link_in
from tests.journeys.visitor import PHONE, Visitor
from tests.outbox.sink import wait_until
from tests.servers import HOST, free_port

pytestmark = [
    pytest.mark.browser,
    # It has its own SQLite whatever the suite runs on: once is enough.
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]
LEAD, ISSUER, HEAD, OTHER_HEAD = (f"{name}@kingsbridge.example" for name in ("mara", "helen", "anna", "ben"))
SET_UP = re.compile(r"http://\S+(/setup/\S+/)")
CLAUSES = (
    "Keeps one list of all projects, with the owner, the aim and the present state of each.",
    "The order in which projects are taken up.",
    "Run the projects of others.",
    "Buy services or sign contracts for projects.",
)
CHARTER = """Project Office Charter

2.1\tThe office keeps the calendar of all closures, twelve weeks ahead.
2.2\tThe office and the areas agree together on who takes part in a project.
2.3\tThe office does not approve budgets.
•\tIt does not replace the line manager.
"""
CELLS = (
    "Area\tHead\tE-mail\r\n"
    f"Finance\tAnna Reyes\t{HEAD}\r\n"
    f"Operations\tBen Okafor\t{OTHER_HEAD}\r\n"
    "Information Technology\t\t\r\n"
)
# What our own words for a gap would be, by the name of its field.
OWN_WORDS = {
    "our_part": "We show who would be asked twice.",
    "your_part": "You decide within a week.",
    "who_instead": "The purchasing team",
    "how_to_reach": "See the list of doors on the intranet.",
    "example": "“Could you get it for us by Friday?”",
    "how_to_ask": "Write to projects@kingsbridge.example.",
    "who": "Mara Holt",
}
# A browser's visit, what is counted against guessing, and what the clock writes for itself each minute.
BESIDE = {
    "sqlite_sequence", "django_session", "usersessions_usersession", "portal_cache",
    "audit_link", "digests_expanded", "digests_owed", "digests_considered", "digests_asked",
}  # fmt: skip
WRITTEN_FOR_A_CODE = {"accounts_signincode", "outbox_outgoingemail", "outbox_attempt"}


@dataclass(frozen=True)
class Ours(Example):
    """One's own portal, and what it keeps."""

    set_up: str
    database: Path

    def rows(self) -> dict[str, list[Any]]:
        """All that stands in the database, by table; visits and throttles aside."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as link:
            names = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: link.execute(f'SELECT * FROM "{name}"').fetchall() for name in set(names) - BESIDE}

    def changed_since(self, before: dict[str, list[Any]]) -> set[str]:
        """The tables that hold something else."""
        return {name for name, rows in self.rows().items() if rows != before[name]}

    def every_letter(self) -> dict[Path, EmailMessage]:
        files = sorted(self.mail.glob("*.eml"))
        return {file: message_from_bytes(file.read_bytes(), policy=policy.default) for file in files}


@pytest.fixture
def ours(browser: Browser, tmp_path: Path) -> Iterator[Ours]:
    port, log = free_port(), tmp_path / "output"
    with running(
        [sys.executable, "bin/start.py", "ours"], surroundings(PORT=port, PORTAL_VAR=tmp_path), log
    ) as portal:
        wait_for_port(port, portal, log, seconds=180)
        printed = SET_UP.search(log.read_text())
        assert printed, log.read_text()
        home = tmp_path / "ours"
        yield Ours(f"http://{HOST}:{port}", home / "mail", [], printed[1], home / "db.sqlite3")


class Hands(Visitor):
    """Counts what a person does: opening a letter's link and each press is a tap, each field is something typed."""

    taps = typed = 0

    def go(self, path: str) -> None:
        self.taps += 1
        super().go(path)

    def arrive(self, what: Any) -> None:
        self.taps += 1
        super().arrive(what)

    def fill(self, **fields: str) -> None:
        self.typed += len(fields)
        super().fill(**fields)


def scan(method: str, address: str, *handlers: BaseHandler, **form: str) -> tuple[int, str]:
    """What a program gets that opens or submits an address: the status of the page it ends on, and its words."""
    data = urlencode(form).encode() if method == "POST" else None
    try:
        with build_opener(*handlers).open(Request(address, data, method=method), timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


class Walk:
    """The journey's steps, in their order; each leaves behind what the next one needs."""

    def __init__(self, ours: Ours, visit: Visit) -> None:
        self.ours, self.visit = ours, visit
        self.lead = visit(ours.base)

    def come_by(self, address: str, about: str, **options: Any) -> Visitor:
        """By the link of a letter, one tap for a code, and the code from the next letter."""
        visitor = self.visit(self.ours.base, **options)
        before = letters(self.ours.mail, address).keys()
        visitor.go(link_in(self.ours, address, about))
        assert visitor.heading == "Is this you?"
        visitor.press("Send me a code")
        visitor.fill(code=code_for(address, self.ours.mail, before))
        visitor.press("Sign in")
        return visitor

    # The first hour

    def set_up(self) -> None:
        """At the printed address, which is gone once it was used."""
        lead = self.lead
        lead.go(self.ours.set_up)
        lead.look_closely()
        lead.fill(name="Kingsbridge Water", your_name="Mara Holt", email=LEAD)
        lead.press("Start the portal")
        assert lead.heading == "Today"
        stranger = self.visit(self.ours.base)
        stranger.expect_refusal(404)
        stranger.go(self.ours.set_up)
        assert stranger.heading == "This address does not work"

    def go_home(self) -> None:
        """The home page, where nothing that is offered leads nowhere."""
        self.lead.page.get_by_role("link", name="Home", exact=True).first.click()
        assert self.lead.heading == "Today"
        offered = self.lead.page.locator("main .task-list a, main .row-list a")
        for link in offered.all():
            address = str(link.get_attribute("href"))
            assert self.lead.context.request.get(address).status == 200, address

    def take_step(self, title: str) -> None:
        """The next of the first steps, by its own link."""
        self.go_home()
        assert self.next_step() == title
        self.lead.follow(title)

    def next_step(self) -> str:
        to_do = self.lead.page.locator(".section--steps .task-list__item", has_text="To do")
        return to_do.first.get_by_role("link").inner_text() if to_do.count() else ""

    def write_why(self) -> None:
        self.take_step("Write why you exist")
        self.lead.press("Start a draft")
        self.lead.follow("Why this office exists")
        self.lead.fill(
            why_before="Two works closed the same street in one week.",
            why_asked_by="The chief operating officer asked for one list.", why_noticed="Closures are known early.",
        )  # fmt: skip
        self.lead.press("Save")

    def choose_clauses(self) -> None:
        """From the words to start from, and from the charter that there is already."""
        self.take_step("Choose what you do, share and do not do")
        for words in CLAUSES:
            self.lead.page.get_by_label(words).check()
        self.lead.press("Add what is ticked")
        self.lead.follow("Paste from Word")
        self.lead.fill(text=CHARTER)
        self.lead.press("Look it over")
        self.lead.look_closely()
        guessed = self.lead.page.locator(".pasted__line")
        assert guessed.locator("textarea").first.input_value() == "Project Office Charter"
        kinds = [each.input_value() for each in guessed.locator("select").all()]
        assert kinds == ["leave_out", "does", "shared", "does_not", "does_not"], "the first line is a title"
        self.lead.press("Add these clauses")
        assert "1.2 The office keeps the calendar of all closures, twelve weeks ahead." in self.lead.text
        assert "3.4 It does not replace the line manager." in self.lead.text

    def say_who_does_it(self) -> None:
        """The step leads to the first clause that is not finished, and the list of gaps through the others."""
        self.take_step("Say who does what you do not")
        self.fill_the_gaps()
        self.lead.press("Save")
        self.follow_the_gaps()
        self.lead.follow("Done")

    def follow_the_gaps(self) -> None:
        gaps = self.lead.page.locator("main .notice a")
        while count := gaps.count():
            self.lead.arrive(gaps.first)
            self.fill_the_gaps()
            self.lead.press("Save")
            assert gaps.count() < count, self.lead.text

    def fill_the_gaps(self) -> None:
        """Own words wherever a field is empty or still holds a bracket."""
        for name, words in OWN_WORDS.items():
            field = self.lead.page.locator(f'main [name="{name}"]')
            if field.count() and (not field.input_value() or "[" in field.input_value()):
                field.fill(words)

    def paste_the_areas(self) -> None:
        self.take_step("Paste the first three areas")
        self.lead.fill(rows=CELLS)
        self.lead.press("See what it brings")
        assert "3 new areas · 2 new people · 2 areas get a head" in self.lead.text
        self.lead.look_closely()
        self.lead.press("Bring all of it in")
        expect(self.lead.page.locator("main")).to_contain_text("Nobody has been written to.")

    def draft_one_agreement(self) -> None:
        self.take_step("Draft one agreement")
        self.lead.press("Begin the draft")
        # Whoever leaves here comes back to the same place.
        self.take_step("Draft one agreement")
        for row in self.lead.page.locator("fieldset", has_text="Finance").first.get_by_role("checkbox").all()[:2]:
            row.check()
        self.lead.press("Add what is ticked")
        self.lead.follow("Aim and period")
        self.lead.fill(aim="Finance is never surprised by a project.")
        self.lead.press("Save")
        self.lead.press("Share the draft with the head")
        self.lead.look_closely()

    def name_and_invite_the_issuer(self) -> None:
        self.take_step("Send the mandate to the issuer")
        self.lead.fill(name="Helen Marsh", email=ISSUER, post_title="Chief operating officer")
        self.lead.press("Go on to the letter")
        self.send_the_letter_shown("Helen Marsh", ISSUER)

    def send_the_letter_shown(self, name: str, address: str) -> None:
        """Shown first, as it will arrive; looking at it sends nothing."""
        assert f"Dear {name}," in self.lead.page.locator(".letter__text").inner_text()
        assert not letters(self.ours.mail, address)
        self.lead.press("Send the invitation")
        expect(self.lead.page.locator("main")).to_contain_text(f"The invitation is on its way to {address}.")
        wait_until(lambda: letters(self.ours.mail, address), 60, f"the invitation of {name}")

    def send_the_mandate_to_review(self) -> None:
        """The same step again leads to the draft, which says what is missing, each a link."""
        self.take_step("Send the mandate to the issuer")
        self.write("Purpose", purpose="The office lets Kingsbridge rely on its projects.")
        self.write("How it helps the business", helps="Fewer surprises in the budget.")
        self.lead.follow("Objectives: give at least one.")
        self.lead.follow("Add one")
        self.lead.fill(text="No surprise in any forecast", measure="Calls at each closing")
        self.lead.press("Save")
        self.lead.follow("Done")
        self.lead.follow("Services: give at least one.")
        self.lead.follow("Start from usual words")
        self.lead.page.get_by_label("One calendar of change").check()
        self.lead.press("Add what is ticked")
        self.follow_the_gaps()
        self.lead.follow("Done")
        self.lead.press("Send to review")
        assert "A letter has told Helen Marsh." in self.lead.text

    def write(self, part: str, **fields: str) -> None:
        self.lead.follow(part)
        self.lead.fill(**fields)
        self.lead.press("Save")

    def invite_the_head(self) -> None:
        """From the line that says what waits for her."""
        self.go_home()
        assert self.next_step() == ""
        self.lead.follow("Invite Anna Reyes", exact=False)
        self.send_the_letter_shown("Anna Reyes", HEAD)

    def invite_the_other_head(self) -> None:
        """Of whom nothing is wanted yet: he is among those who hear of the mandate later."""
        self.lead.go("/people/")
        self.lead.follow("Ben Okafor")
        self.lead.follow("Invite …")
        self.send_the_letter_shown("Ben Okafor", OTHER_HEAD)

    def have_nothing_left_to_do(self) -> None:
        """Nobody else has done anything, and the home says whom it waits for, since when, and what can be done."""
        self.go_home()
        self.lead.look_closely()
        assert "First steps" not in self.lead.text
        mine = self.lead.page.locator(
            "section", has=self.lead.page.get_by_role("heading", name="For you", exact=True)
        )
        expect(mine).to_contain_text("Nothing waits on you.")
        self.waits("Approve and publish the mandate, version 1", "Helen Marsh", "remind again from")
        self.waits("Read the draft agreement with Finance", "Anna Reyes", "Remind")

    def waits(self, title: str, whom: str, action: str) -> None:
        line = self.lead.page.locator(".row-list__item", has_text=title)
        expect(line).to_have_count(1)
        expect(line.get_by_role("link", name=whom, exact=True)).to_have_count(1)
        expect(line).to_contain_text("since today")
        expect(line).to_contain_text(action)

    # The issuer

    def suggest_one_word(self) -> None:
        issuer = self.issuer = self.come_by(ISSUER, "version 1, waits", **PHONE)
        assert issuer.page.url.endswith("/mandate/versions/1/"), "the page that the letter is about"
        issuer.look_closely()
        issuer.follow("Suggest other words Clause 1.2")
        issuer.fill(text="The office keeps the calendar of all closures, ten weeks ahead.")
        issuer.press("Send to the PMO")
        assert "You suggest:" in issuer.text

    def accept_it(self) -> None:
        self.go_home()
        self.lead.follow("Answer the issuer's other words for the mandate, version 1")
        self.lead.press("Accept it, and send the next version")

    def publish_with_a_letter(self) -> None:
        """One is shown the one word that changed, then approves and publishes with a letter in one's own name."""
        issuer = self.issuer
        issuer.go(link_in(self.ours, ISSUER, "version 2, waits"))
        assert issuer.page.url.endswith("/mandate/versions/2/")
        assert "This alone" in issuer.text
        issuer.look_closely()
        issuer.follow("Approve and publish …")
        issuer.look_closely()
        issuer.press("Publish, and send the letter")
        assert issuer.page.url.endswith("/mandate/")
        assert "ten weeks ahead" in issuer.text
        reader = self.come_by(OTHER_HEAD, "invites you", **PHONE)
        reader.go("/mandate/")
        assert "ten weeks ahead" in reader.text

    def hear_of_it_from_the_issuer(self) -> None:
        """The clock ticks each minute: by then whoever has a way in has the issuer's letter."""
        for address in (LEAD, HEAD, OTHER_HEAD):
            wait_until(
                lambda address=address: self.from_the_issuer(address), 180, f"the issuer's letter to {address}"
            )
            (letter,) = self.from_the_issuer(address)
            assert "Helen Marsh" in str(letter["From"])

    def from_the_issuer(self, address: str) -> list[EmailMessage]:
        every = letters(self.ours.mail, address).values()
        return [letter for letter in every if letter["Subject"] == "What the PMO is for"]

    # The head

    def propose(self) -> None:
        """The home says that there is something to finish now; the rows say what is open."""
        self.go_home()
        self.lead.follow("Finish and sign the agreement with Finance")
        for place in range(2):
            self.lead.arrive(self.lead.page.get_by_role("link", name=re.compile("^Edit")).nth(place))
            self.lead.page.locator("[name=clause]").select_option(index=1)
            promise = self.lead.page.locator("[name=we_commit]")
            promise.fill(promise.input_value().replace("[number]", "three"))
            self.lead.press("Save")
        self.lead.press("Sign for the PMO and propose")
        assert "Signed for the PMO." in self.lead.text

    def change_one_word_and_sign(self) -> None:
        """From the letter to the signature, with one's thumb: at most eight taps and two things typed."""
        head = self.head = self.come_by(HEAD, "Finance", kind=Hands, **PHONE)
        assert head.page.url.endswith("/agreements/1/"), "the page that the letter is about"
        head.follow("Change words", exact=False)
        box = head.page.locator("[name=we_commit]")
        head.fill(we_commit=box.input_value().replace("three", "two"))
        head.press("Save")
        head.look_closely()
        head.follow("Sign with this change")
        head.look_closely()
        head.press("Sign for Finance")
        assert (head.taps, head.typed) == (7, 2)

    def sign_the_words_of_the_head(self) -> None:
        self.go_home()
        self.lead.follow("Answer the changes of Finance")
        self.lead.look_closely()
        self.lead.follow("Read and sign")
        self.lead.press("Sign for the PMO")
        assert "in force" in self.lead.text, self.lead.text

    def read_that_it_is_in_force(self) -> None:
        """The head's own page: what she gets, what both promised in her words, and that nothing waits on her."""
        self.head.go("/")
        assert self.head.page.url.endswith("/areas/finance/")
        assert "Agreement until" in self.head.text
        assert "on working day two of each month" in self.head.text
        self.head.look_closely()

    # A letter in the wrong hands

    def settle(self) -> dict[str, list[Any]]:
        """All that stands once every letter is on its way."""
        wait_until(
            lambda: len(self.ours.rows()["outbox_outgoingemail"]) == len(self.ours.every_letter()), 90, "all letters"
        )
        return self.ours.rows()

    def forward_the_letter(self) -> None:
        """Somebody else opens the link of the head: a plain page, and nothing has happened."""
        before, written = self.settle(), self.ours.every_letter().keys()
        colleague = self.visit(self.ours.base, **PHONE)
        colleague.go(link_in(self.ours, HEAD, "waits for your signature"))
        colleague.follow("I am not Anna Reyes")
        assert colleague.heading == "This letter is somebody else's"
        assert "opening it has changed nothing" in colleague.text
        colleague.look_closely()
        colleague.follow("Come in with my own address")
        assert colleague.heading == "Sign in"
        assert HEAD not in colleague.page.content()
        colleague.go("/areas/finance/")
        assert colleague.heading == "Sign in"
        assert self.ours.changed_since(before) == set()
        assert self.ours.every_letter().keys() == written

    def let_a_scanner_open_everything(self) -> None:
        """It opens every link of every letter, and submits the forms without having been there: nothing happens."""
        before, written = self.settle(), self.ours.every_letter().keys()
        links = self.every_link()
        for link in links:
            assert (scan("GET", link)[0], scan("HEAD", link)[0]) == (200, 200), link
        ways_in = [link for link in links if "/in/" in link]
        assert len(ways_in) >= 8
        for link in ways_in:
            assert (scan("POST", link)[0], scan("POST", f"{link}not-me/")[0]) == (403, 403), link
        assert self.ours.changed_since(before) == set()
        assert self.ours.every_letter().keys() == written

    def let_a_scanner_press_the_button(self) -> None:
        """With cookies and all it sends the owner a code, a few times a minute, and stays outside."""
        before, written = self.settle(), self.ours.every_letter().keys()
        cookies, said = HTTPCookieProcessor(), []
        for link in self.every_link():
            token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', scan("GET", link, cookies)[1])
            if "/in/" in link and token:
                said.append(scan("POST", link, cookies, csrfmiddlewaretoken=token[1])[0])
        assert set(said) == {200, 429}
        assert said.count(200) <= 3 * len({LEAD, ISSUER, HEAD, OTHER_HEAD})
        assert "<h1>Sign in</h1>" in scan("GET", f"{self.ours.base}/areas/finance/", cookies)[1]
        assert self.ours.changed_since(before) <= WRITTEN_FOR_A_CODE
        self.settle()
        new = [letter for file, letter in self.ours.every_letter().items() if file not in written]
        assert len(new) == said.count(200)
        assert {letter["Subject"] for letter in new} == {"Your sign-in code"}

    def every_link(self) -> set[str]:
        """Of every letter, as text and as HTML."""
        bodies = [
            part.get_content()
            for letter in self.ours.every_letter().values()
            for part in letter.walk()
            if part.get_content_maintype() == "text"
        ]
        return {unescape(link) for body in bodies for link in re.findall(r'https?://[^\s"<>]+', body)}


def test_the_first_hour_and_what_comes_of_it(ours: Ours, visit: Visit) -> None:
    walk = Walk(ours, visit)
    walk.set_up()
    walk.write_why()
    walk.choose_clauses()
    walk.say_who_does_it()
    walk.paste_the_areas()
    walk.draft_one_agreement()
    walk.name_and_invite_the_issuer()
    walk.send_the_mandate_to_review()
    walk.invite_the_head()
    walk.invite_the_other_head()
    walk.have_nothing_left_to_do()
    walk.suggest_one_word()
    walk.accept_it()
    walk.publish_with_a_letter()
    walk.propose()
    walk.change_one_word_and_sign()
    walk.sign_the_words_of_the_head()
    walk.read_that_it_is_in_force()
    walk.hear_of_it_from_the_issuer()
    walk.forward_the_letter()
    walk.let_a_scanner_open_everything()
    walk.let_a_scanner_press_the_button()
