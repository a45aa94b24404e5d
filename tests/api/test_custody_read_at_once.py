"""Over HTTP: what the ledger has just taken is read by who sent it; rows are waited for."""

from tests.api.test_custody import (
    BEGAN,
    MILL,
    SMELTER,
    TONNE,
    book,
    confirmed,
    document,
    who,
)
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


def test_a_document_is_read_as_confirmed_as_soon_as_it_is(door: Door) -> None:
    for number in range(20, 28):
        name = f"D-{number}"
        door.send(who(SMELTER), "coc/issue_document", **document(name, 10))
        door.send(who(MILL), "coc/confirm_document", **confirmed(name, 10))
        side = MILL if number % 2 else SMELTER
        assert door.get(who(side), f"/coc/documents/{name}")["state"] != "issued"


def test_a_facility_is_in_its_scope_as_soon_as_it_was_added(door: Door) -> None:
    whose = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "facility_id": f"{SMELTER}-F2"}
    door.send(who(SMELTER), "coc/add_scope_facility", **whose, activities=["casthouse"])
    seen = door.get(who(SMELTER), f"/coc/scopes/{SMELTER}-S")["facilities"]
    assert seen == [f"{SMELTER}-F1", f"{SMELTER}-F2"]


def test_each_movement_is_in_its_pool_as_soon_as_it_is_booked(door: Door) -> None:
    pool = f"/coc/pools/{SMELTER}-S:aluminium:2024-01-01"
    version = door.get(who(SMELTER), pool)["version"]
    path = f"/coc/scopes/{SMELTER}-S/balance"
    kg = door.get(who(SMELTER), path, stage="aluminium")["accounts"]["non_coc"]
    for number in range(8):
        book(door, "receive_material", f"AT-ONCE-{number}", mass_kg=1, origin="non_coc")
        assert door.get(who(SMELTER), pool)["version"] == version + 2 * number + 1
        book(door, "receive_material", f"SO-TOO-{number}", mass_kg=1, origin="non_coc")
        found = door.get(who(SMELTER), path, stage="aluminium")
        assert found["accounts"]["non_coc"] == kg - 2 * number - 2
