"""A buyer that sells on before it has confirmed is told which document of its own it waits for."""

from typing import Any

from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, confirmed, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door

WHERE = {"scope_id": f"{MILL}-S", "member_id": MILL, "stage": "aluminium"}
SOLD = {"customer": {"name": "Smelter", "address": "1 Main Street", "scope_id": f"{SMELTER}-S"}}


def sold_on(number: str, mass_t: int) -> dict[str, Any]:
    return document(number, mass_t, member_id=MILL, scope_id=f"{MILL}-S", **SOLD)


def test_who_is_short_of_cover_is_told_which_document_waits(door: Door) -> None:
    day = {"day": BEGAN.isoformat(), "mass_kg": 60 * TONNE}
    came = {"movement_id": "IN", "origin": "non_coc"}
    door.send(who(MILL), "coc/receive_material", **WHERE, **day, **came)
    door.send(who(MILL), "coc/ship_material", **WHERE, **day, movement_id="OUT")
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 40))
    door.settled()
    refused = door.attempt(who(MILL), "coc/issue_document", **sold_on("M-1", 20)).json()
    assert refused["slug"] == "claim-not-covered"
    assert refused["facts"]["waiting"] == ["D-1"]
    assert refused["facts"]["waiting_kg"] == 40 * TONNE
    assert refused["detail"].endswith("Not counted yet: D-1 is not confirmed yet (40000 kg).")


def test_once_it_is_confirmed_it_is_not_named_any_more(door: Door) -> None:
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-1", 40))
    door.settled()
    refused = door.attempt(who(MILL), "coc/issue_document", **sold_on("M-2", 60)).json()
    assert refused["slug"] == "claim-not-covered"
    assert "waiting" not in refused["facts"]
    door.send(who(MILL), "coc/issue_document", **sold_on("M-1", 20))
