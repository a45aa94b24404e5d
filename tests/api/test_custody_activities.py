"""Supply-chain activities that share a pool, over HTTP: named on a document and where it is
confirmed, told in the yearly report. A facility is in one open scope for each of them."""

from datetime import timedelta
from typing import Any

from castmark.local import Host
from tests.api.sellable import page_of
from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, YEAR, confirmed, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually

SHARED = f"{MILL}-2"


def sold(number: str, mass_t: int, **more: Any) -> dict[str, Any]:
    """A document for the scope whose activities share a pool."""
    customer = {"name": "Mill", "address": "2 Main Street", "scope_id": SHARED}
    return document(number, mass_t, customer=customer, **more)


def test_each_side_names_its_activity_and_reports_by_it(host: Host, door: Door) -> None:
    door.send(
        who(MILL),
        "coc/open_scope",
        member_id=MILL,
        entity_id=f"{MILL}-E",
        scope_id=SHARED,
        name="Mill and smelter",
        address="1 Main Street",
        facilities=[f"{MILL}-F2"],
        activities=["smelting", "casthouse"],
        starts_on=YEAR,
    )
    door.settled()
    sharing = door.get(who(MILL), f"/coc/scopes/{SHARED}")["sharing"]
    assert sharing == {
        "bauxite": [],
        "alumina": ["smelting"],
        "aluminium": ["smelting", "casthouse"],
    }
    wrong = sold("D-1", 1000, activity="smelting")
    refused = door.attempt(who(SMELTER), "coc/issue_document", **wrong)
    assert (refused.status_code, refused.json()["slug"]) == (409, "activity-not-of-scope")
    door.send(who(SMELTER), "coc/issue_document", **sold("D-1", 1000))
    door.settled()
    assert door.get(who(SMELTER), "/coc/documents/D-1")["document"]["activity"] == "casthouse"
    page = page_of(host, MILL, "/custody/documents/D-1")
    assert '<option value="casthouse">casthouse</option>' in page
    told = confirmed("D-1", 1000)
    other = door.attempt(who(MILL), "coc/confirm_document", **told, activity="alumina_refining")
    assert other.json()["slug"] == "activity-not-of-scope"
    door.send(who(MILL), "coc/confirm_document", **told, activity="smelting")
    path, year = f"/coc/scopes/{SHARED}/report", BEGAN.year
    lines = eventually(
        lambda: door.get(who(MILL), path, year=year, by="activity")["items"],
        lambda seen: any(line["inflow_kg"] for line in seen),
    )
    found = {line["activity"]: line["inflow_kg"] for line in lines if line["stage"] == "aluminium"}
    assert found == {"smelting": 1000 * TONNE, "casthouse": 0}


def test_a_buyer_with_one_activity_is_asked_for_none(host: Host, door: Door) -> None:
    door.send(who(SMELTER), "coc/issue_document", **document("D-2", 10))
    door.settled()
    page = page_of(host, MILL, "/custody/documents/D-2")
    assert "Confirm the delivery" in page
    assert "<select" not in page


def opening(scope_id: str, **more: Any) -> dict[str, Any]:
    """Another scope of the mill's, with the facility that its first one has."""
    return {
        "member_id": MILL,
        "entity_id": f"{MILL}-E",
        "scope_id": scope_id,
        "name": "Mill",
        "address": "1 Main Street",
        "facilities": [f"{MILL}-F1"],
        "activities": ["casthouse"],
        "starts_on": YEAR,
        **more,
    }


def test_a_facility_of_an_open_scope_comes_into_another_one_with_a_transfer_alone(
    door: Door,
) -> None:
    first, second = f"{MILL}-S", f"{MILL}-3"
    refused = door.attempt(who(MILL), "coc/open_scope", **opening(second))
    told = refused.json()
    assert (refused.status_code, told["slug"]) == (409, "facility-in-other-scope")
    assert told["facts"]["scope_id"] == first
    door.send(who(MILL), "coc/open_scope", **opening(second, successor_of=first))
    door.settled()
    seen = door.get(who(MILL), f"/coc/scopes/{second}")
    assert (seen["successor_of"], seen["to_come"]) == (first, [f"{MILL}-F1"])
    assert seen["also_in"] == {}
    lot = {"scope_id": second, "member_id": MILL, "stage": "aluminium", "day": BEGAN.isoformat()}
    early: dict[str, Any] = {**lot, "movement_id": "I-1", "mass_kg": 1, "origin": "non_coc"}
    booked = door.attempt(who(MILL), "coc/receive_material", **early)
    assert booked.json()["slug"] == "facilities-to-come"
    transfer = {"scope_id": first, "member_id": MILL, "to_scope_id": second}
    on = (BEGAN + timedelta(days=30)).isoformat()
    door.send("ops", "coc/approve_scope_transfer", **transfer, effective_on=on)
    to_come = eventually(
        lambda: door.get(who(MILL), f"/coc/scopes/{second}")["to_come"], lambda now: not now
    )
    assert to_come == []
