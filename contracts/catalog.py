"""Where bytes become events: type name <-> class, source -> topic, stream -> partition, upcasters.

Stored names are for ever. An old shape is lifted here, on *every* read path, so that no reader
knows more than the latest shape of a type.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from . import (
    audits,
    certification,
    coc,
    coc_calendar,
    coc_corrections,
    coc_documents,
    coc_late,
    coc_movements,
    coc_periods,
    coc_reports,
    coc_scopes,
    contradictions,
    facilities,
    ghg,
    ghg_claims,
    ghg_plans,
    machinery,
    membership,
)
from .canonical import canonical_json
from .envelope import Event, Record, Recorded

MAX_EVENT_BYTES = 256_000
"""An event is at most this long as JSON; larger data are chunks sealed by a manifest event."""


class UnknownType(LookupError):
    """This build knows no event of that name; it is parked, never guessed."""


class Undecodable(ValueError):
    """The bytes are not a valid event of their type."""


class Topic(NamedTuple):
    """A Kafka topic and its number of partitions, both fixed for ever."""

    name: str
    partitions: int


TOPICS: Mapping[str, Topic] = {
    "membership": Topic("castmark.membership", 12),
    "ghg": Topic("castmark.ghg", 12),
    "coc_ledger": Topic("castmark.coc", 12),
    "audit_scheduling": Topic("castmark.audits", 12),
    "certification": Topic("castmark.certification", 1),
}
"""The topic of each source. The public one has one partition: position is its total order."""

BROADCAST: frozenset[str] = frozenset({machinery.DayClosed.TYPE})
"""Types that are sent to every partition of their source's topic."""


def partition_of(stream: str, partitions: int) -> int:
    """The partition of a stream: CRC-32 of its name, modulo. Ours, golden-tested and passed
    explicitly, because the clients' default partitioners differ."""
    return zlib.crc32(stream.encode("ascii")) % partitions


Lift = Callable[[dict[str, Any]], dict[str, Any]]


class Upcaster(NamedTuple):
    """Lifts the data of an old type to the next one: `member_joined.v1` -> `.v2`."""

    to: str
    lift: Lift


class Catalog:
    """Types this build can read and write. Immutable; a service extends it with private types.

    `published` types are relayed; private ones stay in their store.
    """

    def __init__(
        self,
        published: Iterable[type[Event]],
        private: Iterable[type[Event]] = (),
        upcasters: Mapping[str, Upcaster] | None = None,
    ) -> None:
        self.upcasters: Mapping[str, Upcaster] = dict(upcasters or {})
        self.published: Mapping[str, type[Event]] = {event.TYPE: event for event in published}
        both = (*self.published.values(), *private)
        self.types: Mapping[str, type[Event]] = {event.TYPE: event for event in both}
        if len(self.types) != len(both):
            raise ValueError("two events share a stored name")
        self._readers = {
            name: event.__pydantic_validator__.validate_json for name, event in self.types.items()
        }
        self.public_names = frozenset(self.published) | {
            old for old in self.upcasters if self._latest(old) in self.published
        }

    def with_private(self, *private: type[Event]) -> "Catalog":
        """The same catalogue with a service's own unpublished types."""
        return Catalog(self.published.values(), private, self.upcasters)

    def _latest(self, name: str) -> str:
        while name in self.upcasters:
            name = self.upcasters[name].to
        return name

    def knows(self, name: str) -> bool:
        """Whether this build can read events of that stored name."""
        return name in self.types or self._latest(name) in self.types

    def class_of(self, name: str) -> type[Event] | None:
        """The class as which events of a stored name are read; None when this build has none."""
        return self.types.get(self._latest(name))

    def encode(self, event: Event) -> bytes:
        """Canonical JSON of an event: sorted keys, no floats, decimals and dates as text."""
        return canonical_json(event)

    def decode(self, name: str, data: bytes) -> Event:
        """Read an event of any known version; unknown fields are ignored.

        Raises UnknownType for a name this build does not know, Undecodable for bad bytes.
        """
        read = self._readers.get(name)
        try:
            if read is None:
                name, data = self._lift(name, data)
                read = self._readers[name]
            event: Event = read(data, extra="ignore")
        except (ValidationError, orjson.JSONDecodeError) as error:
            raise Undecodable(f"{name}: {error}") from error
        return event

    def recorded(self, record: Record) -> Recorded:
        """The record with its event as an object; raises as `decode`."""
        return Recorded(record.envelope, self.decode(record.type, record.data), record)

    def _lift(self, name: str, data: bytes) -> tuple[str, bytes]:
        if not self.knows(name):
            raise UnknownType(name)
        content = orjson.loads(data)
        while name in self.upcasters:
            name, lift = self.upcasters[name]
            content = lift(content)
        return name, orjson.dumps(content)


PUBLISHED: tuple[type[Event], ...] = (
    *machinery.EVENTS,
    *membership.EVENTS,
    *contradictions.EVENTS,
    *facilities.EVENTS,
    *audits.EVENTS,
    *ghg.EVENTS,
    *ghg_plans.EVENTS,
    *ghg_claims.EVENTS,
    *certification.EVENTS,
    *coc.EVENTS,
    *coc_calendar.EVENTS,
    *coc_corrections.EVENTS,
    *coc_periods.EVENTS,
    *coc_scopes.EVENTS,
    *coc_documents.EVENTS,
    *coc_late.EVENTS,
    *coc_movements.EVENTS,
    *coc_reports.EVENTS,
)
UPCASTERS: Mapping[str, Upcaster] = {}
CATALOG = Catalog(PUBLISHED, upcasters=UPCASTERS)
"""What every service of this build speaks."""
