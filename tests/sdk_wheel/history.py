"""Public events as a store would relay them, made for the tests of the SDK."""

from collections.abc import Iterable
from datetime import date, timedelta

from contracts import certification
from contracts.catalog import CATALOG
from contracts.cloudevents import Received
from contracts.envelope import Envelope, Event, Record
from contracts.values import Instant, Standard

STORE = "store-a"
FIRST_DAY = date(2025, 1, 1)


def granted(number: int) -> certification.CertificateGranted:
    """The certificate of that number, granted."""
    return certification.CertificateGranted.model_validate_json(
        b'{"certificate_id":"C-%d","member_id":"M-%d","entity_id":"E-1","standard":"%s",'
        b'"certificate_type":"full","facilities":["F-1"],"valid_from":"2025-01-01",'
        b'"valid_to":"2027-12-31","status":"certified_full"}'
        % (number, number % 3, Standard.PERFORMANCE.encode())
    )


def record(position: int, event: Event | None = None) -> Record:
    """An event at a position of the certification store."""
    made = event or granted(position)
    return raw(position, made.TYPE, CATALOG.encode(made))


def raw(position: int, name: str, data: bytes) -> Record:
    """Any type and data at a position, known to this build or not."""
    at = Envelope(
        event_id=f"event-{position}",
        source="certification",
        stream=f"certificate/C-{position}",
        version=1,
        position=position,
        recorded_at=Instant(f"{FIRST_DAY + timedelta(days=position)}T08:00:00.000000Z"),
        correlation_id=f"command-{position}",
        causation_id=f"cause-{position}",
        command_id=f"command-{position}",
        actor="system",
    )
    return Record(at, name, data)


def chain(records: Iterable[Record], store_id: str = STORE) -> list[Received]:
    """The records as relayed: each names the position of the one before it."""
    relayed: list[Received] = []
    previous = 0
    for one in records:
        relayed.append(Received(one, previous, store_id))
        previous = one.envelope.position
    return relayed


def grants(count: int, step: int = 1) -> list[Received]:
    """`count` certificates granted; with a `step` over 1 private events lie between them."""
    return chain(record(position) for position in range(step, count * step + 1, step))
