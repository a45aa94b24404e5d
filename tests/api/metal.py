"""Metal under documents between two members: a smelter with half of its metal from old scrap, and a
mill that buys of it.
"""

from datetime import date, timedelta

from tests.door import Door
from tests.walk import Walked, certify, join, register

TONNE = 1000
SELLER, BUYER = "K-smelter", "K-mill"
STAGE = {"stage": "aluminium"}


def custody(door: Door, today: date) -> None:
    """Open both scopes and send documents: D-1 is confirmed, D-3 stands in the place of D-2, the
    others wait."""
    walked = Walked(today, today + timedelta(days=730), "K")
    for member_id in (SELLER, BUYER):
        part = member_id.removeprefix("K-")
        join(door, walked, part)
        register(door, walked, part)
        for standard in ("PS", "CoC"):
            certify(door, member_id, today, standard)
    door.settled()
    for member_id in (SELLER, BUYER):
        _open(door, member_id, today)
    day = {"day": today.isoformat()}
    mine = {"scope_id": f"{SELLER}-S", "member_id": SELLER, **STAGE, **day}
    who = f"member:{SELLER}"
    old = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    door.send(who, "coc/receive_material", **mine, movement_id="I-1", mass_kg=500 * TONNE, **old)
    other = {"movement_id": "I-2", "mass_kg": 500 * TONNE, "origin": "non_coc"}
    door.send(who, "coc/receive_material", **mine, **other)
    door.send(who, "coc/ship_material", **mine, movement_id="O-1", mass_kg=900 * TONNE)
    issue(door, "D-1", 100, today)
    issue(door, "D-2", 70, today)
    issue(door, "D-3", 60, today, replaces="D-2", correction_reason="weighed-again")
    issue(door, "D-4", 50, today)
    issue(door, "D-5", 40, today)
    got = {"member_id": BUYER, "received_kg": 100 * TONNE, "received_on": today.isoformat()}
    door.send(f"member:{BUYER}", "coc/confirm_document", number="D-1", **got)


def _open(door: Door, member_id: str, today: date) -> None:
    own = {"scope_id": f"{member_id}-S", "member_id": member_id}
    door.send(
        f"member:{member_id}",
        "coc/open_scope",
        **own,
        entity_id=f"{member_id}-E",
        name=f"{member_id} works",
        address="1 Main Street",
        facilities=[f"{member_id}-F1"],
        activities=["casthouse"],
        starts_on=today.replace(month=1, day=1).isoformat(),
    )
    topics = ["responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas"]
    looked = {"supplier_id": "YARD", "topics": topics, "performed_on": today.isoformat()}
    door.send(f"member:{member_id}", "coc/record_due_diligence", **own, **looked)


def issue(door: Door, number: str, mass_t: int, today: date, **more: str) -> None:
    """A document of the smelter's for the mill."""
    door.send(
        f"member:{SELLER}",
        "coc/issue_document",
        number=number,
        member_id=SELLER,
        scope_id=f"{SELLER}-S",
        day=today.isoformat(),
        customer={"name": "K-mill works", "address": "2 Main Street", "scope_id": f"{BUYER}-S"},
        responsible="person-1",
        statement="asi_coc_mass_balance",
        material="coc_casthouse_product",
        mass_kg=mass_t * TONNE,
        total_mass_kg=mass_t * TONNE,
        **more,
    )
