"""Somebody at a browser: a context of their own, everything the browser complains of, and axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response
from playwright.sync_api import TimeoutError as Timeout

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text()
# Letters are framed in a sandbox that runs nothing, axe's own script neither.
LOOK = """async () => {
    const found = await axe.run(document, {iframes: false, resultTypes: ['violations']});
    const words = node => `${node.target.join(' ')} (${node.any.map(each => each.message).join('; ')})`;
    return found.violations.map(violation => `${violation.id}: ${violation.nodes.map(words).join(' | ')}`);
}"""
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
Complaints = list[str]


class Visitor:
    """One person's browser. `complaints` is shared by all visitors of a journey and must stay empty."""

    def __init__(self, browser: Browser, base: str, complaints: Complaints, **options: Any) -> None:
        self.browser, self.complaints = browser, complaints
        self.options = {
            "base_url": base, "ignore_https_errors": True, "locale": "en-GB", "reduced_motion": "reduce", **options,
        }  # fmt: skip
        self.context: BrowserContext = browser.new_context(**self.options)
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        self.page.on("response", self._receive)
        self.refusal, self.refusal_of_script = 0, False
        self.closer: Page | None = None

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that comes with a refusal is no failed resource; its status is looked at below.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self._complain(f"console: {message.text}")

    def _receive(self, response: Response) -> None:
        if response.status == self.refusal and response.request.is_navigation_request() != self.refusal_of_script:
            self.refusal = 0
        elif response.status >= 400:
            self._complain(f"{response.status} for {response.request.method} {response.url}")

    def _complain(self, words: str) -> None:
        self.complaints.append(f"{self.page.url}: {words}")

    # What a person does

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.check_width()

    def fill(self, **fields: str) -> None:
        """Each field of the page's form by its name, whatever its kind."""
        for name, value in fields.items():
            field = self.page.locator(f'main [name="{name}"]')
            if self.page.locator(f'main select[name="{name}"]').count():
                field.select_option(value)
            else:
                field.fill(value)

    def press(self, button: str) -> None:
        """A button of the page, by its words."""
        self.arrive(self.page.locator("main").get_by_role("button", name=button, exact=True))

    def follow(self, link: str, exact: bool = True) -> None:
        """A link of the page, by its words."""
        self.arrive(self.page.locator("main").get_by_role("link", name=link, exact=exact).first)

    def arrive(self, what: Locator) -> None:
        """Click, and wait for the page that this leads to."""
        before = self.page.url
        try:
            with self.page.expect_navigation():
                what.click()
        except Timeout as error:
            raise AssertionError(f"{before}: a click on {what} led nowhere") from error
        self.check_width()

    @property
    def text(self) -> str:
        """The words of the page, without its frame."""
        return self.page.locator("main").inner_text()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def expect_refusal(self, status: int, *, of_script: bool = False) -> None:
        """The next page, or what a script of the page asks for next, may come with this status."""
        self.refusal, self.refusal_of_script = status, of_script

    def refused(self, path: str, page: str, **form: str) -> int:
        """The status of a POST that no page offers, with the token of a page that is open to us."""
        self.page.goto(page)
        token = self.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        answer = self.context.request.post(
            path, form={"csrfmiddlewaretoken": token, **form}, headers={"Referer": self.page.url}
        )
        return answer.status

    # What is looked at on the way

    def check_width(self) -> None:
        """Nothing is wider than the window; where no script runs, this cannot be asked."""
        if not self.options.get("java_script_enabled", True):
            return
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self._complain(f"{wide} px wider than the window")

    def look_closely(self) -> None:
        """axe on the page that is open, in light and in dark: read again where no policy keeps axe out."""
        if self.closer is None:
            self.closer = self.browser.new_context(**self.options, bypass_csp=True).new_page()
        self.closer.context.add_cookies(cast(Any, self.context.cookies()))
        for scheme in ("light", "dark"):
            self.closer.emulate_media(color_scheme=scheme)
            self.closer.goto(self.page.url)
            self.closer.add_script_tag(content=AXE)
            found = self.closer.evaluate(LOOK)
            self.complaints += [f"{self.page.url}: axe in {scheme}: {each}" for each in found]

    def leave(self) -> None:
        self.context.close()
        if self.closer is not None:
            self.closer.context.close()
