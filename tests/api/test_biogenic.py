"""The CO2 of biomass beside the scopes: with a result over HTTP, and on the page of the year."""

from decimal import Decimal
from pathlib import Path

from contracts.values import plain
from services.portal.signin_session import COOKIE
from tests.embedded import door_of, platform

from .years import PATH, SITE, TODAY, YEAR, data, datum, populate


def test_a_casthouse_that_burns_wood_says_how_much_carbon_dioxide_it_gives_off(
    tmp_path: Path,
) -> None:
    wood = datum("wood", "casting", "fuel.biomass", "2500", unit="GJ", evidence="doc-1")
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
        page = {}
        token = door.headers("member:M1")["authorization"].removeprefix("Bearer ")
        for number, sent in enumerate((data(), [*data(), wood]), 1):
            door.send("member:M1", "ghg/submit_activity", **asked, data=sent)
            door.settled()
            address = f"/emissions/F1/{YEAR}?result={number}"
            found = door.ask(None, "GET", address, headers={"cookie": f"{COOKIE}={token}"})
            page[number] = " ".join(found.text.split())
        report = door.get("member:M1", f"{PATH}/results/2/reports/asi_mine_to_metal")
        border = door.get("member:M1", f"{PATH}/results/2/reports/cbam")
        results = [door.get("member:M1", f"{PATH}/results/{one}") for one in (1, 2)]
    assert [one["biogenic_co2"]["kg"] for one in results] == ["0", "280000"]
    assert '<data value="280000">280</data> t' in page[2]
    assert "fuel.biomass, 2,500,000 MJ at" in page[2]
    assert "CO2 of biomass" not in page[1]
    share = {one["item"]: one["share"] for one in report["lines"]}["fuel.biomass"]
    assert report["biogenic_co2"]["kg"] == plain(280_000 * Decimal(share))
    assert border["biogenic_co2"] is None
