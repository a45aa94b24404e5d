"""Rows of a file of movements become bookings, or say what is wrong and what would be right."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.custody import Lot, MovementKind, Origin
from contracts.values import Activity
from infra.errors import Refused
from infra.importing.kinds import Asked, Built
from infra.importing.mapping import Binding, Said, bind
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.movements import rows as movement_rows
from services.coc_ledger.movements.words import FIELDS
from services.coc_ledger.pools.commands import (
    Booking,
    BookLoss,
    BookProcessEmissions,
    ChangeStage,
    CountStock,
    ReceiveMaterial,
    ReverseMovement,
    ShipMaterial,
)

from .given import DAY, LOOKED_AT, TODAY, pools, scope_seen, seen

NOTHING = Said({}, {})
ROW = {
    "movement_id": "IN-1",
    "scope_id": "S-1",
    "stage": "aluminium",
    "day": DAY.isoformat(),
    "movement": "receipt",
    "mass_t": "1.5",
    "origin": "post_consumer_scrap",
}


def bound(columns: Sequence[str], **constants: str) -> Binding:
    return bind(columns, FIELDS, Said({}, constants), NOTHING)


def known(command: type[Booking], values: Mapping[str, object]) -> Mapping[str, object]:
    if values["scope_id"] != "S-1":
        raise Refused("unknown-scope", "Member M-1 has no such scope.", scope_id="-")
    fields: dict[str, object] = {"scope": scope_seen(), "known": PoolKnown()}
    if command is ReceiveMaterial:
        fields |= {"diligence": (LOOKED_AT,), "checked": seen()}
    return fields


def built(row: Mapping[str, str], **constants: str) -> Built:
    binding = bound(tuple(row), **constants)
    movement_rows.check(binding)
    asked = Asked("import-1", "M-1")
    return movement_rows.builder(asked, binding, TODAY, known)(tuple(row.values()))


def row(**changed: str) -> dict[str, str]:
    """A receipt with some cells changed; an empty one has its column still."""
    return {**ROW, **changed}


def other(movement: str, **cells: str) -> dict[str, str]:
    """A movement that is no receipt."""
    return {**ROW, "movement": movement, "origin": "", **cells}


def command(found: Built) -> Any:
    assert found.faults == ()
    return found.command


def test_a_receipt_is_booked_as_it_says() -> None:
    cells = row(supplier="YARD", proof="note-1", intensity="0.5", verifier="V-1")
    asked = command(built(cells))
    assert isinstance(asked, ReceiveMaterial)
    assert (asked.mass_kg, asked.origin, asked.member_id) == (1500, Origin.POST_CONSUMER, "M-1")
    assert (asked.supplier_id, asked.origin_ref, asked.footprint.verifier) == (
        "YARD",
        "note-1",
        "V-1",
    )
    booked = pools.when(asked).events[-1]
    assert isinstance(booked, MovementBooked)
    assert (booked.kind, booked.coc_kg) == (MovementKind.RECEIPT, 1500)


@pytest.mark.parametrize(
    ("cells", "kind", "fields"),
    [
        (other("Shipment", customer="CAN"), ShipMaterial, {"mass_kg": 1500, "customer_id": "CAN"}),
        (other("ship", lot="scrap"), ShipMaterial, {"lot": Lot.SCRAP}),
        (other("scrap shipment"), ShipMaterial, {"lot": Lot.SCRAP}),
        (other("loss"), BookLoss, {"mass_kg": 1500}),
        (other("stock count", mass_t="0"), CountStock, {"counted_kg": 0}),
        (other("to_stage", coc_t="0.5", produced_t="0.8"), ChangeStage,
         {"mass_kg": 1500, "coc_kg": 500, "produced_kg": 800}),
        (other("process_emissions", mass_t="", emission_kgco2e="7.125"), BookProcessEmissions, {}),
        (other("reversal", mass_t="", reverses="IN-0"), ReverseMovement, {"reverses": "IN-0"}),
    ],
)  # fmt: skip
def test_each_kind_of_movement_is_its_own_booking(
    cells: Mapping[str, str], kind: type[Booking], fields: Mapping[str, object]
) -> None:
    asked = command(built(cells))
    assert type(asked) is kind
    assert {name: getattr(asked, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("mass", "unit", "kg"),
    [
        ("1.234", "t", 1234),
        ("0.001", "tonnes", 1),
        ("1234567", "kg", 1234567),
        ("5.000", "kg", 5),
        ("1e3", "kg", 1000),
        ("10000000000.001", "t", None),
    ],
)
def test_masses_are_read_to_the_kilogram(mass: str, unit: str, kg: int | None) -> None:
    cells = {name: text for name, text in ROW.items() if name != "mass_t"}
    found = built({**cells, "quantity": mass, "unit": unit})
    if kg is None:
        assert [fault.slug for fault in found.faults] == ["number-out-of-range"]
    else:
        assert command(found).mass_kg == kg


@pytest.mark.parametrize(
    ("changed", "field", "slug", "told"),
    [
        ({"mass_t": "1.2345"}, "mass", "mass-not-whole", "3 decimals at most"),
        ({"mass_t": "1,5"}, "mass", "invalid-number", "a decimal point"),
        ({"mass_t": "-1"}, "mass", "number-out-of-range", "above 0"),
        ({"mass_t": "0"}, "mass", "number-out-of-range", "above 0"),
        ({"mass_t": ""}, "mass", "value-missing", "a receipt needs it"),
        ({"unit": "kg"}, "mass", "units-mixed", "leave one of them out"),
        ({"unit": "ton"}, "mass", "unknown-unit", "kg or t"),
        ({"movement": "swap"}, "movement", "unknown-movement-kind", "scrap_shipment"),
        ({"movement": "CoC output"}, "movement", "claim-needs-document", "CoC document"),
        ({"stage": "dross"}, "stage", "unknown-stage", "bauxite, alumina, aluminium"),
        ({"origin": "moon"}, "origin", "unknown-origin", "own_mine"),
        ({"origin": ""}, "origin", "value-missing", "a receipt needs it"),
        ({"day": "9.3.2026"}, "day", "invalid-day", "2024-12-31"),
        ({"day": "2026-02-30"}, "day", "invalid-day", "2024-12-31"),
        ({"movement_id": "a:b"}, "movement_id", "invalid-id", "letters, digits"),
        ({"movement_id": ""}, "movement_id", "value-missing", "every row needs it"),
        ({"customer": "CAN"}, "customer_id", "not-of-movement", "leave it empty"),
        ({"pre_consumer_percent": "101"}, "pre_consumer_percent", "number-out-of-range", "100"),
        ({"scope_id": "S-2"}, "scope_id", "unknown-scope", "no such scope"),
    ],
)
def test_a_wrong_row_is_told_where_and_what_would_be_right(
    changed: Mapping[str, str], field: str, slug: str, told: str
) -> None:
    found = built(row(**changed))
    assert found.command is None
    [fault] = found.faults
    assert (fault.field, fault.slug) == (field, slug)
    assert told in fault.sentence


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    found = built(row(mass_t="x", origin="moon", day="soon"))
    assert {fault.field for fault in found.faults} == {"mass", "origin", "day"}
    assert found.key == "IN-1"
    found = built(row(movement="swap", mass_t="x"))
    assert {fault.slug for fault in found.faults} == {"unknown-movement-kind", "invalid-number"}


def test_the_unit_of_a_mass_is_said_somewhere() -> None:
    columns = [name for name in ROW if name != "mass_t"]
    with pytest.raises(Refused, match="does not say its unit"):
        movement_rows.check(bound([*columns, "quantity"]))
    movement_rows.check(bound([*columns, "quantity"], mass_unit="t"))
    with pytest.raises(Refused, match="another unit"):
        movement_rows.check(bound([*columns, "mass_t"], mass_unit="kg"))


def test_the_same_row_asked_for_twice_is_booked_once() -> None:
    first, again = command(built(row())), command(built(row(mass_t="1.500")))
    pools.given(*pools.when(first).events).when(again).nothing()


def test_a_row_may_name_its_activity() -> None:
    command = built({**ROW, "activity": "Casthouse"}).command
    assert isinstance(command, ReceiveMaterial)
    assert command.activity is Activity.CASTHOUSE
    [fault] = built({**ROW, "activity": "alchemy"}).faults
    assert (fault.field, fault.slug) == ("activity", "unknown-activity")
    taken_back = {**ROW, "movement": "reversal", "reverses": "IN-9", "activity": "casthouse"}
    assert "not-of-movement" in {one.slug for one in built(taken_back).faults}
