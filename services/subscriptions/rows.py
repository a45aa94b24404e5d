"""The feed as rows: every public event as it was published, by position. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.cloudevents import structured
from contracts.envelope import Recorded
from infra.readmodel import Consumer, Projection

WIDTH = 19
"""Digits of a place: positions below 2^63, so that text order is number order."""


class FeedRow(NamedTuple):
    """One public event. `cloudevent` is its canonical structured form."""

    place: str
    position: int
    type: str
    subject: str
    recorded_at: str
    cloudevent: str


def place_of(position: int) -> str:
    """The key of a position."""
    return f"{position:0{WIDTH}d}"


def keys(event: Recorded) -> Sequence[str]:
    """Every event has a row of its own."""
    return (place_of(event.envelope.position),)


def evolve(key: str, row: FeedRow | None, event: Recorded) -> FeedRow | None:
    """The event as published, whether or not this build knows its type."""
    if event.record is None:
        raise ValueError("the feed keeps events as they were received")
    at = event.envelope
    return FeedRow(
        key,
        at.position,
        event.record.type,
        at.stream,
        at.recorded_at,
        structured(event.record).decode(),
    )


FEED = Projection("feed", 1, FeedRow, keys, evolve, (("position",),))
CONSUMER = Consumer("feed", ("certification",), projections=(FEED,), passes_all=True)
