"""Facilities to declare, as values; and a writer of the membership service over any database.

The same values go to the peer, so that both store the same content: as JSON just under 400 bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from contracts.catalog import CATALOG
from infra.execute import Writer
from infra.local.postgres import PostgresServer
from infra.service import create
from infra.store import Store, open_engine
from infra.transaction import Request
from services.membership.app import definition
from services.membership.evidence import EntityEvidence
from services.membership.facility_commands import DeclareFacility

DAY = date(2026, 3, 2)
MEMBER, ENTITY = "syn-0001", "syn-0001-e"
KNOWN = EntityEvidence(entity_id=ENTITY, member_id=MEMBER, open=True, known_through=1)
KEY = bytes(32)
Values = dict[str, Any]


def values(number: int, *, start_year: int = 1986) -> Values:
    """What is told of a facility, as an import or a request brings it."""
    return {
        "facility_id": f"f-{number:08d}",
        "member_id": MEMBER,
        "entity_id": ENTITY,
        "name": f"Works {number}",
        "activities": ["smelting", "casthouse"],
        "location": {"country": "NO", "subdivision": "NO-46"},
        "operating": True,
        "start_year": start_year,
        "capacity_t_per_year": "185000",
    }


def request(told: Values, command_id: str) -> Request:
    """The request that a gateway makes of it, with the day and the evidence."""
    command = DeclareFacility.model_validate({**told, "on": DAY, "entity": KNOWN})
    return Request(command_id, command, "person-bench", command_id, command_id)


@contextmanager
def writer_on(owner_url: str, app_url: str, app_role: str | None = None) -> Iterator[Writer]:
    """A started writer of membership on a new database: deciders, idempotency, leaf hash, all."""
    membership = definition()
    owner = open_engine(owner_url)
    create(membership, owner, app_role=app_role)
    owner.dispose()
    engine = open_engine(app_url)
    store = Store(engine, membership.name, CATALOG.with_private(*membership.private))
    writer = Writer(store, membership.deciders, membership.policies, _now, KEY).start()
    try:
        yield writer
    finally:
        writer.close()
        engine.dispose()


@contextmanager
def writer_on_postgres(server: PostgresServer, name: str) -> Iterator[Writer]:
    """The same on a new database of a server, with its two roles."""
    made = server.create_service_database(name)
    with writer_on(made.owner_url, made.app_url, f"{name}_app") as writer:
        yield writer


def _now() -> datetime:
    return datetime.now(UTC)
