"""The whole thread, from the import of an organisation to the digest of a sponsor, on the production form.

A real Chromium over TLS, gunicorn on the production settings, `celery worker` and `celery beat` on Redis and
PostgreSQL, and a mail server that takes what is sent.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import CODE, Visit
from tests.journeys.processes import (
    Database,
    certificate,
    clock,
    gunicorn,
    manage,
    own_database,
    surroundings,
)
from tests.journeys.visitor import PHONE, Visitor
from tests.letters import link_in, paths_in, without_links
from tests.outbox.processes import Redis, database_url, own_redis, workers
from tests.outbox.sink import Sink, running_sink, wait_until
from tests.reorganisation.made_up import HARBOUR, written
from tests.servers import HOST, free_port

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.redis]
HOST_OF_LETTERS = "harbour.example"
LEAD, ISSUER, HEAD, SPONSOR = (f"{name}@{HOST_OF_LETTERS}" for name in ("ada", "ivo", "hanna", "simon"))
OF_THE_SPONSOR = "person_id = (SELECT id FROM stakeholders_person WHERE email = %s)"
LETTER_WITHIN = 90  # seconds


@dataclass
class Post:
    """What has arrived at the mail server."""

    sink: Sink
    opened: set[int] = field(default_factory=set)

    def to(self, address: str) -> list[tuple[int, EmailMessage]]:
        taken = list(enumerate(zip(self.sink.envelopes, self.sink.bytes, strict=False)))
        return [
            (number, message_from_bytes(raw, policy=policy.default))
            for number, ((_sender, to), raw) in taken
            if to == [address] and number not in self.opened
        ]

    def next(self, address: str, about: str) -> EmailMessage:
        """The next letter to somebody with these words in its subject."""
        found: list[tuple[int, EmailMessage]] = []

        def is_there() -> bool:
            found[:] = [(n, letter) for n, letter in self.to(address) if about in letter["Subject"]]
            return bool(found)

        wait_until(is_there, LETTER_WITHIN, f"a letter to {address} about “{about}”")
        number, letter = found[0]
        self.opened.add(number)
        return letter


def words(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


@dataclass
class Portal:
    """The production form, and what it needs around it."""

    base: str
    environment: dict[str, str]
    database: Database
    post: Post


@pytest.fixture
def portal(browser: Browser, tmp_path: Path) -> Iterator[Portal]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    name = f"{connection.settings_dict['NAME']}_journey"
    with ExitStack() as stack:
        database = stack.enter_context(own_database(database_url(), name))
        redis: Redis = stack.enter_context(own_redis(tmp_path))
        sink = stack.enter_context(running_sink())
        port = free_port()
        base = f"https://{HOST}:{port}"
        environment = surroundings(
            DJANGO_SETTINGS_MODULE="tests.journeys.production",
            SECRET_KEY="".join(f"harbour{number}" for number in range(10)),
            ALLOWED_HOSTS=HOST,
            PORTAL_URL=base,
            DEFAULT_FROM_EMAIL=f"pmo@{HOST_OF_LETTERS}",
            DATABASE_URL=database.url.replace("postgresql", "postgres", 1),
            REDIS_URL=redis.url,
            EMAIL_URL=f"smtp://{HOST}:{sink.port}",
            JOURNEY_STATIC_ROOT=tmp_path / "static",
        )
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        key, cert = certificate(tmp_path, openssl)
        stack.enter_context(
            gunicorn(environment, port, tmp_path / "gunicorn.log", "--keyfile", key, "--certfile", cert)
        )
        worker = stack.enter_context(workers(tmp_path, environment))()
        stack.enter_context(clock(environment, tmp_path))
        wait_until(worker.is_ready, 120, "the worker is ready")
        yield Portal(base, environment, database, Post(sink))


class Walk:
    """The journey's steps, in their order; each leaves behind what the next one needs."""

    def __init__(self, portal: Portal, visit: Visit, folder: Path) -> None:
        self.portal, self.post, self.visit, self.folder = portal, portal.post, visit, folder

    def come_in(self, address: str, **options: object) -> Visitor:
        """By the six digits from the mail, as everybody does."""
        visitor = self.visit(self.portal.base, **options)
        visitor.go("/")
        assert visitor.heading == "Sign in"
        visitor.fill(email=address)
        visitor.press("Send me a code")
        found = CODE.search(words(self.post.next(address, "sign-in code")))
        assert found, "no code in the letter"
        visitor.fill(code=found[1])
        visitor.press("Sign in")
        return visitor

    def come_by(self, letter: EmailMessage, address: str, **options: object) -> Visitor:
        """By the link of a letter: it knows whose it is, one button sends the digits, and they open the very page."""
        visitor = self.visit(self.portal.base, **options)
        visitor.go(link_in(words(letter)))
        assert visitor.heading == "Is this you?"
        visitor.look_closely()
        visitor.press("Send me a code")
        visitor.look_closely()
        found = CODE.search(words(self.post.next(address, "sign-in code")))
        assert found, "no code in the letter"
        visitor.fill(code=found[1])
        visitor.press("Sign in")
        return visitor

    def sent_so_far(self) -> int:
        """Every letter that the portal has written, sign-ins aside."""
        return self.portal.database.ask("SELECT count(*) FROM outbox_outgoingemail WHERE kind <> 'security'")[0][0]

    # An organisation

    def set_up(self) -> None:
        """The lead opens the address that the command prints, and is in; it works once."""
        said = manage(self.portal.environment, "open_setup")
        address = next(word for word in said.split() if word.startswith(self.portal.base))
        lead = self.visit(self.portal.base)
        lead.go(address)
        lead.look_closely()
        lead.fill(name="Harbour Works", your_name="Ada Field", email=LEAD, time_zone="Europe/London")
        lead.press("Start the portal")
        assert lead.heading == "Today"
        assert "First steps" in lead.text
        lead.look_closely()
        lead.expect_refusal(404)
        lead.go(address)
        assert lead.heading == "This address does not work"
        assert manage(self.portal.environment, "open_setup").strip() == ""

    def bring_in_the_organisation(self) -> None:
        environment = self.portal.environment
        file = self.folder / "harbour.csv"
        file.write_bytes(written(HARBOUR))
        on = (datetime.now(UTC).date() - timedelta(days=30)).isoformat()
        said = manage(environment, "import_organogram", str(file), "--on", on, "--pmo", "9")
        assert said.splitlines()[-1] == "areas: 4 new, 0 kept; people: 7 new, 0 kept; problems: 0"
        again = manage(environment, "import_organogram", str(file), "--on", on, "--pmo", "9")
        assert again.splitlines()[-1] == "areas: 0 new, 4 kept; people: 0 new, 7 kept; problems: 0"

    def name_and_invite(self, lead: Visitor) -> None:
        lead.look_closely()
        self.name(lead, "Director of works", "Ivo Brink", ISSUER)
        self.name(lead, "Director of quays", "Hanna Lund", HEAD)
        self.name(lead, "Harbour master", "Simon Oake", SPONSOR)
        lead.page.locator("main").get_by_text("Give a role").click()
        lead.fill(**{"role-kind": "sponsor"})
        lead.page.locator('[name="role-area"]').select_option(label="Quays")
        lead.press("Give this role")
        expect(lead.page.locator("main")).to_contain_text("The role is given.")
        lead.look_closely()
        assert self.sent_so_far() == 0
        assert [to for _sender, to in self.post.sink.envelopes] == [[LEAD]]
        for name, address in (("Ivo Brink", ISSUER), ("Hanna Lund", HEAD), ("Simon Oake", SPONSOR)):
            self.invite(lead, name, address)

    def name(self, lead: Visitor, post: str, name: str, address: str) -> None:
        lead.go("/people/")
        lead.follow(post)
        lead.fill(name=name, email=address)
        lead.press("Save")
        expect(lead.page.locator("main")).to_contain_text("Saved.")
        assert lead.heading == name

    def invite(self, lead: Visitor, name: str, address: str) -> None:
        before = self.sent_so_far()
        lead.go("/people/")
        lead.follow(name)
        lead.follow("Invite …")
        shown = lead.page.locator(".letter__text").inner_text()
        assert name in shown
        if name == "Hanna Lund":
            lead.look_closely()
        assert self.sent_so_far() == before, "the letter went out although it was only shown"
        lead.press("Send the invitation")
        expect(lead.page.locator("main")).to_contain_text("on its way")
        # No word was changed between what was shown and what arrived; the links became this person's own.
        letter = words(self.post.next(address, ""))
        assert without_links(letter) == without_links(shown)

    # The mandate

    def write_the_mandate(self, lead: Visitor) -> None:
        lead.go("/")
        lead.follow("Write why you exist")
        lead.press("Start a draft")
        lead.look_closely()
        self.write(
            lead, "Why this office exists", why_before="Two works closed the same quay in one week.",
            why_asked_by="The director of works asked for one list.", why_noticed="Closures are known early.",
        )  # fmt: skip
        self.write(lead, "Purpose", purpose="The office lets the harbour rely on its projects.")
        self.write(lead, "How it helps the business", helps="Fewer surprises at the quay.")
        self.add(
            lead, "Objectives", text="No closure without twelve weeks' notice", measure="Share per quarter",
            due_on="2031-03-31",
        )  # fmt: skip
        self.add(
            lead, "Services", name="The closure calendar", what_you_get="One calendar of every quay.",
            when="Every Friday", how_to_ask="By mail", who="Ada Field", what_we_need="Your own works",
        )  # fmt: skip
        self.add_clause(lead, "The PMO does", text="Keeps one list of all projects.")
        # Half-written clauses are kept as they are.
        self.add_clause(lead, "Shared", text="Plans the people of the works.", our_part="We show who is asked twice.")
        self.add_clause(lead, "The PMO does not", text="Runs your projects.")
        lead.look_closely()
        lead.follow("Done")

    def write(self, lead: Visitor, part: str, **fields: str) -> None:
        lead.follow(part)
        lead.fill(**fields)
        lead.press("Save")
        assert lead.heading == "Draft of the mandate"

    def add(self, lead: Visitor, part: str, **fields: str) -> None:
        lead.follow(part)
        lead.follow("Add one")
        lead.fill(**fields)
        lead.press("Save")
        lead.follow("Done")

    def add_clause(self, lead: Visitor, kind: str, **fields: str) -> None:
        if lead.heading == "Draft of the mandate":
            lead.follow("Clauses: does, shared, does not")
        lead.follow(f"{kind} …")
        lead.fill(**fields)
        if kind == "Shared":
            lead.look_closely()
        lead.press("Save")
        assert fields["text"] in lead.text

    def complete_what_is_missing(self, lead: Visitor) -> None:
        missing = lead.page.locator("main .notice a")
        assert missing.count() == 4, lead.text  # theirs; who instead, how to reach them, an example
        expect(lead.page.get_by_role("button", name="Send to review")).to_have_count(0)
        for link in missing.all():
            address = str(link.get_attribute("href"))
            assert lead.context.request.get(address).ok, address
        lead.follow("“Plans the people of the works.”: say which part is theirs.")
        lead.fill(your_part="You decide within a week.")
        lead.press("Save")
        lead.follow("“Runs your projects.”: say who does it instead.")
        lead.fill(
            who_instead="The project manager", how_to_reach="Named in the list", example="Please chair our meeting."
        )
        lead.press("Save")
        lead.follow("Done")
        lead.press("Send to review")
        assert lead.page.url.endswith("/mandate/versions/1/")

    def be_refused_as_the_author(self, lead: Visitor) -> None:
        assert "never done by those who wrote it" in lead.text
        expect(lead.page.get_by_role("button", name="Approve these words")).to_have_count(0)
        content_hash = self.portal.database.ask("SELECT content_hash FROM mandate_mandateversion")[0][0]
        assert lead.refused("/mandate/versions/1/approve/", "/mandate/versions/1/", hash=content_hash) == 403
        assert self.portal.database.ask("SELECT count(*) FROM mandate_approval") == [(0,)]

    def approve_and_publish(self) -> None:
        issuer = self.come_by(self.post.next(ISSUER, ""), ISSUER)
        assert issuer.page.url.endswith("/mandate/versions/1/")
        issuer.look_closely()
        issuer.press("Approve these words")
        issuer.follow("Publish …")
        issuer.press("Publish without a letter")
        assert issuer.page.url.endswith("/mandate/")
        for said in ("Fewer surprises at the quay.", "Plans the people of the works.", "The project manager"):
            assert said in issuer.text
        issuer.look_closely()

    # The agreement

    def draft_and_propose(self, lead: Visitor) -> None:
        lead.go("/areas/")
        lead.look_closely()
        lead.follow("Quays")
        lead.follow("Draft the first agreement")
        lead.press("Begin the draft")
        lead.follow("Aim and period")
        lead.fill(aim="Nobody at the quays is surprised.")
        lead.press("Save")
        lead.follow("Add a row")
        lead.fill(
            you_need="To know of closures early", we_commit="The calendar each Friday",
            you_commit="Our own works two weeks before", you_will_notice="No closure heard of last",
        )  # fmt: skip
        lead.page.locator("[name=clause]").select_option(index=1)
        lead.look_closely()
        lead.press("Save")
        lead.look_closely()
        lead.press("Share the draft with the head")
        assert "/agreements/1/" in paths_in(words(self.post.next(HEAD, "")))
        lead.press("Sign for the PMO and propose")
        expect(lead.page.locator("main")).to_contain_text("Signed for the PMO.")

    def countersign_on_a_phone(self) -> Visitor:
        head = self.come_by(self.post.next(HEAD, ""), HEAD, **PHONE)
        assert head.page.url.endswith("/agreements/1/")
        head.go("/")
        assert head.page.url.endswith("/areas/quays/")
        assert "No agreement is in force yet" in head.text
        head.look_closely()
        head.follow("Read the agreement and sign it")
        head.follow("Read and sign")
        for cell in ("To know of closures early", "The calendar each Friday", "No closure heard of last"):
            assert cell in head.text
        head.look_closely()
        head.press("Sign for Quays")
        expect(head.page.locator("main")).to_contain_text("in force from now on")
        head.look_closely()
        assert len(set(head.page.locator(".signature code").all_inner_texts())) == 1
        signed = self.portal.database.ask("SELECT side, content_hash FROM stakeholders_signature ORDER BY side")
        assert [side for side, _hash in signed] == ["area", "pmo"]
        assert signed[0][1] == signed[1][1]
        head.go("/areas/quays/")
        assert "No closure heard of last" in head.text
        assert "Agreement until" in head.text
        head.look_closely()
        return head

    # The digest

    def set_the_rhythm(self, lead: Visitor) -> None:
        lead.go("/people/")
        lead.follow("Simon Oake")
        lead.follow("Digest")
        lead.fill(rhythm="daily", hour="5", zone="Europe/Berlin")
        lead.look_closely()
        lead.press("Save")
        expect(lead.page.locator("main")).to_contain_text("Kept.")
        # The days that a reader would wait for the next slot: so the newest one counts, and is due now.
        assert self.rhythm() == "daily"
        self.portal.database.ask(
            f"UPDATE digests_digestpreference SET since = since - interval '8 days' WHERE {OF_THE_SPONSOR}", SPONSOR
        )

    def get_the_digest(self) -> EmailMessage:
        wait_until(lambda: len(self.post.to(SPONSOR)) == 1, LETTER_WITHIN, "the digest has arrived")
        letter = self.post.next(SPONSOR, "")
        assert "mandate" in words(letter).lower()
        assert "Quays" in words(letter)
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        return letter

    def find_it_in_the_archive(self, letter: EmailMessage) -> None:
        sponsor = self.come_in(SPONSOR)
        sponsor.page.get_by_role("navigation", name="Main").get_by_role("link", name="Letters").first.click()
        sponsor.look_closely()
        sponsor.follow(letter["Subject"])
        # The words in the frame are the letter's; its styles stand in it, so it is read as served.
        frame = sponsor.page.frame_locator("iframe").locator("body")
        expect(frame).to_contain_text("Quays")
        source = str(sponsor.page.locator("iframe").get_attribute("src"))
        served = sponsor.context.request.get(source).text()
        assert served.replace("\r\n", "\n").strip() == words(letter, "html").strip()
        sponsor.look_closely()
        sponsor.follow("As text")
        assert sponsor.page.locator(".letter__text").inner_text().strip() == words(letter).strip()

    def leave(self, letter: EmailMessage) -> None:
        passer_by = self.visit(self.portal.base)  # the link is the proof: nobody is signed in here
        address = letter["List-Unsubscribe"].strip("<>")
        assert address in words(letter)
        for _time in range(2):
            passer_by.go(address)
        assert self.rhythm() == "daily"
        passer_by.look_closely()
        passer_by.page.get_by_label("Stop it").check()
        passer_by.press("Change it")
        assert passer_by.heading == "No more digests"
        assert self.rhythm() == "off"
        passer_by.look_closely()
        passer_by.press("That was a mistake: undo")
        assert self.rhythm() == "daily"
        one_click = passer_by.context.request.post(address, form={"List-Unsubscribe": "One-Click"})
        assert one_click.ok
        assert self.rhythm() == "off"

    def rhythm(self) -> str:
        found = self.portal.database.ask(
            f"SELECT rhythm FROM digests_digestpreference WHERE {OF_THE_SPONSOR}", SPONSOR
        )
        return str(found[0][0])

    def check_what_was_sent(self, lead: Visitor) -> None:
        """Nothing came twice, nothing waits, and the PMO's outbox shows it all."""
        assert self.post.sink.repeats == 0
        states = self.portal.database.ask("SELECT DISTINCT state FROM outbox_outgoingemail")
        assert states == [("sent",)]
        lead.go("/digests/outbox/")
        for address in (ISSUER, HEAD, SPONSOR):
            assert address in lead.text
        lead.look_closely()
        for path in ("/", "/people/", "/agreements/", "/mandate/versions/"):
            lead.go(path)
            lead.look_closely()


def test_the_thread_from_the_import_to_the_digest(portal: Portal, visit: Visit, tmp_path: Path) -> None:
    walk = Walk(portal, visit, tmp_path)
    walk.set_up()
    walk.bring_in_the_organisation()
    lead = walk.come_in(LEAD)
    walk.name_and_invite(lead)
    walk.write_the_mandate(lead)
    walk.complete_what_is_missing(lead)
    walk.be_refused_as_the_author(lead)
    walk.approve_and_publish()
    walk.draft_and_propose(lead)
    walk.countersign_on_a_phone()
    walk.set_the_rhythm(lead)
    digest = walk.get_the_digest()
    walk.find_it_in_the_archive(digest)
    walk.leave(digest)
    walk.check_what_was_sent(lead)
