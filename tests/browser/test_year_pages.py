"""The pages that a facility's year leads to: what changed between two results, and circularity."""

import pytest

from services.ghg.factors.pinned import ENGINE, FIRST_ENGINE
from services.ghg.results import engines
from tests.api.years import SITE, YEAR, data, datum, populate
from tests.plugins.require import needs

from .page import CONTRAST, NAMELESS, Page

pytestmark = [needs("browser"), pytest.mark.timeout(300)]
MINE = {"facility_id": "F8", "year": YEAR, "member_id": "M8"}
AT = f"/emissions/F8/{YEAR}"
WASTE = datum("dross", "casting", "waste.dross", "900", unit="t", treatment="recycled")
FITS = "return document.documentElement.scrollWidth <= innerWidth"
FIRST, NEWER_DATA, OTHER_SET = "1", "2", "3"


@pytest.fixture(scope="module", autouse=True)
def results(page: Page) -> None:
    """Three results of a smelter's year: by the first engine, by the newest of other data, and of
    the same data under other warming potentials."""
    door = page.door
    populate(door, "M8", "NO", "F8", "E8")
    door.settled()
    with pytest.MonkeyPatch.context() as then:
        then.setattr(engines, "ENGINES", {FIRST_ENGINE: engines.ENGINES[FIRST_ENGINE]})
        door.send("member:M8", "ghg/submit_activity", **MINE, site=SITE, data=[*data(), WASTE])
        door.settled()
    less = [*data("40000"), WASTE]
    door.send("member:M8", "ghg/submit_activity", **MINE, site=SITE, data=less, replaces=1)
    door.settled()
    door.send("member:M8", "ghg/recalculate", **MINE, gwp_set="AR4")
    door.settled()


def rows(page: Page, region: str) -> dict[str, list[str]]:
    """The rows of a table as text, by their first cell."""
    script = (
        "return [...document.querySelectorAll(`[aria-label='${arguments[0]}'] tbody tr`)].map("
        "(row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    found: list[list[str]] = page.driver.execute_script(script, region)
    return {row[0]: row for row in found}


def number(text: str) -> float:
    """A number as it is written for people."""
    return float(text.replace(",", ""))


def since(page: Page, result: str, before: str) -> None:
    """From the page of a result to what changed since another."""
    page.sign_in("member:M8")
    page.open(f"{AT}?result={result}")
    page.click(f"a[href='{AT}/differences?result={result}&of={before}']")
    page.until_heading(f"What changed from result {before} to result {result}")


def test_what_two_engines_made_is_compared_with_the_reason_of_each_line(page: Page) -> None:
    since(page, NEWER_DATA, FIRST)
    text = page.text("main")
    assert f"Other equations made them: {FIRST_ENGINE}, then {ENGINE}." in text
    lines = rows(page, "Differences")
    _, step, scope, item, before, after, why, *_ = lines["anode, tapped"]
    assert (step, scope, item) == ("Electrolysis", "Scope 1", "input.net_anode")
    assert number(after) < number(before)
    assert why == "activity, engine"
    page.click("[aria-label=Differences] td a")
    page.until_heading("Activity times factor")
    assert "resting on anode" in page.text("main"), "each line leads to its data"


def test_of_one_engine_the_factors_are_the_reason(page: Page) -> None:
    since(page, OTHER_SET, NEWER_DATA)
    text = page.text("main")
    assert "Other equations" not in text
    told = {row[6] for row in rows(page, "Differences").values()}
    assert told
    assert all("factor" in why and "engine" not in why for why in told), told
    page.click("main a[href]")
    page.until_heading(f"F8 in {YEAR}")


def test_a_year_leads_to_its_circularity_and_on_to_its_group(page: Page) -> None:
    page.sign_in("member:M8")
    page.open(AT)
    page.click("nav a[href*='/circularity']")
    page.until_heading(f"Circularity of F8 in {YEAR}")
    told = rows(page, "Indicators")
    assert told["Recycled content"][2:5] == ["0.0 %", "0.0", "100,000.0"]
    assert told["Spent pot lining untreated"][2] == "not told"
    assert rows(page, "Waste")["Recycled"][1:] == ["900.0", "900.0", "100.0 %"]
    assert page.count("figure svg") == 1
    page.click("nav a[href*='member=M8']")
    page.until_heading(f"Circularity of M8 in {YEAR}")
    assert rows(page, "Indicators")["Recycled content"][-1] == "1 of 1 facilities"
    page.click("[aria-label=Entities] td a")
    page.until_heading(f"Circularity of entity E8 in {YEAR}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_everybody_can_read_them(page: Page, scheme: str, width: int) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.sign_in("member:M8")
        for path in (
            AT,
            f"{AT}/differences?result=2&of=1",
            f"{AT}/circularity",
            f"/emissions/circularity?member=M8&year={YEAR}",
        ):
            page.open(path)
            assert page.count("h1") == 1
            assert page.driver.execute_script(NAMELESS) == []
            assert page.driver.execute_script(CONTRAST) == {}, path
            assert page.driver.execute_script(FITS), path
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
