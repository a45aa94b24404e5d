"""Who is short of cover for the next stage is told which document waits, also where it was sent to
a scope that has gone over since."""

from datetime import timedelta
from typing import Any

from tests.api.test_custody_news import BEGAN, MEMBER, SCOPE, WALKED, WHO, book
from tests.api.test_custody_news import door as door  # the same world, in a platform of its own
from tests.door import Door, eventually
from tests.walk import certify, join, register

BUYER, ITS = "N-buyer", "member:N-buyer"
NEXT = BEGAN + timedelta(days=1)
WORKS = {
    "member_id": BUYER,
    "entity_id": f"{BUYER}-E",
    "name": "Refinery",
    "address": "2 Main Street",
    "facilities": [f"{BUYER}-F1"],
    "activities": ["bauxite_mining", "alumina_refining"],
    "starts_on": "2024-01-01",
}


def sold(door: Door, number: str, kg: int) -> None:
    """Bauxite of the mine goes to the buyer."""
    book(door, "ship_material", f"OUT-{number}", mass_kg=kg)
    customer = {"name": "Buyer", "address": "2 Main Street", "scope_id": f"{BUYER}-S"}
    words = {"responsible": "person-1", "statement": "asi_coc_mass_balance"}
    masses = {"material": "coc_bauxite", "mass_kg": kg, "total_mass_kg": kg}
    sent = {"number": number, "day": BEGAN.isoformat(), "customer": customer, **words, **masses}
    door.send(WHO, "coc/issue_document", **SCOPE, **sent)
    door.settled()


def refined(door: Door, scope_id: str, day: str) -> dict[str, Any]:
    """The answer to who would refine 500 kg of CoC bauxite that it has not got yet."""
    own = {"scope_id": scope_id, "member_id": BUYER, "stage": "bauxite", "day": day}
    metal = {"movement_id": f"IN-{scope_id}", "mass_kg": 3000, "origin": "non_coc"}
    door.send(ITS, "coc/receive_material", **own, **metal)
    use: dict[str, Any] = {"movement_id": f"T-{scope_id}", "mass_kg": 2847, "coc_kg": 500}
    told: dict[str, Any] = door.attempt(ITS, "coc/change_stage", **own, **use).json()
    assert told["slug"] == "claim-not-covered"
    return told


def test_who_is_short_of_cover_for_the_next_stage_is_told_which_document_waits(door: Door) -> None:
    assert SCOPE["member_id"] == MEMBER
    join(door, WALKED, "buyer")
    register(door, WALKED, "buyer")
    for standard in ("PS", "CoC"):
        certify(door, BUYER, BEGAN, standard)
    door.settled()
    door.send(ITS, "coc/open_scope", scope_id=f"{BUYER}-S", **WORKS)
    sold(door, "D-1", 500)
    told = refined(door, f"{BUYER}-S", BEGAN.isoformat())
    assert (told["facts"]["waiting"], told["facts"]["waiting_kg"]) == (["D-1"], 500)
    assert told["detail"].endswith("Not counted yet: D-1 is not confirmed yet (500 kg).")


def test_what_was_sent_to_a_scope_that_went_over_since_is_named_to_its_successor(
    door: Door,
) -> None:
    heir = f"{BUYER}-T"
    opening = {**WORKS, "scope_id": heir, "successor_of": f"{BUYER}-S"}
    door.send(ITS, "coc/open_scope", **opening)
    over = {"to_scope_id": heir, "effective_on": NEXT.isoformat()}
    own = {"scope_id": f"{BUYER}-S", "member_id": BUYER}
    door.send("ops", "coc/approve_scope_transfer", **own, **over)
    door.settled()
    door.tick(NEXT)
    door.settled()
    told = refined(door, heir, NEXT.isoformat())
    assert told["facts"]["waiting"] == ["D-1"]


def test_the_contractors_of_the_old_scope_work_for_its_successor(door: Door) -> None:
    """Listed after the approval, and read with the scope that they come from."""
    heir, next_heir, later = f"{BUYER}-T", f"{BUYER}-U", NEXT + timedelta(days=1)
    own = {"scope_id": heir, "member_id": BUYER}
    opening = {**WORKS, "scope_id": next_heir, "successor_of": heir, "starts_on": NEXT.isoformat()}
    door.send(ITS, "coc/open_scope", **opening)
    over = {"to_scope_id": next_heir, "effective_on": later.isoformat()}
    door.send("ops", "coc/approve_scope_transfer", **own, **over)
    kept = {"title_stays": True, "keeps_records": True, "risks_controlled": True}
    door.send(ITS, "coc/list_contractor", **own, contractor_id="K-1", name="Toller", **kept)
    look = {"supplier_id": "YARD", "topics": ["human_rights"], "performed_on": BEGAN.isoformat()}
    door.send(ITS, "coc/record_due_diligence", **own, **look)
    told = eventually(
        lambda: door.get(ITS, f"/coc/scopes/{next_heir}")["contractors"], lambda seen: bool(seen)
    )
    listed = {"contractor_id": "K-1", "name": "Toller", "since": later.isoformat()}
    assert told == [{**listed, "through": None, "from_scope_id": heir}]
    looked = eventually(
        lambda: door.get(ITS, f"/coc/scopes/{next_heir}/diligence")["suppliers"],
        lambda seen: bool(seen),
    )
    assert [one["supplier_id"] for one in looked] == ["YARD"]
