"""Somebody at a browser, who looks at every page that they come to."""

from playwright.sync_api import BrowserContext, Page

from communications import workflow as ledger
from tests.journeys.pictures import keep_picture
from tests.journeys.watch import Watch


class Visitor:
    """Somebody at a browser, who looks at every page that they come to."""

    def __init__(self, context: BrowserContext, address: str, width: int, *, scripts: bool) -> None:
        self.page: Page = context.new_page()
        self.watch = Watch(self.page)
        self.address, self.width, self.scripts = address, width, scripts
        self._pictures = 0

    def looks(self, name: str) -> None:
        """Check the page as it stands: quiet, accessible, within the width; keep a picture."""
        self._pictures += 1
        kind = f"{self.width}{'' if self.scripts else '-without-scripts'}"
        keep_picture(self.page, f"{kind}-{self._pictures:02}-{name}")
        self.page.wait_for_load_state()
        assert self.page.evaluate("document.documentElement.scrollWidth") == self.width
        if self.scripts:
            self.watch.check()
        else:
            self.watch.assert_quiet()

    def saves(self, name: str) -> None:
        """Look at the page, then save and continue."""
        self.looks(name)
        self.page.get_by_role("button", name="Save and continue").click()

    def fills(self, **answers: str) -> None:
        """Type into boxes by their names."""
        for name, answer in answers.items():
            self.page.locator(f"[name={name}]").fill(answer)

    def chooses(self, **answers: str) -> None:
        """Choose radio buttons by name and value."""
        for name, answer in answers.items():
            self.page.locator(f"[name={name}][value={answer}]").check()

    def reads_the_newest_email(self) -> str:
        """Let the worker send what is due, open the newest email of the mailbox, return its words."""
        ledger.sweep()
        here = self.page.url
        self.page.goto(f"{self.address}/demo/mailbox/")
        self.looks("mailbox")
        self.page.locator(".sc-mailbox__item a").first.click()
        self.looks("email")
        words = self.page.locator(".sc-mail__body").inner_text()
        self.page.goto(here)
        return words
