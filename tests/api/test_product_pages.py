"""The page of a facility's year tells what its product carries per tonne, whatever it makes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door
from tests.embedded import door_of, platform

from .years import TODAY, YEAR, data, datum, populate

REFINERY, ANODES, MILL = "alumina_refining", "anode_production", "semi_fabrication"
YEARS: dict[str, tuple[str, list[dict[str, object]]]] = {
    "F-refinery": (
        "Alumina, cradle to gate, power as bought",
        [
            datum("bauxite", REFINERY, "bought.bauxite", "2800", unit="kt"),
            datum("coal", REFINERY, "fuel.coal_hard", "9", unit="PJ"),
            datum("alumina", REFINERY, "output.alumina", "1000", unit="kt"),
        ],
    ),
    "F-anodes": (
        "Anodes and paste, cradle to gate, power by location",
        [
            datum("coke", ANODES, "bought.coke", "68", unit="kt"),
            datum("power", ANODES, "power.grid", "11", unit="GWh"),
            datum("baked", ANODES, "output.anode", "100", unit="kt"),
        ],
    ),
    "F-mill": (
        "Semi-fabricated products, cradle to gate, power as bought",
        [
            datum("slab", MILL, "bought.cast_metal", "110", unit="kt"),
            datum("coil", MILL, "output.semi", "100", unit="kt"),
        ],
    ),
    "F-smelter": ("Cast metal, cradle to gate, power as bought", data()),
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A member for each kind of works, with its year."""
    with platform(tmp_path_factory.mktemp("products")) as host, door_of(host) as door:
        door.tick(TODAY)
        for number, (facility_id, (_, sent)) in enumerate(YEARS.items(), 1):
            member = f"M{number}"
            populate(door, member, facility_id=facility_id, entity_id=f"E{number}")
            asked: dict[str, Any] = {"facility_id": facility_id, "year": YEAR, "member_id": member}
            asked["site"] = {"technology": "PFPB_M"}
            door.send(f"member:{member}", "ghg/submit_activity", **asked, data=sent)
        door.settled()
        yield door


@pytest.mark.parametrize("facility_id", YEARS)
def test_the_page_tells_the_footprint_of_the_product(door: Door, facility_id: str) -> None:
    member = f"member:M{list(YEARS).index(facility_id) + 1}"
    token = door.headers(member)["authorization"].removeprefix("Bearer ")
    page = door.ask(
        None, "GET", f"/emissions/{facility_id}/{YEAR}", headers={"cookie": f"{COOKIE}={token}"}
    )
    assert page.status_code == 200
    label = YEARS[facility_id][0]
    told = page.text.partition(f"<dt>{label}</dt>")[2].partition("</dd>")[0]
    result = door.get(member, f"/ghg/facilities/{facility_id}/years/{YEAR}/results/1")
    values = {
        one["t_per_t"]
        for one in result["intensities"]
        if one["of"].startswith("footprint.") and Decimal(one["t_per_t"]) > 0
    }
    assert any(f'value="{value}"' in told for value in values), (label, values)
    assert ("Mine to metal" in page.text.partition("</dl>")[0]) is (facility_id == "F-smelter")
