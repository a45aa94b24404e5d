"""The pages of the chain of custody in Chromium: as a clerk, a buyer, and with a paper in hand."""

import re

import pytest

from tests.api.metal import BUYER, SELLER, TONNE
from tests.api.years import TODAY
from tests.door import eventually
from tests.plugins.require import needs

from .axe import violations
from .page import CONTRAST, Page
from .test_emissions import DOUBLE, PICTURES, REGIONS_NAMED, cells, number

pytestmark = [needs("browser"), pytest.mark.timeout(300)]
SCOPE = f"/custody/scopes/{SELLER}-S"
READ = ("/custody", SCOPE, "/custody/documents/D-4", "/custody/documents/D-1/trace",
        "/custody/flow", "/flow", "/check")  # fmt: skip


def link(page: Page, number: str) -> str:
    """What the QR code of a document says, without our address."""
    told = page.door.get(f"member:{SELLER}", f"/coc/documents/{number}/paper")
    return str(told["link"]).removeprefix(page.host.url)


def test_a_clerk_sees_first_how_much_may_still_be_sold_and_until_when(page: Page) -> None:
    page.sign_in(f"member:{SELLER}")
    page.open("/custody")
    page.click(f"a[href='{SCOPE}']")
    page.until_heading(f"{SELLER} works")
    left = number(page.text(".big").removesuffix(" t"))
    told = page.door.get(f"member:{SELLER}", f"/coc/scopes/{SELLER}-S/balance", stage="aluminium")
    assert left * TONNE == told["available_kg"] > 0
    answer = page.text(".answer")
    assert f"31 Dec {TODAY.year}" in answer
    working = {row[0]: number(row[1]) for row in cells(page, "Working")}
    assert working["Available"] == left
    assert working["Input"] / working["Inflow"] == 0.5
    [picture] = page.driver.execute_script(PICTURES)
    assert f"Running balance of {SELLER}-S" in picture[0]
    waiting = cells(page, "Sold: for your buyers to confirm")
    assert [row[0] for row in waiting][:2] == ["D-3", "D-4"]
    booked = [row[2] for row in cells(page, "Bookings")]
    assert booked[0] == "Designation"
    assert booked[-1] == "Receipt"
    looked = {row[0]: row[1:3] for row in cells(page, "Criteria")}
    assert looked["Human rights"][0] == "9.1"
    assert all(certificate != "no valid certificate" for _, certificate in looked.values())
    assert [row[2] for row in cells(page, "Suppliers looked at")] == ["–"]
    page.open(f"{SCOPE}?on={TODAY.year}-01-01")
    assert f"1 Jan {TODAY.year}" in page.text(".answer")
    then = {row[0]: number(row[1]) for row in cells(page, "Working")}
    assert then["Inflow"] == then["Claimable by now"] == 0


def test_others_see_nothing_of_a_scope_and_a_partner_sees_the_document(page: Page) -> None:
    page.sign_in(f"member:{BUYER}")
    page.open("/custody")
    assert [row[0] for row in cells(page, "Scopes")] == [f"{BUYER}-S"]
    page.open(SCOPE)
    assert "not-your-member" in page.text("main")
    page.open("/custody/documents/D-1")
    assert page.text(".big") == "Good"


def test_a_buyer_confirms_once_and_is_told_what_does_not_fit(page: Page) -> None:
    page.sign_in(f"member:{BUYER}")
    page.open("/custody/documents/D-4")
    assert page.text(".big") == "Not confirmed yet"
    _fill(page, "confirm", received_kg="20 000", received_on=TODAY.isoformat())
    until(page, ".warn", "mass-differs")
    _fill(page, "confirm", received_kg="50 000", received_on=TODAY.isoformat())
    until(page, ".big", "Good")
    assert page.count("form[action$=confirm]") == 0
    page.open("/custody/documents/D-5")
    _fill(page, "dispute", reason="Another alloy")
    until(page, ".big", "Not good")
    page.sign_in(f"member:{SELLER}")
    page.open("/custody/documents/D-3")
    assert page.count("form[action$=confirm]") == 0, "a seller confirms nothing"


def _fill(page: Page, deed: str, **values: str) -> None:
    """Fill a form in as a person would, and send it."""
    form = page.find(f"form[action$={deed}]")
    for name, value in values.items():
        script = "arguments[0].elements[arguments[1]].value = arguments[2]"
        page.driver.execute_script(script, form, name, value)
    page.driver.execute_script("arguments[0].requestSubmit()", form)


def until(page: Page, selector: str, part: str) -> None:
    """Wait until a page has come whose first such element holds a text."""
    script = "return document.querySelector(arguments[0])?.innerText ?? ''"
    eventually(lambda: page.driver.execute_script(script, selector), lambda text: part in text)


def test_a_paper_is_checked_without_an_account_by_its_code_alone(page: Page) -> None:
    page.driver.delete_all_cookies()
    at = link(page, "D-1")
    assert re.fullmatch(r"/check/D-1/[a-z2-7]{26}", at)
    page.open(at)
    assert page.text(".big") == "Good"
    assert "K-smelter works" in page.text("main")
    code = at.rpartition("/")[2]
    for guessed in (f"/check/D-2/{code}", "/check/D-1/" + "a" * 26, "/check/D-9/" + "a" * 26):
        page.open(guessed)
        assert page.text(".big") == "Do not rely on it"
        assert "works" not in page.text("main")
    page.open(link(page, "D-2"))
    assert page.text(".big") == "Not good"
    assert "D-3" in page.text(".answer")
    told = page.door.get(None, "/coc/public/documents/D-1/" + code)
    assert told["standing"]["word"] == "good"
    assert [one["certificate_id"] for one in told["standing"]["held"]] == [f"{SELLER}-C-CoC"]


def test_a_trace_is_drawn_and_adds_up(page: Page) -> None:
    page.sign_in(f"member:{BUYER}")
    page.open("/custody/documents/D-1/trace")
    rows = cells(page, "Trace")
    assert sum(number(row[4]) for row in rows if row[6] == "ends") == pytest.approx(100)
    assert {row[2] for row in rows} == {"masked"}, "the yard is the seller's own"
    [picture] = page.driver.execute_script(PICTURES)
    assert picture[0] == "Where the metal of D-1 comes from"


def test_the_flow_is_drawn_for_who_is_signed_in_and_told_to_nobody_else(page: Page) -> None:
    page.sign_in(f"member:{SELLER}")
    page.open("/custody/flow")
    flow = {(row[0], row[1]): number(row[3]) for row in cells(page, "Flow of aluminium")}
    assert flow["Post-consumer scrap", "Works in Europe"] == 500
    [picture] = page.driver.execute_script(PICTURES)
    assert picture[0].startswith("Aluminium, 1 Jan")
    page.driver.delete_all_cookies()
    page.open("/flow")
    assert "Nothing is published yet" in page.text("main")
    page.open("/custody/flow")
    assert page.text("h1") == "Sign in"


@needs("npm")
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_keeps_anybody_from_reading_it(page: Page, width: int) -> None:
    """By the rules of axe, and as all pages: contrast, no id twice, no sideways scrolling."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.sign_in("ops")
        for path in (*READ, link(page, "D-2")):
            page.open(path)
            assert width < 1280 or violations(page.driver) == [], path
            assert page.driver.execute_script(REGIONS_NAMED) == 0, path
            assert page.driver.execute_script(DOUBLE) == [], path
            assert page.driver.execute_script(CONTRAST) == {}, path
            fits = "return document.documentElement.scrollWidth <= innerWidth"
            assert page.driver.execute_script(fits), path
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
