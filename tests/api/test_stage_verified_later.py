"""Over HTTP: the result of a mine is verified after its bauxite was refined. The alumina carries
what the mine gave off, as if that had been known, and what went on says by which result."""

from decimal import Decimal
from typing import Any

from tests.api.test_custody_news import BEGAN, MEMBER, SCOPE, WHO
from tests.api.test_custody_news import door as door  # the same world, in a platform of its own
from tests.door import Door, eventually

from .years import SCOPES, datum


def verified(door: Door) -> None:
    """10,000 t of bauxite, and what burnt for it."""
    year = {"facility_id": f"{MEMBER}-F1", "year": BEGAN.year}
    ours, theirs = {**year, "member_id": MEMBER}, {**year, "verifier_id": "V1"}
    data = [
        datum("ore", "bauxite_mining", "output.bauxite", "10", unit="kt"),
        datum("gas", "bauxite_mining", "fuel.gas", "2", unit="GWh"),
    ]
    door.send(WHO, "ghg/submit_activity", **ours, data=data)
    door.settled()
    door.send(WHO, "ghg/submit_for_verification", **ours, result=1, verifier_id="V1")
    said = {"accreditation": "ACC-1", "statement_ref": "ST-1", "assurance": "limited"}
    door.send("verifier:V1", "ghg/verify_result", **theirs, result=1, scopes=SCOPES, **said)
    door.settled()


def balance(door: Door, stage: str) -> dict[str, Any]:
    path, on = f"/coc/scopes/{SCOPE['scope_id']}/balance", BEGAN.isoformat()
    found: dict[str, Any] = door.get(WHO, path, stage=stage, on=on)
    return found


def test_alumina_carries_what_the_mine_gave_off_once_that_is_verified(door: Door) -> None:
    """Of 1,000 kg that were refined of 2,847 kg 400 kg left before."""
    sent = {**SCOPE, "stage": "alumina", "day": BEGAN.isoformat(), "movement_id": "OUT"}
    door.settled()
    door.send(WHO, "coc/ship_material", **sent, mass_kg=400)
    door.settled()
    before = balance(door, "alumina")["carries"]["outflow"]
    assert (before["kg"], before["intensity"]) == (400, None)
    door.tick(BEGAN.replace(year=BEGAN.year + 1, month=3))
    verified(door)
    seen = eventually(
        lambda: balance(door, "alumina")["carries"]["outflow"], lambda one: one["intensity"]
    )
    rate = Decimal(balance(door, "bauxite")["step"]["kgco2e_per_kg"]["coc_bauxite"])
    assert rate > 0
    assert abs(Decimal(seen["intensity"]) * 1000 - rate * 2847) < 1
