"""The pages of emissions in Chromium: pictures with their numbers, links to lines, alone."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.api.years import YEAR
from tests.plugins.require import needs

from .page import CONTRAST, NAMELESS, Page

pytestmark = [needs("browser"), pytest.mark.timeout(300)]
AT = f"/emissions/F1/{YEAR}"
REGIONS_NAMED = """
return [...document.querySelectorAll('[role=region]')].filter((one) => !one.ariaLabel).length
"""
PICTURES = """
const told = (svg) => svg.getAttribute('aria-labelledby').split(' ')
  .map((id) => document.getElementById(id)?.textContent ?? '');
return [...document.querySelectorAll('figure svg')].map(told);
"""
DOUBLE = """
const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
return ids.filter((id, at) => ids.indexOf(id) !== at);
"""


def cells(page: Page, region: str) -> list[list[str]]:
    """The rows of a table as text."""
    script = (
        "return [...document.querySelectorAll(`[aria-label='${arguments[0]}'] tbody tr`)].map("
        "(row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    found: list[list[str]] = page.driver.execute_script(script, region)
    return found


def number(text: str) -> float:
    """A number as it is written for people."""
    return float(text.replace(",", ""))


def test_a_member_finds_its_years_and_others_do_not(page: Page) -> None:
    page.sign_in("member:M1")
    page.click("header a[href='/emissions']")
    page.until_heading("Emissions by facility")
    [row] = cells(page, "Facility-years")
    assert row[0] == f"F1 in {YEAR}"
    assert row[4] == "calculated"
    page.sign_in("member:M2")
    page.open("/emissions")
    assert cells(page, "Facility-years") == [["No activity data were submitted here."]]
    page.open(AT)
    assert "not-your-member" in page.text("main")


def test_steps_add_up_in_the_table_and_in_the_words_of_the_picture(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(AT)
    *steps, every = cells(page, "Emissions by step and scope")
    for column in (-1, -2):
        assert sum(number(row[column]) for row in steps) == pytest.approx(
            number(every[column]), abs=len(steps)
        )
    waterfall, pathway = page.driver.execute_script(PICTURES)
    assert waterfall[0] == f"Emissions of F1 in {YEAR} by process step and scope"
    assert f"together {number(every[-1]) / 1000:,.2f}" in waterfall[1]
    for row in steps:
        assert row[0] in waterfall[1]
    assert f"{YEAR} " in pathway[1]
    assert "The table below has" in pathway[1]


def test_limits_tell_their_gap_and_their_evidence(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(AT)
    rows = cells(page, "Limits")
    assert [(row[0], row[1], row[5], row[6]) for row in rows] == [
        ("2025", "below 13", "yes", "unverified"),
        ("2030", "below 11", "yes", "verified"),
    ]
    for row in rows:
        limit = number(row[1].split()[-1])
        assert number(row[2]) - limit == pytest.approx(number(row[3]), abs=0.01)
    assert {row[0] for row in cells(page, "Levers")} >= {"power source", "anode effects"}


def test_each_figure_leads_to_its_lines_and_each_line_to_its_data(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(AT)
    cell = "[aria-label='Emissions by step and scope'] td a[href*='step=electrolysis&scope=1']"
    told = number(page.text(cell))
    page.click(cell)
    page.until_heading("Activity times factor")
    lines = cells(page, "Lines")
    assert sum(number(line[6]) for line in lines) == pytest.approx(told, abs=1)
    assert {line[2] for line in lines} == {"Scope 1"}
    page.click("[aria-label=Lines] td a")
    page.until_heading("Activity times factor")
    assert "Quantity" in page.text("main")
    page.open(AT)
    name = page.text("[aria-label=Findings] td a")
    page.click("[aria-label=Findings] td a")
    page.until_heading("Activity times factor")
    assert f"resting on {name}" in page.text("main")


def test_what_happened_names_its_events(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(AT)
    told = page.told("ol.states li", "innerText")
    assert [one.split("\n")[0] for one in told] == ["Data submitted", "Calculated, result 1"]
    assert all("position" in one and "event " in one for one in told)


def test_regimes_differ_line_by_line(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(f"{AT}/reports?result=1&regime=cbam&against=asi_mine_to_metal")
    rows = {row[0]: row for row in cells(page, "Regimes")}
    assert set(rows) == {"ASI mine to metal", "GB/T 44905-2024", "IAI", "CBAM"}
    assert number(rows["CBAM"][1]) < number(rows["ASI mine to metal"][1])
    more = [number(row[4]) - number(row[3]) for row in cells(page, "Differences")]
    gap = number(rows["CBAM"][3]) - number(rows["ASI mine to metal"][3])
    assert sum(more) == pytest.approx(gap, abs=len(more))
    streams = sum(number(row[6]) for row in cells(page, "Source streams"))
    assert streams == pytest.approx(number(rows["CBAM"][3]), abs=1)
    text = page.text("main")
    assert "With what precursors embed" in text
    assert "UN/LOCODE, degrees\nnot given" in text


def test_a_curve_about_one_entity_is_not_shown(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(f"/emissions/curve?year={YEAR}")
    text = page.text("main")
    assert f"no edition of {YEAR} yet" in text
    assert "verified figures of at least 3 entities" in text
    assert "F1" not in text
    assert page.count("figure") == 0


def test_it_reads_the_same_without_script_and_asks_nobody_else(page: Page) -> None:
    page.sign_in("member:M1")
    page.open(AT)
    with_script = page.text("main")
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.log()
        page.open(AT)
        assert page.text("main") == with_script
        assert page.count("figure svg") == 2
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    sent = [one for one in page.log() if one["method"] == "Network.requestWillBeSent"]
    asked = {str(one["params"]["request"]["url"]).removeprefix(page.host.url) for one in sent}
    assert asked <= {AT, "/static/castmark.css", "/static/mark.svg"}


def test_it_can_be_walked_from_the_keyboard(page: Page) -> None:
    page.sign_in("member:M1")
    page.open("/emissions")
    for _ in range(16):
        page.press(Keys.TAB)
        if page.focused().text == f"F1 in {YEAR}":
            break
    page.press(Keys.ENTER)
    page.until_heading(f"F1 in {YEAR}")
    reached = set()
    for _ in range(40):
        page.press(Keys.TAB)
        reached.add(page.focused().get_attribute("aria-label") or page.focused().text)
    assert {"All lines and their working", "Findings"} <= reached
    assert any(name.startswith("Emissions of F1") for name in reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_everybody_can_read_it(page: Page, scheme: str, width: int) -> None:
    """As for the board, and: no id twice, pictures drawn in the colours of the scheme."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.sign_in("member:M1")
        for path in (
            "/emissions",
            AT,
            f"{AT}/lines",
            f"{AT}/reports",
            "/emissions/curve?year=2025",
        ):
            page.open(path)
            assert page.count("h1") == 1
            assert page.driver.execute_script(NAMELESS) == []
            assert page.driver.execute_script(REGIONS_NAMED) == 0
            assert page.driver.execute_script(DOUBLE) == [], path
            assert set(page.told("th", "scope")) <= {"col"}
            assert page.driver.execute_script(CONTRAST) == {}, path
            fits = "return document.documentElement.scrollWidth <= innerWidth"
            assert page.driver.execute_script(fits), path
        page.open(AT)
        ink = page.find("figure svg text").value_of_css_property("fill")
        text = page.find("h1").value_of_css_property("color")
        assert (
            ink.removeprefix("rgb").strip("a()").split(",")[:3]
            == text.removeprefix("rgb").strip("a()").split(",")[:3]
        )
        bars = page.driver.find_elements(By.CSS_SELECTOR, "figure svg .fill-series-0")
        assert bars
        assert bars[0].value_of_css_property("fill") != ink
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
