"""A small smelter's year as its member sends it, and a member that has the smelter."""

from datetime import date

from tests.door import Door

TODAY = date(2026, 3, 1)
YEAR = 2025
SITE = {"technology": "PFPB_M"}
SCOPES = ["1", "2_location", "2_market", "3.1", "3.3", "3.4"]
PATH = f"/ghg/facilities/F1/years/{YEAR}"


def datum(datum_id: str, step: str, item: str, quantity: str, **more: object) -> dict[str, object]:
    """One quantity, measured."""
    said = {"datum_id": datum_id, "step": step, "item": item, "quantity": quantity}
    return {**said, "kind": "measured", **more}


SHIP = ("electrolysis", "transport.sea")


def data(anode_t: str = "41000") -> list[dict[str, object]]:
    """The year's quantities, in units as people write them."""
    return [
        datum("power", "electrolysis", "power.grid", "1400", unit="GWh"),
        datum("anode", "electrolysis", "input.net_anode", anode_t, unit="t"),
        datum("tapped", "electrolysis", "output.liquid_metal", "100", unit="kt"),
        datum("minutes", "electrolysis", "anode_effect.minutes", "0.2", unit="min/cell-day"),
        datum("cast", "casting", "output.cast_metal", "100", unit="kt"),
        datum("gas", "casting", "fuel.gas", "20", unit="GWh"),
        datum("alumina", "electrolysis", "bought.alumina", "193000", unit="t", supplier_id="S1"),
        datum("ship", *SHIP, "965000000", unit="t*km", of="bought.alumina"),
    ]


def populate(
    door: Door,
    member_id: str = "M1",
    country: str = "NO",
    facility_id: str = "F1",
    entity_id: str = "E1",
) -> None:
    """A member with an entity and a smelter, in Norway if nowhere else."""
    who = {"member_id": member_id}
    door.send("ops", "membership/draft_application", **who, name="Group", country=country)
    door.send(
        "ops",
        "membership/submit_application",
        **who,
        membership_class="PT",
        activities=["smelting"],
    )
    door.send("ops", "membership/start_review", **who)
    door.send("ops", "membership/approve_application", **who, fee_level="small")
    door.send("ops", "membership/admit_member", **who)
    entity = {"entity_id": entity_id, "name": "E", "country": country}
    door.send("ops", "membership/register_entity", **who, **entity)
    door.send(
        "ops",
        "membership/register_facility",
        **who,
        entity_id=entity_id,
        facility_id=facility_id,
        name="Works",
        activities=["smelting", "casthouse"],
        location={"country": country},
        start_year=1970,
    )


def submit(door: Door, anode_t: str = "41000", **more: object) -> object:
    """Send the year."""
    asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
    return door.send("member:M1", "ghg/submit_activity", **asked, data=data(anode_t), **more)
