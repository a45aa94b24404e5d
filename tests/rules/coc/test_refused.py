"""Refusals of the ledger say what is wrong, and what would be right."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts import certification
from contracts.values import ID_PATTERN, CertificationStatus
from infra.errors import Refused
from infra.faultwords import in_words
from services.coc_ledger.accounting.claims import check_may_claim
from services.coc_ledger.scopes.entity_rules import check_certified
from tests.rules.coc.given import DAY, POLICY, claim, scope_seen, seen
from tests.rules.coc.test_periods_and_orders import TODAY, document, stocked
from tests.rules.coc.world import YEAR, World

WHERE = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": YEAR}
METAL = {**WHERE, "movement_id": "X-1", "mass_kg": 5, "origin": "non_coc"}


def refusal(world: World, command: str, **fields: Any) -> Refused:
    with pytest.raises(Refused) as found:
        world.send(command, **fields)
    return found.value


@pytest.mark.parametrize(
    ("change", "slug", "right"),
    [
        ({"scope_id": "NOPE"}, "unknown-scope", "GET /coc/members/A/scopes lists"),
        ({"scope_id": "B"}, "unknown-scope", "GET /coc/members/A/scopes lists"),
        ({"stage": "alumina"}, "stage-not-in-scope", "by its activities it has aluminium"),
        (
            {"day": TODAY + timedelta(days=1)},
            "day-ahead",
            f"today is {TODAY}, and only what has happened is booked",
        ),
        ({"day": YEAR - timedelta(days=1)}, "before-first-period", f"starts on {YEAR}"),
    ],
)
def test_a_movement_that_is_refused_is_told_what_would_be_right(
    change: dict[str, Any], slug: str, right: str
) -> None:
    found = refusal(World(TODAY), "receive_material", **{**METAL, **change})
    assert found.slug == slug
    assert right in found.sentence


def test_who_is_not_certified_is_told_what_each_certificate_was_on_the_day() -> None:
    """A certificate that ended yesterday, and one that is not valid yet."""
    world = stocked()
    change = certification.CertificateSuspended(
        certificate_id="CA-CoC",
        member_id="A",
        effective_on=date(2026, 5, 1),
        status=CertificationStatus.SUSPENDED,
    )
    world.tell(change)
    world.settle()
    fields = document("D-1", 1)
    name = fields.pop("command_name")
    found = refusal(world, name, **fields)
    assert found.slug == "coc-certificate-not-valid"
    assert "as far as is known here: CA-CoC was suspended." in found.sentence
    assert "Name a day on which one is valid." in found.sentence


def test_a_movement_that_there_is_not_is_told_with_what_names_one() -> None:
    found = refusal(stocked(), "reverse_movement", **WHERE, movement_id="X-2", reverses="NOPE")
    assert found.slug == "unknown-movement"
    assert "look at the id, and name the day" in found.sentence


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("int_type", "mass_kg", "write whole kilograms as a number: 1500, no decimals and no unit"),
        ("int_type", "year", "as pydantic says"),
        ("greater_than", "received_kg", "a mass is above 0"),
        ("greater_than", "share_percent", "as pydantic says"),
    ],
)
def test_a_mass_that_cannot_be_read_is_told_how_one_is_written(
    kind: str, name: str, said: str
) -> None:
    assert in_words(kind, "Value error, as pydantic says", name) == said


def test_an_id_is_described_in_words_and_not_by_a_pattern() -> None:
    said = in_words("string_pattern_mismatch", "x", "scope_id", ID_PATTERN)
    assert said.startswith("write an id: 1 to 128 letters, digits, dots")
    assert in_words("string_pattern_mismatch", "x", "scope_id", "^a$") == "x"


def test_who_sells_is_told_which_facility_of_the_scope_is_not_covered() -> None:
    """Though another one is, by a certificate that is named."""
    known = seen().model_copy(update={"facilities": ("F-1", "F-2")})
    chain, ps = (
        one.model_copy(update={"facilities": ("F-1", "F-2")}) for one in seen().certificates
    )
    part, old = chain.model_copy(update={"facilities": ("F-2",)}), CertificationStatus.EXPIRED
    gone = chain.model_copy(update={"certificate_id": "C-OLD", "status": old})
    with pytest.raises(Refused) as refused:
        check_certified(known.model_copy(update={"certificates": (part, gone, ps)}))
    assert (
        f"On {DAY} entity E-1 held no valid Chain of Custody certificate for facility F-1 of the"
        " scope, as far as is known here: C-CoC covers others of the scope, C-OLD was expired."
        " Name a day on which each facility is covered."
    ) == refused.value.sentence
    lacking = known.model_copy(
        update={"certificates": (chain, ps.model_copy(update={"facilities": ("F-2",)}))}
    )
    scope = scope_seen(facilities=("F-1", "F-2"))
    claimed = claim("D-1", 5, checked=lacking, scope=scope)
    with pytest.raises(Refused) as refused:
        check_may_claim(claimed, scope, POLICY)
    assert refused.value.sentence.endswith("Performance Standard for facility F-1 of the scope.")
