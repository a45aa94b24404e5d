"""What is read of an event field by field is what is read of it as a whole."""

from collections.abc import Iterator
from operator import attrgetter

import orjson
import pytest
from pydantic import BaseModel

from contracts.catalog import CATALOG, Undecodable, UnknownType
from contracts.envelope import Envelope, Record, Recorded
from contracts.facilities import FacilityChanged
from contracts.narrow import Narrow
from contracts.values import Instant
from tests.contracts_kept.golden import load

AT = Envelope("e", "membership", "box/1", 1, 1, Instant("2026-01-01T00:00:00.000000Z"), *"abcd")
CHANGED = next(golden for golden in load() if golden.type == FacilityChanged.TYPE)


def records() -> Iterator[Record]:
    for golden in load():
        if CATALOG.knows(golden.type):
            for sample in golden.samples.values():
                yield Record(AT, golden.type, orjson.dumps(sample))


def changed(**fields: object) -> Record:
    sample = {**CHANGED.samples["full"], **fields}
    return Record(AT, FacilityChanged.TYPE, orjson.dumps(sample))


def told(value: object) -> object:
    """Everything that a value says, asked for field by field as folds do."""
    if isinstance(value, BaseModel):
        return {name: told(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return tuple(map(told, value))
    return value


def asked(narrow: Narrow, record: Record) -> tuple[Recorded, object]:
    """An event and all it says, as a fold comes by it."""
    recorded = narrow.recorded(record)
    try:
        return recorded, told(recorded.event)
    except AttributeError as lacking:
        recorded = narrow.more(recorded, lacking)
        return recorded, told(recorded.event)


def test_an_event_says_the_same_however_little_of_it_is_read() -> None:
    narrow, whole = Narrow(CATALOG), 0
    for record in records():
        recorded, said = asked(narrow, record)
        assert said == told(CATALOG.recorded(record).event)
        again = narrow.recorded(record).event
        assert type(again) is type(recorded.event)
        whole += again == recorded.event
    assert whole, "having asked for all of it, one reads all of it"


def test_nothing_is_read_that_nobody_asked_for() -> None:
    narrow = Narrow(CATALOG)
    with pytest.raises(AttributeError) as lacking:
        attrgetter("location.country")(narrow.recorded(changed()).event)
    full = narrow.more(narrow.recorded(changed()), lacking.value)
    assert full.event == CATALOG.recorded(changed()).event
    assert set(vars(narrow.recorded(changed(name=7)).event)) == {"location"}


def test_a_field_that_is_read_is_checked() -> None:
    narrow = Narrow(CATALOG)
    with pytest.raises(AttributeError) as lacking:
        attrgetter("name")(narrow.recorded(changed()).event)
    narrow.more(narrow.recorded(changed()), lacking.value)
    with pytest.raises(Undecodable, match="name"):
        narrow.recorded(changed(name=7))
    with pytest.raises(UnknownType):
        narrow.recorded(Record(AT, "membership.never_heard_of.v1", b"{}"))


def test_what_no_event_has_is_the_fault_of_who_asks() -> None:
    narrow = Narrow(CATALOG)
    recorded = narrow.recorded(changed())
    with pytest.raises(AttributeError) as lacking:
        attrgetter("colour")(recorded.event)
    with pytest.raises(AttributeError, match="colour"):
        narrow.more(recorded, lacking.value)
