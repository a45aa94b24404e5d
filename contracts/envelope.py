"""What surrounds every event: who, when, why, and its place in the order.

An `Event` is what happened; an `Envelope` is where it stands. A `Record` is the two as bytes, as
stored or received; `Recorded` is the two as objects.
"""

from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from .values import Instant


class Event(BaseModel):
    """Base of everything that happened: frozen; writers forbid unknown fields, readers
    (`catalog.decode`) ignore them, so an added optional field breaks nobody.

    `TYPE` is the explicit stored name, never a class path: moving a class changes no history.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    TYPE: ClassVar[str]


class Envelope(NamedTuple):
    """The place of an event. Positions are gapless per store and in commit order; versions count
    from 1 per stream; `recorded_at` never falls as positions rise."""

    event_id: str
    source: str
    stream: str
    version: int
    position: int
    recorded_at: Instant
    correlation_id: str
    causation_id: str
    command_id: str
    actor: str


class Record(NamedTuple):
    """An event as bytes: `data` is canonical JSON (sorted keys, RFC 8785 for what we allow)."""

    envelope: Envelope
    type: str
    data: bytes


class Recorded(NamedTuple):
    """An event as an object, with its place; `record` is what it was read from, as it was."""

    envelope: Envelope
    event: Event
    record: Record | None = None


class Opaque(Event):
    """Stands for an event whose type this build does not know, where that may be passed on."""

    TYPE: ClassVar[str] = "opaque"


def category(stream: str) -> str:
    """The kind of a stream: `facility/F1` -> `facility`."""
    return stream.partition("/")[0]


def subject(stream: str) -> str:
    """The natural key of a stream: `facility/F1` -> `F1`."""
    return stream.partition("/")[2]
