"""The deadlines board in Chromium: signed in by link, live, by keyboard, without script, alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.plugins.require import needs

from .page import CONTRAST, NAMELESS, Page, chromium

pytestmark = [needs("browser"), pytest.mark.timeout(300)]
TODAY = date(2024, 3, 4)
DAYS_LEFT = {"S-0": -20, "S-1": 0, "S-2": 14, "S-3": 15, "S-4": 60, "S-5": 180, "S-6": 181}
"""Members by the days that their first certification is from its last day."""
BUCKETS = {
    "All": 7,
    "Past due": 1,
    "Undetermined": 0,
    "14 days": 2,
    "60 days": 2,
    "180 days": 1,
    "Later": 1,
}
NAME = "Group of the North"
ON_ITS_ROW = "return document.activeElement === document.querySelector('tr.at a')"


def admit(door: Door, member_id: str, due_on: date) -> None:
    """A member whose first certification is due on a day."""
    who = {"member_id": member_id}
    door.send("ops", "membership/draft_application", **who, name=NAME, country="DE")
    asked = {"membership_class": "PT", "activities": ["smelting"]}
    door.send("ops", "membership/submit_application", **who, **asked)
    door.send("ops", "membership/start_review", **who)
    door.send("ops", "membership/approve_application", **who, fee_level="small")
    joined_on = due_on.replace(year=due_on.year - 2).isoformat()
    door.send("ops", "membership/admit_member", **who, joined_on=joined_on)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A platform with a deadline in each bucket, and a browser."""
    with platform(tmp_path_factory.mktemp("board")) as host, door_of(host) as door:
        door.tick(TODAY - timedelta(days=1))
        for member_id, days in DAYS_LEFT.items():
            admit(door, member_id, TODAY + timedelta(days=days))
        door.tick(TODAY)
        door.settled()
        with chromium() as driver:
            yield Page(driver, host, door)


def test_a_sign_in_link_works_once(page: Page) -> None:
    link = page.sign_in("ops")
    assert page.text("h1") == "Deadlines"
    page.driver.delete_all_cookies()
    page.open(link)
    assert "token-used" in page.text("main")
    page.open("/")
    assert page.driver.current_url.endswith("/signin")
    assert page.text("h1") == "Sign in"


def test_signing_out_ends_the_session(page: Page) -> None:
    page.sign_in("ops")
    page.click("header button")
    page.until_heading("Sign in")
    page.open("/")
    assert page.text("h1") == "Sign in"


def test_deadlines_are_listed_by_bucket_the_nearest_first(page: Page) -> None:
    page.sign_in("ops")
    assert page.members() == list(DAYS_LEFT)
    assert {row[3].split("\n")[0] for row in page.rows()} == {NAME}
    names = [row[1].split("\n")[0].split("  ")[0] for row in page.rows()]
    assert names[0].startswith("Past due")
    assert page.rows()[0][1].endswith("20 days ago")
    assert page.rows()[1][1].endswith("today")
    shown = {}
    for link in page.told("nav.buckets a", "innerText"):
        title, count = link.rsplit(None, 1)
        shown[title] = int(count)
    assert shown == BUCKETS
    for at, (name, wanted) in enumerate(BUCKETS.items(), 1):
        page.click(f"nav.buckets a:nth-of-type({at})")
        page.until_rows(wanted)
        assert page.text("nav.buckets [aria-current]").startswith(name)


def test_a_member_sees_its_own_and_is_told_why_not_others(page: Page) -> None:
    page.sign_in("member:S-3")
    assert page.members() == ["S-3"]
    page.open("/?member=S-1")
    assert "not-your-member" in page.text("main")
    page.open("/deadlines/initial_certification:S-1")
    assert "not-your-member" in page.text("main")


def test_the_board_changes_by_itself_and_is_not_loaded_again(page: Page) -> None:
    page.sign_in("ops")
    page.until_live()
    page.driver.execute_script("window.loadedOnce = true")
    for number in range(3):
        invoice = {"member_id": f"S-{number}", "invoice_id": f"I-{number}"}
        page.door.send("ops", "membership/invoice_fee", **invoice)
        page.until_rows(8 + number)
    assert page.driver.execute_script("return window.loadedOnce") is True
    assert [row[2] for row in page.rows()].count("Membership fee") == 3
    for number in range(3):
        paid = {"member_id": f"S-{number}", "invoice_id": f"I-{number}"}
        page.door.send("ops", "membership/record_fee_payment", **paid)
    eventually(page.members, lambda members: members == list(DAYS_LEFT))


@contextmanager
def refused(page: Page) -> Iterator[None]:
    """The board is there, and its stream is refused until we are through."""
    page.sign_in("ops")
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/live?*"]})
    try:
        page.open("/")
        eventually(lambda: page.text("#live"), lambda text: "reconnecting" in text)
        yield
    finally:
        page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_a_board_that_was_refused_for_a_moment_goes_on_by_itself(page: Page) -> None:
    with refused(page):
        assert page.members() == list(DAYS_LEFT)
    page.until_live()
    assert page.members() == list(DAYS_LEFT)


def test_a_board_whose_session_has_ended_says_so(page: Page) -> None:
    with refused(page):
        page.driver.delete_all_cookies()
    said = eventually(lambda: page.text("#live"), lambda text: "reconnecting" not in text)
    assert said == "· signed out: sign in again"


def test_it_can_be_used_from_the_keyboard_alone(page: Page) -> None:
    page.sign_in("ops")
    page.press(Keys.TAB)
    assert page.focused().text == "Skip to content"
    order = []
    for _ in range(13):
        page.press(Keys.TAB)
        order.append(page.focused().get_attribute("name") or page.focused().text.split(" ")[0])
    assert order == [
        "Castmark",
        "Emissions",
        "CoC",
        "Events",
        "Sign",
        *[name.split(" ")[0] for name in BUCKETS],
        "kind",
    ]
    page.press(Keys.ESCAPE, "j", "j", "j", "k")
    assert page.driver.execute_script(ON_ITS_ROW)
    assert "S-1" in page.text("tr.at")
    page.press("/")
    assert page.focused().get_attribute("name") == "member"
    page.press("j", Keys.ESCAPE, "j")
    assert page.told("input[name=member]", "value")[0] == "j"
    assert "S-2" in page.text("tr.at")
    page.press(Keys.ENTER)
    page.until_heading("First certification:")
    assert "/deadlines/initial_certification" in page.driver.current_url
    assert "S-2" in page.driver.title
    page.press(*[Keys.TAB] * 7)
    assert page.focused().text == "← Deadlines"
    page.press(Keys.ENTER)
    page.until_heading("Deadlines")


def test_a_change_does_not_take_the_row_from_who_is_on_it(page: Page) -> None:
    page.sign_in("ops")
    page.until_live()
    page.press("/", "t", "y", "p", Keys.ESCAPE, "j", "j", "j", "j")
    assert "S-3" in page.text("tr.at")
    invoice = {"member_id": "S-0", "invoice_id": "I-9"}
    page.door.send("ops", "membership/invoice_fee", **invoice)
    page.until_rows(8)
    assert "S-3" in page.text("tr.at")
    assert page.driver.execute_script(ON_ITS_ROW)
    assert page.told("input[name=member]", "value")[0] == "typ"
    page.door.send("ops", "membership/record_fee_payment", **invoice)
    page.until_rows(7)


def test_a_row_explains_itself_with_events_and_evidence(page: Page) -> None:
    page.sign_in("ops")
    page.click("tr[data-row] a")
    page.until_heading("First certification:")
    text = page.text("main")
    assert "two years of joining" in text
    assert "membership.duty_started.v1" in text
    assert "membership.duty_missed.v1" in text
    assert "Policy membership-2017-12-01" in text
    figures = {}
    for row in page.told("tbody tr", "innerText"):
        name, *cells = row.split("\t")
        figures[name] = cells
    assert figures["duty.years"][:2] == ["2", "verified"]
    assert figures["duty.classes"][:2] == ["PT, IU", "verified"]
    assert figures["duty.launched_on"][:2] == ["2017-12-01", "unverified"]
    assert "unverified" in page.text(".warn")


def test_what_a_figure_rests_on_can_be_looked_up(page: Page) -> None:
    page.sign_in("ops")
    page.click("tr[data-row] a")
    page.until_heading("First certification:")
    assert "A1 Maintaining good standing" in page.text(".documents")
    assert "CRU" in page.told("td a[href='/sources#A6']", "title")[0]
    page.click("td a[href='/sources#A6']")
    page.until_heading("Sources")
    assert "CRU" in page.text("tr:target")
    page.open("/deadlines/nobody")
    page.click("footer a")
    page.until_heading("Sources")


def test_a_class_that_no_longer_fits_is_put_before_operations_and_the_member(page: Page) -> None:
    who = {"member_id": "S-S"}
    page.door.send("ops", "membership/draft_application", **who, name="Supporter", country="DE")
    page.door.send("ops", "membership/submit_application", **who, membership_class="DS")
    page.door.send("ops", "membership/start_review", **who)
    page.door.send("ops", "membership/approve_application", **who, fee_level="small")
    page.door.send("ops", "membership/admit_member", **who)
    page.door.settled()
    entity = {**who, "entity_id": "S-S-E"}
    page.door.send("ops", "membership/register_entity", **entity, name="Works", country="DE")
    page.door.settled()
    site = {"facility_id": "S-S-F", "name": "Smelter", "activities": ["smelting"]}
    where = {"location": {"country": "DE"}}
    page.sign_in("ops")
    assert page.text("#decide") == ""
    page.door.send("ops", "membership/register_facility", **entity, **site, **where)
    page.door.settled()
    for role in ("ops", "member:S-S"):
        page.sign_in(role)
        text = page.text("#decide")
        assert "S-S is of class DS" in text
        assert "S-S-F does what only class PT does" in text
    page.sign_in("member:S-1")
    assert page.text("#decide") == ""
    gone = {**who, "facility_id": "S-S-F", "reason": "sold"}
    page.door.send("ops", "membership/close_facility", **gone)
    page.door.settled()
    page.sign_in("ops")
    assert page.text("#decide") == ""


def test_it_reads_the_same_without_script(page: Page) -> None:
    page.sign_in("ops")
    with_script = page.rows()
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open("/")
        assert page.rows() == with_script
        assert page.text("#live") == ""
        page.find("input[name=member]").send_keys("S-4", Keys.ENTER)
        eventually(page.members, lambda members: members == ["S-4"])
        page.click("tr[data-row] a")
        page.until_heading("First certification:")
        assert "Why this date" in page.text("main")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_nothing_is_asked_of_anybody_else(page: Page) -> None:
    """The browser's own record of every request of a visit."""
    page.log()
    page.sign_in("ops")
    page.until_live()
    page.click("tr[data-row] a")
    page.until_heading("First certification:")
    sent = [one for one in page.log() if one["method"] == "Network.requestWillBeSent"]
    asked = [str(one["params"]["request"]["url"]) for one in sent]
    ours = [url.removeprefix(page.host.url) for url in asked]
    assert {"/", "/static/castmark.css", "/static/board.js"} <= set(ours)
    assert any(path.startswith("/live?mark=") for path in ours)
    assert [path for path in ours if not path.startswith("/")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_can_be_read_by_everybody(page: Page, scheme: str, width: int, tmp_path: Path) -> None:
    """Language, one heading, names for what can be used, table headers, contrast, no sideways
    scrolling of the page; in the light and in the dark, wide and narrow."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.sign_in("ops")
        shown = "/deadlines/initial_certification:S-0"
        for path in ("/", shown, "/signin", "/?bucket=none", "/sources"):
            page.open(path)
            assert page.told("html", "lang") == ["en"]
            assert page.count("h1") == page.count("main") == 1
            assert page.driver.title.endswith("Castmark")
            assert page.driver.execute_script(NAMELESS) == []
            assert set(page.told("th", "scope")) <= {"col"}
            assert page.driver.execute_script(CONTRAST) == {}, path
            fits = "return document.documentElement.scrollWidth <= innerWidth"
            assert page.driver.execute_script(fits), path
            shot = tmp_path / f"{scheme}-{width}-{path.strip('/').partition(':')[0][:9]}.png"
            assert page.driver.save_screenshot(str(shot))
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
