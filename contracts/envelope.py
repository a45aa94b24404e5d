"""What surrounds every event: who, when, why, and its place in the order.

An `Event` is what happened; an `Envelope` is where it stands. A `Record` is the two as bytes, as
stored or received; `Recorded` is the two as objects.
"""

from typing import ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from .values import Instant

_SET = object.__setattr__  # past pydantic's, which says that an event is frozen


class Event(BaseModel):
    """Base of everything that happened: frozen; writers forbid unknown fields, readers
    (`catalog.decode`) ignore them, so an added optional field breaks nobody.

    `TYPE` is the explicit stored name, never a class path: moving a class changes no history.
    `AS_WRITTEN` where what is read of its bytes is the same to the last digit and type, so that who
    has written it need not read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    TYPE: ClassVar[str]
    AS_WRITTEN: ClassVar[bool] = False

    @classmethod
    def of_checked(cls, fields: dict[str, object]) -> Self:
        """An event of values that were checked already, all of them, as the same types: those of a
        command, say. Checking them again takes half of a decision's time. The dict is the event's
        from now on.

        Raises TypeError when a field is missing or is none of the event's.
        """
        if fields.keys() != cls.__pydantic_fields__.keys():
            raise TypeError(f"{cls.TYPE} has the fields {', '.join(cls.__pydantic_fields__)}")
        made = cls.__new__(cls)
        _SET(made, "__dict__", fields)
        _SET(made, "__pydantic_fields_set__", set(fields))
        _SET(made, "__pydantic_extra__", None)
        if cls.__pydantic_post_init__:
            made.model_post_init(None)
        else:
            _SET(made, "__pydantic_private__", None)
        return made


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
