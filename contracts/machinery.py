"""Events that every service publishes about itself: a day is closed, a tree head is signed."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from .envelope import Event

Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DayClosed(Event):
    """All that this source decides by date has been decided through `on` (a UTC day).

    Sent to every partition: who has seen it on all of them knows that silence means silence.
    """

    TYPE: ClassVar[str] = "machinery.day_closed.v1"
    on: date


class TreeHeadSigned(Event):
    """A signed RFC 6962 tree head over the leaf hashes of positions 1 to `tree_size`.

    `signature` is Ed25519 (hex) by the key `key_id` over `castmark tree head` text, see
    `contracts.transparency.head_text`.
    """

    TYPE: ClassVar[str] = "machinery.tree_head_signed.v1"
    store_id: str
    tree_size: Annotated[int, Field(ge=1)]
    root_hash: Hex32
    key_id: str
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


EVENTS: tuple[type[Event], ...] = (DayClosed, TreeHeadSigned)
