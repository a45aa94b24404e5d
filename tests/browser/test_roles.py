"""The pages of a subscriber, an audit firm and a verifier in Chromium."""

from datetime import timedelta

import pytest
from selenium.webdriver.common.keys import Keys

from tests.api.years import SITE, TODAY, YEAR, data, populate
from tests.door import eventually
from tests.plugins.require import needs

from .page import CONTRAST, NAMELESS, Page

pytestmark = [needs("browser"), pytest.mark.timeout(300)]
FIRM, VERIFIER, THIRD = "auditor:FIRM-1", "verifier:V7", "subscriber:S"
FITS = "return document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def waiting(page: Page) -> str:
    """Where a verifier answers to a result that lies with it."""
    populate(page.door, "M7", "CA", "F7", "E7")
    page.door.settled()
    mine = {"facility_id": "F7", "year": YEAR, "member_id": "M7"}
    page.door.send("member:M7", "ghg/submit_activity", **mine, site=SITE, data=data())
    lies = {**mine, "result": 1, "verifier_id": "V7"}
    page.door.send("member:M7", "ghg/submit_for_verification", **lies)
    page.door.settled()
    return f"/verifying/F7/{YEAR}"


def test_an_event_shows_while_somebody_reads_and_opens_from_the_keyboard(page: Page) -> None:
    page.sign_in(THIRD)
    assert page.text("h1") == "Public events"
    page.until_live()
    before = page.rows()
    due_on = (TODAY + timedelta(days=800)).isoformat()
    more = {"member_id": "M1", "due_on": due_on, "reason": "test"}
    page.door.send("ops", "membership/extend_duty", **more)
    rows = eventually(page.rows, lambda rows: rows and rows[0][0] != before[0][0])
    assert (rows[0][2], rows[0][3]) == ("Duty extended", "M1")
    page.press("j", Keys.ENTER)
    eventually(lambda: page.driver.current_url, lambda url: url.endswith(f"/events/{rows[0][0]}"))
    assert '"certification.duty_extended.v1"' in page.text("body")


def test_a_verifier_answers_without_script(page: Page, waiting: str) -> None:
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.sign_in(VERIFIER)
        page.click(f"a[href='{waiting}']")
        page.find("textarea").send_keys("Anode butts: anode")
        page.click("form[action$='/return'] button")
        eventually(lambda: page.driver.current_url, lambda url: url.endswith("/verifying"))
        text = page.text("main")
        assert "Nothing waits" in text
        assert "F7" not in text
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    again = {"facility_id": "F7", "year": YEAR, "member_id": "M7", "result": 1}
    page.door.send("member:M7", "ghg/submit_for_verification", **again, verifier_id="V7")
    page.door.settled()


def test_they_can_be_read_in_the_dark_on_a_narrow_screen(page: Page, waiting: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    size = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    audited = "/auditing?state=concluded"
    try:
        for role, paths in (
            (THIRD, ["/events?type=all"]),
            (FIRM, [audited]),
            (VERIFIER, ["/verifying", waiting]),
        ):
            page.sign_in(role)
            for path in paths:
                page.open(path)
                if path == audited:
                    paths.append(page.told("tr[data-row] a", "pathname")[0])
                assert page.count("h1") == page.count("main") == 1
                assert page.driver.execute_script(NAMELESS) == [], path
                assert set(page.told("th", "scope")) <= {"col"}
                assert page.driver.execute_script(CONTRAST) == {}, path
                assert page.driver.execute_script(FITS), path
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
