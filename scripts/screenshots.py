"""`make screenshots`: photograph a fresh demonstration for the README. Runs in the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, StorageState, sync_playwright

from scripts import processes, run
from scripts.environment import ROOT
from scripts.services import free_port, temporary_folder
from scripts.terminal import Refusal, run_as_command, say

FOLDER = ROOT / "docs" / "screenshots"
DESK, TELEPHONE = (1280, 800), (375, 780)
OFFICE = "office@stepchange.example"
CO_CHAIR = "business.crowded-places@cochairs.example"
PATIENCE = 180.0


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it on one screen."""

    name: str
    path: str
    account: str = ""
    size: tuple[int, int] = DESK
    follows: str = ""
    """The words of a link on that page, behind which is what is photographed."""


PICTURES = (
    Picture("home", "/"),
    Picture("home-on-a-telephone", "/", size=TELEPHONE),
    Picture("projects", "/projects/"),
    Picture("project", "/projects/T1/"),
    Picture("milestones", "/milestones/"),
    Picture(
        "expression-of-interest", "/expression-of-interest/tasks/", "volunteer23@stepchange.example"
    ),
    Picture("console", "/admin/", OFFICE),
    Picture("case", "/admin/participants/validation/", OFFICE, follows="Mei-Ling Hathersage"),
    Picture("desk", "/review/crowded-places/", CO_CHAIR),
    Picture("volunteer", "/review/crowded-places/", CO_CHAIR, follows="Amina Thistlewood"),
    Picture(
        "validation-on-a-telephone", "/validation/", "volunteer2@stepchange.example", TELEPHONE
    ),
)


def main() -> int:
    """Photograph every page into docs/screenshots."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demonstration() as (address, environment), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        signed_in: dict[str, StorageState] = {}
        for picture in PICTURES:
            # Once an account: a code of the second factor works once.
            if picture.account and picture.account not in signed_in:
                signed_in[picture.account] = sign_in(browser, address, picture.account, environment)
            photograph(picture, browser, address, signed_in.get(picture.account))
            say(f"  {picture.name}.png")
        browser.close()
    return 0


@contextmanager
def demonstration() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Run a demonstration of its own, apart from the developer's; yield its address and variables."""
    with temporary_folder("stepchange-screenshots-") as var:
        port = free_port()
        environment = os.environ | {"PORT": str(port), "STEPCHANGE_VAR": str(var)}
        command = [sys.executable, "-m", "scripts.run"]
        process = processes.start(command, environment=environment, log=var / "run.log")
        try:
            deadline = time.monotonic() + PATIENCE
            while not run.is_ready(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Refusal(
                        f"The demonstration did not start:\n{(var / 'run.log').read_text()}"
                    )
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", environment
        finally:
            processes.stop([process], patience=20)


def photograph(
    picture: Picture, browser: Browser, address: str, signed_in: StorageState | None
) -> None:
    """Open the page in a browser of its own, signed in if somebody is named, and keep what it shows."""
    width, height = picture.size
    with browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1 if picture.size == DESK else 2,
        locale="en-GB",
        storage_state=signed_in,
    ) as context:
        page = context.new_page()
        answer = page.goto(address + picture.path)
        if answer is None or not answer.ok:
            raise Refusal(f"{picture.path} did not open: {answer and answer.status}.")
        if picture.follows:
            page.get_by_role("link", name=picture.follows).click()
        page.screenshot(path=FOLDER / f"{picture.name}.png")


def sign_in(
    browser: Browser, address: str, account: str, environment: Mapping[str, str]
) -> StorageState:
    """Sign in as one of the cast, with the second factor if it is asked for; return what is kept of it."""
    cast = tomllib.loads((ROOT / "fixtures" / "demonstration.toml").read_text())
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/accounts/login/")
        page.fill("[name=login]", account)
        page.fill("[name=password]", cast["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_load_state()
        if page.locator("[name=code]").count():
            shown = subprocess.run(
                [sys.executable, "manage.py", "demo_code"],
                env=dict(environment),
                capture_output=True,
                text=True,
                check=True,
            )
            page.fill("[name=code]", shown.stdout.strip())
            page.press("[name=code]", "Enter")
            page.wait_for_load_state()
        if "/accounts/" in page.url:
            raise Refusal(f"{account} could not sign in: {page.title()}.")
        return context.storage_state()


if __name__ == "__main__":
    run_as_command(main)
