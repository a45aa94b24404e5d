"""Over HTTP: what the ledger has just taken is read by who sent it; rows are waited for."""

from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door


def test_documents_are_read_by_both_sides_as_soon_as_they_are_issued(door: Door) -> None:
    door.settled()
    for number in range(8):
        name = f"D-{number}"
        door.send(who(SMELTER), "coc/issue_document", **document(name, 10))
        side = MILL if number % 2 else SMELTER
        assert door.get(who(side), f"/coc/documents/{name}")["mass_kg"] == 10 * TONNE
    assert door.ask(who("K-other"), "GET", "/coc/documents/D-7").status_code == 403


def test_a_pool_is_read_as_soon_as_its_first_movement_is_booked(door: Door) -> None:
    where = {"scope_id": f"{MILL}-S", "member_id": MILL, "stage": "aluminium"}
    day = {"day": BEGAN.isoformat(), "movement_id": "IN-1", "mass_kg": TONNE, "origin": "non_coc"}
    door.send(who(MILL), "coc/receive_material", **where, **day)
    found = door.get(who(MILL), f"/coc/pools/{MILL}-S:aluminium:2024-01-01")
    assert found["member_id"] == MILL
