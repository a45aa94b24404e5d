"""What must never be taken, as senders give it: each has a refusal of its own."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts import certification
from contracts.custody import Account
from contracts.values import CertificateType, CertificationStatus
from services.coc_ledger.accounting.accounts import PLACE
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.test_movement_rows import built, row
from tests.rules.coc.test_periods_and_orders import AFTER, KEY, close, document, send, stocked
from tests.rules.coc.world import World

SOLD_ON = date(2026, 5, 20)
WHERE = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": SOLD_ON}


@pytest.fixture
def world() -> World:
    return stocked()


def attempt(world: World, fields: dict[str, Any]) -> str:
    fields = dict(fields)
    return world.attempt(fields.pop("command_name"), **fields)


@pytest.mark.parametrize("mass", [-1, 0, "7.5", 10**14])
@pytest.mark.parametrize("command", ["receive_material", "ship_material", "book_loss"])
def test_a_mass_is_a_positive_number_of_kilograms(world: World, command: str, mass: object) -> None:
    more = {"origin": "non_coc"} if command == "receive_material" else {}
    with pytest.raises(ValidationError):
        world.attempt(command, movement_id="X", mass_kg=mass, **WHERE, **more)
    for name in ("mass_kg", "total_mass_kg"):
        with pytest.raises(ValidationError):
            attempt(world, document("D-1", 5) | {name: mass})


def test_a_scope_that_is_not_there_or_not_the_senders(world: World) -> None:
    for scope_id in ("B", "NOBODY"):
        where = WHERE | {"scope_id": scope_id}
        fields = {"movement_id": "X", "mass_kg": 1}
        assert world.attempt("ship_material", **fields, **where) == "unknown-scope"
        assert attempt(world, document("D-1", 5) | {"scope_id": scope_id}) == "unknown-scope"


def test_a_period_that_is_closed(world: World) -> None:
    world.today = AFTER
    close(world)
    fields = {"movement_id": "X", "mass_kg": 1}
    assert world.attempt("ship_material", **fields, **WHERE) == "period-closed"
    assert attempt(world, document("D-1", 5)) == "period-closed"


def test_a_number_or_an_id_that_was_used_for_something_else(world: World) -> None:
    send(world, document("D-1", 5))
    assert attempt(world, document("D-1", 5)) == "", "the same again is no other"
    assert attempt(world, document("D-1", 6)) == "document-number-used"
    fields = {"movement_id": "M-2", "mass_kg": 1}
    day = {"day": date(2026, 3, 5)}
    assert world.attempt("ship_material", **fields, **(WHERE | day)) == "movement-id-used"


def test_a_document_to_oneself(world: World) -> None:
    oneself = {"customer": {"name": "A", "address": "x", "scope_id": "A"}}
    assert attempt(world, document("D-1", 5) | oneself) == "document-to-itself"


def test_documents_that_replace_each_other_in_a_circle(world: World) -> None:
    why = {"correction_reason": "weighed"}
    send(world, document("D-1", 5))
    world.settle()
    assert attempt(world, document("D-1", 5, replaces="D-1", **why)) == "document-replaces-itself"
    assert attempt(world, document("D-2", 5, replaces="D-3", **why)) == "unknown-document"
    send(world, document("D-2", 4, replaces="D-1", **why))
    world.settle()
    assert attempt(world, document("D-1", 5, replaces="D-2", **why)) == "document-number-used"


@pytest.mark.parametrize("settled", [True, False])
def test_a_document_is_replaced_once(world: World, *, settled: bool) -> None:
    """The second correction would give its claim back once more."""
    why = {"correction_reason": "weighed"}
    send(world, document("D-1", 500))
    world.settle()
    send(world, document("D-2", 400, replaces="D-1", **why))
    if settled:
        world.settle()
    assert attempt(world, document("D-3", 400, replaces="D-1", **why)) == "document-ended"
    world.settle()
    pool = world.pool(KEY)
    assert (kg(pool, Account.OUTPUT_COC), balanced(pool)) == (400, True)
    assert attempt(world, document("D-3", 300, replaces="D-2", **why)) == ""


@pytest.mark.parametrize(
    ("pre", "post", "slug"),
    [
        ("50", "60", "recycled-shares-above-whole"),
        ("90", "90", "recycled-shares-above-whole"),
        ("100", "0.000001", "recycled-shares-above-whole"),
        ("40.5", "59.5", ""),
        ("0", "100", ""),
    ],
)
@pytest.mark.parametrize("origin", ["non_coc", "post_consumer_scrap"])
def test_recycled_shares_that_are_more_than_the_metal(
    world: World, pre: str, post: str, slug: str, origin: str
) -> None:
    """By itself or in a file, whose other rows are booked."""
    shares = {"pre_consumer_percent": pre, "post_consumer_percent": post}
    told = {**WHERE, "mass_kg": 1_000_000, "origin": origin, "footprint": shares}
    rows = [{**told, "movement_id": "X-2"}, {**told, "movement_id": "X-3", "footprint": {}}]
    before = world.pool(KEY).kgs[PLACE[Account.STOCK]]
    assert world.attempt("receive_material", **told, movement_id="X-1") == slug
    world.send_together([("receive_material", one) for one in rows])
    booked = world.pool(KEY).kgs[PLACE[Account.STOCK]] - before
    assert booked == 1_000_000 * (1 if slug else 3)


def test_units_that_are_mixed() -> None:
    faults = built(row(unit="kg")).faults
    assert [fault.slug for fault in faults] == ["units-mixed"]


@pytest.mark.parametrize(("days", "slug"), [(0, ""), (1, "coc-certificate-not-valid")])
def test_a_certificate_that_expired_yesterday(world: World, days: int, slug: str) -> None:
    """On its last day it still counts."""
    world.tell(
        certification.CertificateConverted(
            certificate_id="CA-CoC",
            member_id="A",
            certificate_type=CertificateType.FULL,
            valid_to=SOLD_ON - timedelta(days=days),
            effective_on=date(2026, 1, 2),
            status=CertificationStatus.CERTIFIED_FULL,
        )
    )
    world.settle()
    assert attempt(world, document("D-1", 5)) == slug
