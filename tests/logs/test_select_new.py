"""Which of a batch is new: for any order, repetition and omission of records."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.cloudevents import Received, leaf_hash
from contracts.envelope import Record
from infra.consumer import START, Batch, Cursor, select_new
from infra.errors import HistoryChanged
from tests.logs.rig import FEED, STORE_ID, Feed

LENGTH = 12
FEED_OF_TOYS = Feed().put(*(f"B{n % 3}:i{n}" for n in range(LENGTH)))


def gapped(steps: list[int]) -> list[Received]:
    """A partition's records: positions with gaps, each naming the one before it."""
    made: list[Received] = []
    position = 0
    for received, step in zip(FEED_OF_TOYS.received, steps, strict=True):
        record = received.record
        previous, position = position, position + step
        envelope = record.envelope._replace(position=position)
        made.append(Received(record._replace(envelope=envelope), previous, STORE_ID))
    return made


partitions = st.lists(st.integers(1, 4), min_size=LENGTH, max_size=LENGTH).map(gapped)
deliveries = st.lists(st.integers(0, LENGTH - 1), max_size=40)


def batch(received: list[Received]) -> Batch:
    """A batch of just these."""
    return Batch(FEED, 0, STORE_ID, received, 0)


def cursor_after(received: Received) -> Cursor:
    """The cursor of who has applied up to a record."""
    at = received.record.envelope
    return Cursor(at.position, 0, STORE_ID, leaf_hash(received.record), at.recorded_at, None)


def apply(cursor: Cursor, received: list[Received]) -> tuple[Cursor, list[int], bool]:
    """What a consumer does with a batch."""
    fresh, repeats, hole = select_new(cursor, batch(received))
    assert len(fresh) + repeats <= len(received)
    assert hole or len(fresh) + repeats == len(received)
    new = cursor_after(fresh[-1]) if fresh else cursor
    return new, [one.record.envelope.position for one in fresh], hole


@given(partitions, deliveries, st.integers(1, 5))
def test_whatever_is_delivered_each_event_is_applied_once_and_in_order(
    partition: list[Received], order: list[int], size: int
) -> None:
    """Any deliveries, then all again from the cursor, as a log that re-reads brings them."""
    cursor, applied = START, list[int]()
    received = [partition[number] for number in order]
    for start in range(0, len(received), size):
        cursor, fresh, _ = apply(cursor, received[start : start + size])
        applied += fresh
        positions = [one.record.envelope.position for one in partition]
        assert applied == positions[: len(applied)]
    _, rest, hole = apply(cursor, partition)
    assert not hole
    assert applied + rest == [one.record.envelope.position for one in partition]


@given(partitions, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_a_missing_record_is_a_hole_for_all_behind_it(
    partition: list[Received], at: int, missing: int
) -> None:
    cursor = cursor_after(partition[at])
    without = [one for number, one in enumerate(partition) if number != missing]
    fresh, repeats, hole = select_new(cursor, batch(without))
    if missing <= at:
        assert (len(fresh), hole) == (LENGTH - 1 - at, False)
    else:
        assert len(fresh) == missing - at - 1
        assert hole == (missing < LENGTH - 1)
    assert repeats == at + (missing > at)


CHANGES: tuple[Callable[[Record], Record], ...] = (
    lambda record: record._replace(data=b"{}"),
    lambda record: record._replace(type="toy.other.v1"),
    lambda record: record._replace(envelope=record.envelope._replace(event_id="other")),
    lambda record: record._replace(envelope=record.envelope._replace(actor="person-2")),
)


@given(partitions, st.integers(0, LENGTH - 1), st.sampled_from(CHANGES))
def test_another_past_is_noticed_when_the_cursor_s_own_record_comes_again(
    partition: list[Received], at: int, change: Callable[[Record], Record]
) -> None:
    cursor = cursor_after(partition[at])
    other = change(partition[at].record)
    changed = [*partition[:at], partition[at]._replace(record=other), *partition[at + 1 :]]
    with pytest.raises(HistoryChanged):
        select_new(cursor, batch(changed))


@given(partitions, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_another_store_is_noticed_wherever_it_stands(
    partition: list[Received], at: int, other: int
) -> None:
    changed = list(partition)
    changed[other] = changed[other]._replace(store_id="another-store")
    with pytest.raises(HistoryChanged):
        select_new(cursor_after(partition[at]), batch(changed))
    with pytest.raises(HistoryChanged):
        select_new(START, batch(changed))
