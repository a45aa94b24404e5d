"""A scope goes over to another member: who holds it reads and corrects its documents, and who
issued them reads the correction that changed its closed period. Nobody else does."""

from datetime import timedelta

import pytest

from tests.api.test_custody import (
    BEGAN,
    MILL,
    POOL,
    SMELTER,
    TONNE,
    confirmed,
    document,
    opened,
    who,
)
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door

HEIR, STRANGER = "K-heir", "K-stranger"
OVER_ON = BEGAN + timedelta(days=30)
PARTS = ("", "/trace", "/paper", "/epcis", "/standing")


@pytest.fixture(scope="module")
def gone_over(door: Door) -> Door:
    """The smelter's scope goes over to an heir, who corrects D-1 of the closed period by D-2."""
    for member_id in (HEIR, STRANGER):
        opened(door, member_id)
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 1000))
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-1", 1000))
    over = {"to_scope_id": f"{HEIR}-S", "effective_on": OVER_ON.isoformat()}
    first = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER}
    door.send("ops", "coc/approve_scope_transfer", **first, **over)
    door.settled()
    assert statuses(door, HEIR, "D-1") == {403}, "it is not the heir's before the day"
    door.tick(OVER_ON)
    door.settled()
    day = (OVER_ON - timedelta(days=1)).isoformat()
    door.send(who(SMELTER), "coc/close_period", **first, stage="aluminium", day=day)
    door.settled()
    heir = {"member_id": HEIR, "scope_id": f"{HEIR}-S", "day": OVER_ON.isoformat()}
    why = {"replaces": "D-1", "correction_reason": "weighed"}
    door.send(who(HEIR), "coc/issue_document", **document("D-2", 900, **heir, **why))
    door.settled()
    return door


def statuses(door: Door, member_id: str, number: str) -> set[int]:
    """What is answered of a document and all that is told of it."""
    paths = (f"/coc/documents/{number}{part}" for part in PARTS)
    return {door.ask(who(member_id), "GET", path).status_code for path in paths}


@pytest.mark.parametrize("number", ["D-1", "D-2"])
@pytest.mark.parametrize("member_id", [SMELTER, HEIR, MILL])
def test_who_had_a_scope_who_has_it_and_the_buyer_read_both_documents(
    gone_over: Door, member_id: str, number: str
) -> None:
    assert statuses(gone_over, member_id, number) == {200}


@pytest.mark.parametrize("number", ["D-1", "D-2", "D-3"])
def test_nobody_else_reads_them_or_learns_that_they_exist(gone_over: Door, number: str) -> None:
    answered = gone_over.ask(who(STRANGER), "GET", f"/coc/documents/{number}")
    assert (answered.status_code, answered.json()["slug"]) == (403, "not-your-member")


def test_who_issued_the_first_one_finds_what_changed_its_closed_period(gone_over: Door) -> None:
    closing = gone_over.get(who(SMELTER), f"/coc/pools/{POOL}")["closing"]
    assert closing["correction_id"] == "replaced:D-2"
    read = gone_over.get(who(SMELTER), "/coc/documents/D-2")
    [part] = read["document"]["from_closed"]
    assert (part["kg"], part["carried"]) == (900 * TONNE, None), "as it was told to its customer"
    own = gone_over.get(who(HEIR), "/coc/documents/D-2")["document"]["from_closed"]
    assert own[0]["carried"] is not None
