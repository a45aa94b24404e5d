"""The gates refuse what would break a reader, and let pass what breaks nobody."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, create_model

from contracts.catalog import CATALOG, Catalog, Upcaster
from contracts.envelope import Event
from contracts.values import Id, Name, PlainDecimal, Value
from tests.contracts_kept.gates import new_reads_old, old_reads_new
from tests.contracts_kept.golden import golden_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Wider(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


class Narrower(StrEnum):
    RED = "red"


class Part(Value):
    part_id: Id
    colour: Colour


class WiderPart(Value):
    part_id: Id
    colour: Colour
    weight: PlainDecimal | None = None


class OtherPart(Value):
    part_ref: Id
    colour: Colour


NAME = "test.thing_made.v1"
FIELDS: Mapping[str, Any] = {
    "thing_id": (Id, ...),
    "name": (Name, ...),
    "colour": (Colour, ...),
    "parts": (tuple[Part, ...], ...),
    "share": (PlainDecimal, Decimal(100)),
    "note": (Id | None, None),
    "why": (Literal["asked", "due"], ...),
}


def event(fields: Mapping[str, Any], name: str = NAME) -> type[Event]:
    """An event with these fields."""
    base: type[Event] = type(
        "Base", (Event,), {"TYPE": name, "__annotations__": {"TYPE": ClassVar[str]}}
    )
    return create_model("ThingMade", __base__=base, **fields)


def faults(changed: type[Event], original: type[Event] | None = None) -> list[str]:
    """What the gates say when the original becomes this."""
    goldens = [golden_of(original or event(FIELDS))]
    catalog = Catalog([changed])
    return new_reads_old(catalog, goldens) + old_reads_new(catalog, goldens)


def without(name: str) -> dict[str, Any]:
    return {key: field for key, field in FIELDS.items() if key != name}


BREAKING: Mapping[str, Mapping[str, Any]] = {
    "a required field is added": {**FIELDS, "made_by": (Id, ...)},
    "a required field is removed": without("name"),
    "an optional field is removed": without("note"),
    "a field with a default is removed": without("share"),
    "a required field is renamed": {**without("name"), "title": (Name, ...)},
    "an optional field is renamed": {**without("note"), "remark": (Id | None, None)},
    "an optional field becomes required": {**FIELDS, "note": (Id, ...)},
    "a required field becomes optional": {**FIELDS, "name": (Name | None, None)},
    "a field changes its type": {**FIELDS, "thing_id": (int, ...)},
    "a text becomes a list": {**FIELDS, "name": (tuple[Name, ...], ...)},
    "a list becomes one": {**FIELDS, "parts": (Part, ...)},
    "a word is added to an enumeration": {**FIELDS, "colour": (Wider, ...)},
    "a word is taken from an enumeration": {**FIELDS, "colour": (Narrower, ...)},
    "a word is added to a literal": {**FIELDS, "why": (Literal["asked", "due", "late"], ...)},
    "a default changes": {**FIELDS, "share": (PlainDecimal, Decimal(50))},
    "a field inside a value is renamed": {**FIELDS, "parts": (tuple[OtherPart, ...], ...)},
    "a bound is drawn": {**FIELDS, "name": (Annotated[str, Field(max_length=3)], ...)},
}
HARMLESS: Mapping[str, Mapping[str, Any]] = {
    "nothing": FIELDS,
    "an optional field is added": {**FIELDS, "made_by": (Id | None, None)},
    "a field with a default is added": {**FIELDS, "count": (int, 1)},
    "an optional field inside a value is added": {**FIELDS, "parts": (tuple[WiderPart, ...], ...)},
    "the fields change places": dict(sorted(FIELDS.items())),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_gate_refuses_that(change: str) -> None:
    assert faults(event(BREAKING[change]))


@pytest.mark.parametrize("change", HARMLESS)
def test_both_gates_let_pass_that(change: str) -> None:
    assert faults(event(HARMLESS[change])) == []


def test_a_type_that_is_dropped_is_refused() -> None:
    goldens = [golden_of(event(FIELDS))]
    other = Catalog([event(FIELDS, "test.thing_made.v2")])
    assert "cannot be read any more" in new_reads_old(other, goldens)[0]


def test_a_new_version_with_an_upcaster_passes_and_a_wrong_one_is_refused() -> None:
    goldens = [golden_of(event(FIELDS))]
    newer = event({**FIELDS, "made_by": (Id, ...)}, "test.thing_made.v2")
    right = Upcaster(newer.TYPE, lambda old: old | {"made_by": "unknown"})
    wrong = Upcaster(newer.TYPE, lambda old: old)
    assert new_reads_old(Catalog([newer], upcasters={NAME: right}), goldens) == []
    assert new_reads_old(Catalog([newer], upcasters={NAME: wrong}), goldens)


def fields_of(original: type[Event]) -> dict[str, Any]:
    return {name: (field.annotation, field) for name, field in original.model_fields.items()}


@pytest.mark.parametrize("name", sorted(CATALOG.published))
def test_no_field_of_a_published_event_can_go_unnoticed(name: str) -> None:
    original = CATALOG.published[name]
    fields = fields_of(original)
    assert faults(event(fields, name), original) == []
    for gone in fields:
        left = {key: field for key, field in fields.items() if key != gone}
        assert faults(event(left, name), original), f"{name} without {gone}"


@pytest.mark.parametrize("name", sorted(CATALOG.published))
def test_no_required_field_can_be_added_to_a_published_event(name: str) -> None:
    original = CATALOG.published[name]
    assert faults(event(fields_of(original) | {"newly_needed": (Id, ...)}, name), original)
    assert faults(event(fields_of(original) | {"extra": (Id | None, None)}, name), original) == []
