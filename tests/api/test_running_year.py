"""A year that is not over: its data are kept and calculated, as interim, and go no further."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .years import PATH, SCOPES, TODAY, YEAR, populate, submit

OURS: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1"}
DURING = date(YEAR, 11, 23)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform on a day of November, with a smelter that sends this year's data."""
    with platform(tmp_path_factory.mktemp("running")) as host, door_of(host) as door:
        door.tick(DURING)
        populate(door)
        submit(door)
        door.settled()
        yield door


def interim(door: Door, result: int) -> bool:
    """Whether R-26 says so of a result, as stored and as it is found today."""
    stored = door.get("member:M1", f"{PATH}/results/{result}")["findings"]
    today = door.get("member:M1", f"{PATH}/results/{result}/findings")["items"]
    said = [
        [one["sentence"] for one in found if one["rule"] == "R-26" and "interim" in one["sentence"]]
        for found in (stored, today)
    ]
    assert said[0] == said[1]
    return bool(said[0])


def test_a_running_year_is_interim_until_its_data_are_sent_after_its_end(door: Door) -> None:
    """In one walk, as each step rests on the one before."""
    assert interim(door, 1)
    asked = {**OURS, "result": 1, "verifier_id": "V1"}
    refused = door.attempt("member:M1", "ghg/submit_for_verification", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "year-not-over")
    door.tick(TODAY)
    door.send("member:M1", "ghg/recalculate", **OURS, gwp_set="AR5")
    assert interim(door, 2)
    submit(door)
    door.settled()
    assert not interim(door, 3)
    door.send("member:M1", "ghg/submit_for_verification", **{**asked, "result": 3})
    statement = {
        "accreditation": "ACC-1",
        "statement_ref": "ST-1",
        "scopes": SCOPES,
        "assurance": "limited",
    }
    theirs = {"facility_id": "F1", "year": YEAR, "verifier_id": "V1", "result": 3}
    door.send("verifier:V1", "ghg/verify_result", **theirs, **statement)
    door.send("member:M1", "ghg/publish_disclosure", **OURS, result=3)
    assert door.get(None, f"/ghg/disclosures/F1/{YEAR}")["items"][0]["result"] == 3
