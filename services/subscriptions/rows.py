"""The feed as rows: every public event as it was published, by position. Pure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from contracts.cloudevents import structured
from contracts.envelope import Recorded
from infra.readmodel import Consumer, Projection

WIDTH = 19
"""Digits of a place: positions below 2^63, so that text order is number order."""
_VERSION = re.compile(r"\.v\d+$")


class FeedRow(NamedTuple):
    """One public event. `kind` is its type without a version, `member_id` whom it is about where it
    says so; `cloudevent` is its canonical structured form."""

    place: str
    position: int
    type: str
    kind: str
    member_id: str | None
    subject: str
    recorded_at: str
    cloudevent: str


def place_of(position: int) -> str:
    """The key of a position."""
    return f"{position:0{WIDTH}d}"


def kind_of(name: str) -> str:
    """What happened, whatever the version: `certification.duty_met.v1` is a
    `certification.duty_met`."""
    return _VERSION.sub("", name)


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
        kind_of(event.record.type),
        _member_in(event.record.data),
        at.stream,
        at.recorded_at,
        structured(event.record).decode(),
    )


def _member_in(data: bytes) -> str | None:
    """Whom an event is about; read from its bytes, so that a type of a later build tells it too."""
    told = orjson.loads(data)
    member_id = told.get("member_id") if isinstance(told, dict) else None
    return member_id if isinstance(member_id, str) else None


FEED = Projection(
    "feed",
    2,
    FeedRow,
    keys,
    evolve,
    (("position",), ("kind", "position"), ("member_id", "position")),
)
CONSUMER = Consumer("feed", ("certification",), projections=(FEED,), passes_all=True)
