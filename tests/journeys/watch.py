"""What must hold of every page that a journey opens."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page

from tests.journeys.axe import assert_accessible


class Watch:
    """Hears what one page's console complains of: scripts that fail, sources the policy refuses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._deaf = False
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def check(self) -> None:
        """Assert that the page as it now stands is quiet and accessible."""
        self.assert_quiet()
        self._deaf = True  # axe adds styles of its own, which the policy refuses, aloud
        assert_accessible(self.page)
        self._deaf = False

    def assert_quiet(self) -> None:
        """Assert that the console has complained of nothing so far."""
        assert self.complaints == [], "\n".join(self.complaints)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not self._deaf:
            self.complaints.append(f"{self.page.url}: {message.text}")
