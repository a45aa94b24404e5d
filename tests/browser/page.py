"""A real browser before the platform, and what is asked of every page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from castmark.local import Host
from tests.door import Door, eventually

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
NAMELESS = """
const named = (one) => one.labels?.length || one.ariaLabel || one.textContent.trim();
return Array.from(document.querySelectorAll('input:not([type=hidden]), select, button, a'))
  .filter((one) => !named(one)).map((one) => one.outerHTML);
"""


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """The machine's own Chromium, without a screen; it keeps a record of its requests."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,900")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    with webdriver.Chrome(options=options, service=service) as driver:
        talks = driver.command_executor
        yield driver
    assert not isinstance(talks, str)
    talks.close()  # type: ignore[no-untyped-call]  # selenium's


class Page(NamedTuple):
    """A browser before the board."""

    driver: webdriver.Chrome
    host: Host
    door: Door

    def open(self, path: str) -> None:
        """Go to a page of ours."""
        self.driver.get(self.host.url + path)

    def sign_in(self, *roles: str) -> str:
        """Follow a fresh sign-in link; the link."""
        issuer = self.host.issuer
        assert issuer is not None
        self.driver.delete_all_cookies()
        link = f"/signin?ticket={issuer.ticket(roles)}"
        self.open(link)
        return link

    def rows(self) -> list[list[str]]:
        """The board's cells as text."""
        script = (
            "return [...document.querySelectorAll('tr[data-row]')].map("
            "(row) => [...row.cells].map((cell) => cell.innerText.trim()))"
        )
        found: list[list[str]] = self.driver.execute_script(script)
        return found

    def members(self) -> list[str]:
        """The ids of the members listed, from the top; each stands under its name."""
        return [row[3].split("\n")[-1] for row in self.rows()]

    def until_rows(self, count: int) -> None:
        """Wait until the board has so many rows."""
        eventually(self.rows, lambda rows: len(rows) == count)

    def find(self, selector: str) -> WebElement:
        """The first element of a CSS selector, where the page does not replace it by itself."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def told(self, selector: str, name: str) -> list[str]:
        """A property of every element of a CSS selector, in one look: a page that follows the data
        may replace an element between finding and asking it."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((one) => String(one[arguments[1]]).trim())"
        )
        found: list[str] = self.driver.execute_script(script, selector, name)
        return found

    def count(self, selector: str) -> int:
        """How many elements a CSS selector has."""
        return len(self.told(selector, "tagName"))

    def text(self, selector: str) -> str:
        """What a person reads in the first element of a CSS selector, which must be there."""
        return self.told(selector, "innerText")[0]

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector; again, if it was replaced before that."""

        def clicked(_driver: webdriver.Chrome) -> bool:
            self.find(selector).click()
            return True

        replaced = (StaleElementReferenceException,)
        WebDriverWait(self.driver, 60, ignored_exceptions=replaced).until(clicked)

    def press(self, *keys: str) -> None:
        """Keys, to whatever has the focus."""
        actions = webdriver.ActionChains(self.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def focused(self) -> WebElement:
        """What has the focus."""
        return self.driver.switch_to.active_element

    def log(self) -> list[dict[str, Any]]:
        """What the browser did since the last look, as its developer tools tell it."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # selenium's
        return [json.loads(entry["message"])["message"] for entry in entries]

    def until_heading(self, part: str) -> None:
        """Wait until a page has come whose heading holds a text."""
        script = "return document.querySelector('h1')?.innerText ?? ''"
        eventually(lambda: self.driver.execute_script(script), lambda text: part in text)

    def until_live(self) -> None:
        """Wait until the page follows the data."""
        eventually(lambda: self.text("#live"), lambda text: "live" in text)
