"""Where the metal of a document comes from and where it went: the links that a trace walks along,
as the rows of pools and documents tell them.

A long trace reads ten thousand documents: of each no more columns than a link is made of, and no
object but the link.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import orjson

from contracts.custody import Account
from infra.reading import Reader

from . import trace
from .accounts import PLACE, Kgs
from .document_rows import BOUGHT, DocumentRow
from .domain import CONSUMER
from .period import through
from .pool_carrying import KIND_OF, Carries, carries

CAME = ("received_on", "issued_on")
"""Columns of a document that say when it came, for who asks as of a day."""
GONE = ("withdrawn", "superseded", "non_coc")
_CLAIMED = PLACE[Account.OUTPUT_COC]


class PoolPart(NamedTuple):
    """What a trace needs of a pool's row, as it is kept."""

    pool: str
    scope_id: str
    stage: str
    period: str
    member_id: str
    kgs: str
    sources: str
    from_pool: str | None
    carrying: str
    ends_on: str

    def read_sources(self) -> Mapping[str, int]:
        """The CoC input that came without a document, by kind."""
        found: Mapping[str, int] = orjson.loads(self.sources)
        return found

    def claimed_kg(self) -> int:
        """What was claimed."""
        kgs: Sequence[int] = orjson.loads(self.kgs)
        return kgs[_CLAIMED]


class Sale(NamedTuple):
    """What a trace needs of a document's row that left a pool, as it is kept."""

    number: str
    pool: str
    receiver: str | None
    state: str
    mass_kg: int
    booked_kg: int
    member_id: str
    customer_member_id: str | None
    issued_on: str
    known_kg: int
    emission_g: int
    partial_g: int


class Lineage:
    """Reads links; every call may wait for the database. `days(pool)` are its masses by day."""

    def __init__(self, reader: Reader, days: Callable[[str], Mapping[date, Kgs]]) -> None:
        self._reader = reader
        self._days = days

    def upstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document comes from."""

        def load(pools: Sequence[str]) -> Mapping[str, Sequence[trace.Link]]:
            return self._inputs(pools, on)

        return trace.walk({row.pool: trace.WHOLE}, load, depth)

    def downstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document went."""
        link = _sold(row)
        if link.pool is None:
            whole, at = trace.WHOLE, link.document
            return [trace.Node(1, link.kind, whole, True, at, None, link.seen_by, link.carries)]

        def load(pools: Sequence[str]) -> Mapping[str, Sequence[trace.Link]]:
            return self._outputs(pools, on)

        return trace.walk({link.pool: trace.WHOLE}, load, depth)

    def _inputs(self, pools: Sequence[str], on: date | None) -> dict[str, list[trace.Link]]:
        found = self._bought(pools, on)
        for part in self._parts(pools):
            links = found[part.pool]
            carrying = orjson.loads(part.carrying)
            sources = part.read_sources()
            masses: Kgs | None = None
            whole = on is None or part.ends_on <= on.isoformat()
            if on is not None and not whole:
                bought = sum(one.kg for one in links)
                masses = through(self._days(part.pool), on)
                sources = _sources_on(part, sources, masses, bought, on)
            seen_by = (part.member_id,)
            for kind, kg in sorted(sources.items()):
                amount = carries(carrying, kind) if whole else None
                links.append(trace.Link(kind, kg, None, _origin(kind, part), seen_by, amount))
            if any(one.kg > 0 for one in links):
                continue
            claimed = part.claimed_kg() if masses is None else masses[_CLAIMED]
            if claimed > 0:
                links.append(trace.Link("overdraft", claimed, None, None, seen_by))
        return found

    def _bought(self, pools: Sequence[str], on: date | None) -> dict[str, list[trace.Link]]:
        """What came into pools by documents, in the order of their numbers."""
        found: dict[str, list[trace.Link]] = {pool: [] for pool in pools}
        names = BOUGHT if on is None else (*BOUGHT, *CAME)
        until = "" if on is None else on.isoformat()
        rows = self._reader.columns(CONSUMER, "documents", names, "receiver", pools)
        for pool, number, kg, seller, member, customer, mass, known, grams, partial, *came in rows:
            if not kg or (came and (came[0] or came[1]) > until):
                continue
            seen_by = (member, customer) if customer else (member,)
            lot = Carries(mass, known, grams, partial)
            found[pool].append(trace.Link("document", kg, number, seller, seen_by, lot))
        return found

    def _outputs(self, pools: Sequence[str], on: date | None) -> dict[str, list[trace.Link]]:
        found: dict[str, list[trace.Link]] = {pool: [] for pool in pools}
        rows = self._reader.columns(CONSUMER, "documents", Sale._fields, "pool", pools)
        for sale in map(Sale._make, rows):
            if sale.state not in GONE and (on is None or sale.issued_on <= on.isoformat()):
                found[sale.pool].append(_sold(sale))
        inputs = self._inputs(pools, on)
        for part in self._parts(pools):
            pool = part.pool
            left = sum(link.kg for link in inputs[pool]) - sum(link.kg for link in found[pool])
            if left > 0:
                found[pool].append(trace.Link("held", left, None, None, (part.member_id,)))
        return found

    def _parts(self, pools: Sequence[str]) -> list[PoolPart]:
        rows = self._reader.columns(CONSUMER, "pools", PoolPart._fields, "pool", pools)
        return list(map(PoolPart._make, rows))


def _sources_on(
    part: PoolPart, sources: Mapping[str, int], masses: Kgs, bought: int, on: date
) -> dict[str, int]:
    """The CoC input without a document that had come by a day within the period: scrap has accounts
    of its own, and of the rest of Input documents are told apart; a balance is there from the
    first day."""
    if part.period > on.isoformat():
        return {}
    accounts = {kind: account for account, kind in KIND_OF.items()}
    known: dict[str, int] = {}
    for kind, kg in sources.items():
        if kind == "carried":
            known[kind] = kg
        elif kind in ("own_mine", "earlier_stage"):
            came = masses[PLACE[accounts["own_mine"]]] + masses[PLACE[Account.INPUT_PRE_CONSUMER]]
            known[kind] = max(0, -came - bought)
        else:
            known[kind] = -masses[PLACE[accounts[kind]]]
    return known


def _origin(kind: str, row: PoolPart) -> str | None:
    """The pool behind a source that is a pool of the same scope."""
    if kind == "carried":
        return row.from_pool
    if kind == "earlier_stage":
        before = {"alumina": "bauxite", "aluminium": "alumina"}.get(row.stage)
        return f"{row.scope_id}:{before}:{row.period}" if before else None
    return None


def _sold(row: DocumentRow | Sale) -> trace.Link:
    """Into the pool of its buyer once that has booked it; with the buyer until then."""
    pool = row.receiver if row.booked_kg else None
    seen_by = (row.member_id, *((row.customer_member_id,) if row.customer_member_id else ()))
    lot = Carries(row.mass_kg, row.known_kg, row.emission_g, row.partial_g)
    return trace.Link("document", row.mass_kg, row.number, pool, seen_by, lot)
