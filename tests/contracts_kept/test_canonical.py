"""What is stored, hashed and compared: pydantic's own JSON of a model, its keys sorted."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

import orjson
import pytest
from pydantic import BaseModel, ValidationError

from contracts.canonical import canonical_json
from contracts.envelope import Event
from contracts.values import Activity, Control, ControlBasis, Location
from services.membership.facility_commands import DeclareFacility
from tests.contracts_kept.golden import load, whole_catalog


def by_pydantic(model: BaseModel) -> bytes:
    """The slow way, which knows every serializer that a field may declare."""
    return orjson.dumps(model.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def test_every_golden_event_is_written_as_pydantic_would_write_it() -> None:
    catalog = whole_catalog()
    events = [
        catalog.decode(golden.type, orjson.dumps(sample))
        for golden in load()
        for sample in golden.samples.values()
    ]
    assert len(events) > len(catalog.types)
    assert [canonical_json(event) for event in events] == [by_pydantic(event) for event in events]


@pytest.mark.parametrize("capacity", ["0", "185000", "1.50", "1E+5", "-0.0", "0.000001", "1e-7"])
def test_a_command_is_written_so_too_with_every_spelling_of_a_number(capacity: str) -> None:
    command = DeclareFacility.model_construct(
        on=date(2026, 3, 2),
        facility_id="F1",
        member_id="M1",
        entity_id="E1",
        name="Å“\u2028é\x7f",
        activities=(Activity.SMELTING, Activity.CASTHOUSE),
        location=Location(country="NO", latitude=Decimal("59.310")),
        control=Control(basis=ControlBasis.JOINT_VENTURE, share_percent=Decimal("33.30")),
        capacity_t_per_year=Decimal(capacity),
    )
    assert canonical_json(command) == by_pydantic(command)


class Inner(BaseModel):
    on: str


class Outer(BaseModel):
    on: str
    inner: Inner


def test_what_is_left_out_is_left_out_at_the_top_alone() -> None:
    outer = Outer(on="a", inner=Inner(on="b"))
    assert canonical_json(outer, without=frozenset({"on"})) == b'{"inner":{"on":"b"}}'


class Happened(Event):
    TYPE: ClassVar[str] = "tests.happened.v1"
    on: str
    inner: str


class Strange(BaseModel):
    names: set[str]


def test_what_no_contract_has_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        canonical_json(Strange(names={"a"}))


def test_an_event_of_checked_values_is_the_one_that_checking_makes() -> None:
    catalog = whole_catalog()
    for golden in load():
        for sample in golden.samples.values():
            event = catalog.decode(golden.type, orjson.dumps(sample))
            unchecked = type(event).of_checked(dict(event.__dict__))
            assert (unchecked, unchecked.model_dump()) == (event, event.model_dump())
            with pytest.raises(ValidationError, match="frozen"):
                setattr(unchecked, next(iter(type(event).model_fields)), None)


@pytest.mark.parametrize("wrong", [{}, {"on": "a"}, {"on": "a", "inner": "b", "more": "c"}])
def test_an_event_of_checked_values_has_all_its_fields_and_no_others(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(TypeError, match="on, inner"):
        Happened.of_checked(wrong)
