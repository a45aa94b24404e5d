"""Reads four events with a catalogue of its own that lifts an old one; says what it saw.

python read_changed.py URL
"""

import json
import sys
from itertools import islice

from castmark_sdk import Event, FileCheckpoint, HttpFeed, Subscriber, Unknown
from castmark_sdk.contracts.catalog import CATALOG, Catalog, Upcaster
from castmark_sdk.contracts.certification import CertificateGranted


class MarkSeen(Event):
    """The newest shape of an event that was once shorter."""

    TYPE = "certification.mark_seen.v2"
    mark: str
    seen_by: str


LIFT = Upcaster(MarkSeen.TYPE, lambda old: old | {"seen_by": "nobody"})
WIDER = Catalog(
    (*CATALOG.published.values(), MarkSeen), upcasters={"certification.mark_seen.v1": LIFT}
)


def words(event: Event | Unknown) -> list[str]:
    """What was seen, as a list."""
    match event:
        case Unknown(name, data):
            return ["Unknown", name, data.decode()]
        case MarkSeen():
            return ["MarkSeen", event.mark, event.seen_by]
        case CertificateGranted():
            return ["CertificateGranted", event.certificate_id]
        case _:
            return ["something else"]


subscriber = Subscriber(HttpFeed(sys.argv[1]), FileCheckpoint("seen.json"), catalog=WIDER)
for delivered in islice(subscriber, 4):
    sys.stdout.write(json.dumps(words(delivered.event)) + "\n")
