"""A what-if beside a public result changes nothing that others judge by, and can be left again."""

from pathlib import Path
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .test_facility_year import OURS, STATEMENT, THEIRS
from .years import PATH, TODAY, populate, submit


def year(door: Door) -> dict[str, Any]:
    door.settled()
    told: dict[str, Any] = door.get("member:M1", PATH)
    return {name: told[name] for name in ("state", "results", "intensity", "blocking", "findings")}


@pytest.mark.timeout(120)
def test_a_what_if_is_left_again_and_moves_no_public_result(tmp_path: Path) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        first = year(door)

        door.send("member:M1", "ghg/recalculate", **OURS, gwp_set="AR4")
        tried = year(door)
        assert (tried["results"], tried["intensity"] == first["intensity"]) == (2, False)
        door.send("member:M1", "ghg/recalculate", **OURS)
        assert year(door) == {**first, "results": 3}

        door.send("member:M1", "ghg/submit_for_verification", **OURS, result=3, verifier_id="V1")
        door.send("verifier:V1", "ghg/verify_result", **THEIRS, result=3, **STATEMENT)
        door.send("member:M1", "ghg/publish_disclosure", **OURS, result=3)
        public = year(door)
        assert (public["state"], public["intensity"]) == ("disclosed", first["intensity"])

        door.send("member:M1", "ghg/recalculate", **OURS, gwp_set="SAR")
        assert year(door) == {**public, "results": 4}
        back = door.send("member:M1", "ghg/recalculate", **OURS)
        assert back["events"] == []
        assert door.get("member:M1", f"{PATH}/results/4")["gwp_set"] == "SAR", "it is beside"
        [listed] = door.get("member:M1", "/ghg/members/M1/years")["items"]
        assert listed["intensity"] == first["intensity"]
