"""A certificate for power is cancelled once, across facilities and members; over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .years import SCOPES, SITE, TODAY, data, datum, populate

ELSEWHERE = "certificate-used-elsewhere"
Whose = dict[str, Any]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Two members with a smelter each."""
    with platform(tmp_path_factory.mktemp("certificates")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        populate(door, "M2", facility_id="F2", entity_id="E2")
        yield door


def both(door: Door, year: int) -> tuple[Whose, Whose]:
    """A year of the two smelters whose data name one certificate."""
    first = {"facility_id": "F1", "year": year, "member_id": "M1"}
    second = {"facility_id": "F2", "year": year, "member_id": "M2"}
    send(door, first, f"GEC-{year}")
    send(door, second, f"gec-{year}")
    door.settled()
    return first, second


def send(door: Door, whose: Whose, certificate_id: str | None, **told_of: object) -> None:
    """The year with a green contract, or without one."""
    green = datum(
        "green",
        "electrolysis",
        "power.ppa_contract",
        "10",
        unit="GWh",
        factor="0",
        proofs=["contract", "certificate_cancellation"],
        certificates=[{"certificate_id": certificate_id, "mwh": "10000", **told_of}],
    )
    told = [*data(), green] if certificate_id else data()
    door.send(f"member:{whose['member_id']}", "ghg/submit_activity", **whose, site=SITE, data=told)
    door.settled()


def give(door: Door, whose: Whose, result: int) -> Any:
    """Submit a result to the verifier; the answer, whatever it is."""
    role = f"member:{whose['member_id']}"
    return door.attempt(
        role, "ghg/submit_for_verification", **whose, result=result, verifier_id="V1"
    )


def found(door: Door, whose: Whose, result: int) -> list[str]:
    """The sentences of R-12 today."""
    path = f"/ghg/facilities/{whose['facility_id']}/years/{whose['year']}/results/{result}/findings"
    told = door.get(f"member:{whose['member_id']}", path)["items"]
    return [one["sentence"] for one in told if one["rule"] == "R-12"]


def also_named(door: Door, whose: Whose, result: int) -> Any:
    """The certificates that other data name as well, as their member hears today."""
    path = f"/ghg/facilities/{whose['facility_id']}/years/{whose['year']}/results/{result}/findings"
    return door.get(f"member:{whose['member_id']}", path)["named_elsewhere"]


def test_what_another_year_holds_blocks_today_and_not_in_what_was_stored(door: Door) -> None:
    first, second = both(door, 2018)
    path = "/ghg/facilities/F2/years/2018"
    assert door.get("member:M2", f"{path}/results/1/findings")["blocking"] == []
    assert give(door, first, 1).status_code == 200
    assert door.get("member:M2", f"{path}/results/1/findings")["blocking"] == ["R-12"]
    assert give(door, second, 1).json()["slug"] == ELSEWHERE
    assert door.get("member:M2", path)["blocking"] == []
    told = door.ask(None, "GET", "/ghg/openapi.json").json()["paths"]["/ghg/years"]["get"]
    assert "certificate that another year holds" in " ".join(told["description"].split())


def test_two_drafts_that_name_one_certificate_hear_of_each_other(door: Door) -> None:
    first, second = both(door, 2022)
    assert also_named(door, first, 1) == also_named(door, second, 1) == {"GEC-2022": [""]}
    third = {**first, "facility_id": "F3"}
    door.send(
        "ops",
        "membership/register_facility",
        member_id="M1",
        entity_id="E1",
        facility_id="F3",
        name="Works",
        activities=["smelting", "casthouse"],
        location={"country": "NO"},
        start_year=1970,
    )
    door.settled()
    send(door, third, "GEC-2022")
    assert also_named(door, first, 1) == {"GEC-2022": ["F3:2022", ""]}
    assert also_named(door, third, 1) == {"GEC-2022": ["F1:2022", ""]}
    assert give(door, first, 1).status_code == 200
    assert found(door, second, 1) == [
        "A megawatt-hour is cancelled once; cancelled for another facility or year: gec-2022"
        " (another member's)."
    ]
    [sentence] = found(door, third, 1)
    assert "GEC-2022 (F1:2022)" in sentence
    assert also_named(door, third, 1) == {"GEC-2022": [""]}, "who holds it is told by the finding"
    send(door, second, None)
    assert also_named(door, third, 1) == {}


def test_the_second_year_with_a_certificate_is_refused_until_the_first_gives_it_up(
    door: Door,
) -> None:
    first, second = both(door, 2025)
    assert found(door, first, 1) == found(door, second, 1) == []
    assert give(door, first, 1).status_code == 200
    refused = give(door, second, 1)
    assert refused.json()["slug"] == ELSEWHERE
    assert "F1" not in refused.text
    assert "M1" not in refused.text
    assert door.ask(None, "GET", f"/problems/{ELSEWHERE}").status_code == 200
    assert found(door, first, 1) == []
    [sentence] = found(door, second, 1)
    assert "gec-2025" in sentence
    assert "F1" not in sentence
    send(door, first, None)
    assert found(door, second, 1) == []
    assert give(door, second, 1).status_code == 200
    send(door, first, "GEC-2025")
    version = door.get("member:M1", "/ghg/facilities/F1/years/2025")["results"]
    assert give(door, first, version).json()["slug"] == ELSEWHERE
    assert found(door, first, version)


def test_what_is_disclosed_with_a_certificate_holds_it_until_it_is_corrected(door: Door) -> None:
    first, second = both(door, 2024)
    publish(door, first, 1)
    send(door, first, None)
    assert give(door, second, 1).json()["slug"] == ELSEWHERE
    publish(door, first, 2)
    assert give(door, second, 1).status_code == 200


@pytest.mark.parametrize(
    ("told_of", "word"),
    [
        ({"year": 2020}, "of another are: GEC-1 (2020)"),
        ({"lot_mwh": "9999.5"}, "GEC-1 (10000 MWh of 9999.5)"),
    ],
)
def test_what_a_certificate_cannot_be_used_for_is_found_and_not_submitted(
    door: Door, told_of: Whose, word: str
) -> None:
    year = 2019 if "year" in told_of else 2021
    whose = {"facility_id": "F1", "year": year, "member_id": "M1"}
    send(door, whose, "GEC-1", **told_of)
    [sentence] = found(door, whose, 1)
    assert word in sentence
    refused = give(door, whose, 1).json()
    assert (refused["slug"], refused["facts"]["rules"]) == ("findings-block", ["R-12"])
    send(door, whose, "GEC-1", year=year, lot_mwh="10000")
    assert found(door, whose, 2) == []
    assert give(door, whose, 2).status_code == 200
    send(door, whose, None)  # and gives it up


def test_what_is_refused_claims_nothing(door: Door) -> None:
    first, second = both(door, 2023)
    assert give(door, first, 7).json()["slug"] == "unknown-result"
    assert give(door, {**first, "member_id": "M2"}, 1).json()["slug"] == "unknown-facility"
    assert give(door, second, 1).status_code == 200


def publish(door: Door, whose: Whose, result: int) -> None:
    """A result becomes public."""
    assert give(door, whose, result).status_code == 200
    statement = {
        "facility_id": whose["facility_id"],
        "year": whose["year"],
        "verifier_id": "V1",
        "result": result,
        "accreditation": "ACC-1",
        "statement_ref": f"ST-{result}",
        "scopes": SCOPES,
        "assurance": "limited",
        "verified_on": TODAY.isoformat(),
    }
    door.send("verifier:V1", "ghg/verify_result", **statement)
    door.send(f"member:{whose['member_id']}", "ghg/publish_disclosure", **whose, result=result)
    door.settled()
