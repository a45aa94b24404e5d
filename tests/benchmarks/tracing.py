"""A trace through a long history of CoC documents: rows as a ledger keeps them, many and wide.

The document asked about has a pool behind it that bought by some documents from pools that bought
by some documents, eight levels deep; all other documents lie between pools of their own, so that
nothing is found for being alone in its table. Rows are written as a rebuild writes them.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from contracts.custody import Stage
from infra.projection import Tables, fill
from infra.service import Running, create, keys_in, sqlite_engine
from services.coc_ledger.accounting.accounts import NO_KGS
from services.coc_ledger.app import definition
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.jobs import Watch
from services.coc_ledger.queries import Queries
from services.coc_ledger.rows import PoolRow
from services.coc_ledger.traces import trace

from .figures import Figures, at_most, figure

DEPTH = 8
WIDE = 190
"""Pools of a level: with `EACH` documents into each, some 10,000 documents in eight levels."""
EACH = 10
ASKED = 15
CHUNK = 20_000
FIRST = date(2026, 1, 1)
TEXT = {"statement": "x" * 1_500}
"""What was issued, as long as it is."""


class Sold(NamedTuple):
    """A document from one pool into another."""

    number: str
    seller: str
    buyer: str


def run(folder: Path, documents: int) -> Figures:
    """Traces upstream of one document among many, and downstream of another."""
    running = _running_on(folder / "traced")
    try:
        start = _filled(running, documents)
        queries = Queries(running, Watch(running, CONSUMER))
        row = queries.document(start)
        assert row is not None  # it was written first
        taken, nodes = _asked(queries, row)
    finally:
        running.engine.dispose()
    found = {node.document for node in nodes if node.document}
    return [
        figure(
            f"trace over {documents:,} documents, depth {DEPTH}", "ms", taken, bar=at_most(200),
            note=f"{len(found):,} documents found upstream, each with its parts of the whole",
        )
    ]  # fmt: skip


def _asked(queries: Queries, row: DocumentRow) -> tuple[list[float], Sequence[trace.Node]]:
    taken: list[float] = []
    nodes: Sequence[trace.Node] = ()
    for _ in range(ASKED):
        started = time.perf_counter()
        nodes = queries.upstream(row, DEPTH, None)
        taken.append((time.perf_counter() - started) * 1000)
        if trace.final_parts(nodes) != trace.WHOLE:
            raise SystemExit("parts of the whole were lost on the way")
    return taken, nodes


def _running_on(data: Path) -> Running:
    made = definition()
    engine = sqlite_engine(data, made.name)
    create(made, engine)
    return Running(made, engine, keys_in(data / "keys"), data)


def _filled(running: Running, documents: int) -> str:
    """So many documents and their pools; the number of the one to ask about."""
    sales = list(_sales(documents))
    pools = dict.fromkeys(pool for sale in sales for pool in (sale.seller, sale.buyer))
    with running.engine.connect() as connection:
        tables = running.models[CONSUMER].live(connection)
        _write(connection, tables, "pools", [_pool(key) for key in pools])
        for at in range(0, documents, CHUNK):
            rows = [_document(sale) for sale in sales[at : at + CHUNK]]
            _write(connection, tables, "documents", rows)
    return sales[0].number


def _write(connection: Any, tables: Tables, name: str, rows: Sequence[Any]) -> None:
    part = tables.rows[name]
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    fill(connection, part.table, [part.codec.write(row) for row in rows])
    connection.exec_driver_sql("COMMIT")


def _sales(documents: int) -> Iterator[Sold]:
    """The one asked about, what is behind it, and all the others."""
    made = random.Random(documents)
    number = 0

    def sold(seller: str, buyer: str) -> Sold:
        nonlocal number
        number += 1
        return Sold(f"D-{made.getrandbits(40):010x}-{number:08d}", seller, buyer)

    yield sold(_key("L0", 0), _key("END", 0))
    wide = min(WIDE, max(1, documents // (4 * DEPTH * EACH)))
    behind = [_key("L0", 0)]
    for level in range(1, DEPTH + 1):
        sellers = [_key(f"L{level}", at) for at in range(min(wide, len(behind) * EACH))]
        for buyer in behind:
            for seller in made.sample(sellers, min(EACH, len(sellers))):
                yield sold(seller, buyer)
        behind = sellers
    others = max(2, documents // 20)
    while number < documents:
        first = made.randrange(others)
        yield sold(_key("O", first), _key("O", (first + made.randrange(1, others)) % others))


def _key(group: str, number: int) -> str:
    return f"{group}-{number}:{Stage.ALUMINIUM.value}:{FIRST}"


def _pool(key: str) -> PoolRow:
    scope_id = key.partition(":")[0]
    return PoolRow(
        pool=key,
        scope_id=scope_id,
        stage=Stage.ALUMINIUM.value,
        period=FIRST,
        ends_on=FIRST + timedelta(days=364),
        member_id=f"m-{scope_id}",
        version=EACH,
        kgs=NO_KGS,
        carried_kg=0,
        owed_kg=0,
        blocked=False,
        case_declared=False,
        sources={"post_consumer_scrap": 2_000},
        from_pool=None,
        closed_on=None,
        closing=None,
        carrying={"post_consumer_scrap": [2_000, 2_000, 1_000_000, 0, 2_000, 0]},
    )


def _document(sale: Sold) -> DocumentRow:
    day = FIRST + timedelta(days=int(sale.number[-6:]) % 300)
    seller, buyer = (pool.partition(":")[0] for pool in (sale.seller, sale.buyer))
    known: dict[str, Any] = {
        "number": sale.number,
        "member_id": f"m-{seller}",
        "scope_id": seller,
        "issuer_entity_id": f"e-{seller}",
        "pool": sale.seller,
        "customer_member_id": f"m-{buyer}",
        "customer_scope_id": buyer,
        "issued_on": day,
        "confirm_by": day,
        "state": "confirmed",
        "material": "coc_aluminium_semi",
        "mass_kg": 25_000,
        "total_mass_kg": 25_000,
        "known_kg": 20_000,
        "emission_g": 80_000_000,
        "partial_g": 10_000_000,
        "ps_pending": False,
        "receiver": sale.buyer,
        "received_kg": 25_000,
        "received_on": day,
        "booked_kg": 25_000,
        "passed": True,
        "reasons": (),
        "evidence": TEXT,
        "replaces": None,
        "replaced_by": None,
        "document": TEXT,
        "course": ((day.isoformat(), day.isoformat(), "confirmed", 25_000),),
        "elsewhere": (),
    }
    # Later versions of the row may have more columns, none of which a trace reads.
    plain = DocumentRow._field_defaults
    return DocumentRow._make(known.get(name, plain.get(name)) for name in DocumentRow._fields)
