"""One person with a member's and a verifier's identity, under different ids, does not verify what
they or their member made; a colleague of the verifier does."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import platform

from .years import SCOPES, SITE, TODAY, YEAR, data, populate

TWO_SIDED = {"member:M1": "somebody", "verifier:V1": "somebody", "verifier:V2": "else"}
"""Who signs in as what, where it is not one person a role."""
OURS: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1"}
STATEMENT: dict[str, Any] = {
    "facility_id": "F1",
    "year": YEAR,
    "result": 1,
    "accreditation": "ACC-1",
    "statement_ref": "ST-1",
    "scopes": SCOPES,
    "assurance": "limited",
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform on which the person of V1 sent M1's data."""
    with platform(tmp_path_factory.mktemp("two-sided")) as host:
        issuer = host.issuer
        assert issuer is not None

        def mint(roles: str) -> str:
            """A token of some roles, for who has the first of them."""
            every = roles.split()
            return issuer.mint(every, subject=TWO_SIDED.get(every[0], every[0]))

        with Door({"": host.url}, mint) as made:
            made.tick(TODAY)
            populate(made)
            made.settled()
            made.send("member:M1", "ghg/submit_activity", **OURS, site=SITE, data=data())
            made.settled()
            yield made


def stated(door: Door, role: str, verifier_id: str) -> str:
    """How the platform answers a statement: a slug, or nothing where it takes it."""
    asked = {**STATEMENT, "verifier_id": verifier_id}
    return str(door.attempt(role, "ghg/verify_result", **asked).json().get("slug", ""))


def submitted(door: Door, role: str, verifier_id: str) -> str:
    """How it answers a submission."""
    asked = {**OURS, "result": 1, "verifier_id": verifier_id}
    return str(door.attempt(role, "ghg/submit_for_verification", **asked).json().get("slug", ""))


def test_one_person_under_two_ids_is_not_on_both_sides(door: Door) -> None:
    assert submitted(door, "member:M1 verifier:V1", "V1") == "verifier-same-person"
    assert submitted(door, "member:M1", "V1") == ""
    assert stated(door, "verifier:V1", "V1") == "verifier-same-person", "they sent the data"
    assert stated(door, "verifier:V1 member:M1", "V1") == "verifier-same-person"
    door.send("member:M1", "ghg/withdraw_submission", **OURS, result=1)
    assert submitted(door, "member:M1", "V2") == ""
    assert stated(door, "verifier:V2 member:M1", "V2") == "verifier-same-person", "may be M1"
    assert stated(door, "verifier:V2", "V2") == ""


def test_an_entity_without_a_facility_is_a_party_too(door: Door) -> None:
    entity = {"entity_id": "E-EMPTY", "member_id": "M1", "name": "Holding", "country": "NO"}
    door.send("member:M1", "membership/register_entity", **entity)
    door.settled()
    door.send("member:M1", "ghg/submit_activity", **OURS, site=SITE, data=data("42000"))
    asked = {**OURS, "result": 2, "verifier_id": "E-EMPTY"}
    answer = door.attempt("member:M1", "ghg/submit_for_verification", **asked)
    assert answer.json()["slug"] == "verifier-is-party"
