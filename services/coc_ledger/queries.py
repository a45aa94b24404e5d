"""What the ledger can tell: scopes, balances on any day, movements, documents, traces; evidence."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson

from contracts.custody import Account, PoolKey, Stage
from infra.errors import Refused
from infra.policy import Policy
from infra.reading import Reader
from infra.service import Running

from . import trace
from .accounts import ACCOUNTS, NO_KGS, PLACE, Kgs
from .balance import Terms, cover, figures, percentage, rule_of, working
from .certificates import CertificateRow
from .document_rows import DocumentRow
from .domain import CONSUMER, Knowledge
from .footprint import disclosed
from .jobs import Watch
from .period import ONE_DAY, Calendar, Course, Period, period_of, reconciled, through
from .pool_carrying import KIND_OF, Carries, carries, held
from .rows import MovementRow, PoolRow, ScopeRow

MANY = 100_000


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
    """What a trace needs of a document's row, as it is kept."""

    number: str
    pool: str
    receiver: str | None
    state: str
    mass_kg: int
    booked_kg: int
    member_id: str
    customer_member_id: str | None
    issued_on: str
    received_on: str | None
    known_kg: int
    emission_g: int
    partial_g: int


class Queries:
    """Reads for the API; every call may wait for the database."""

    def __init__(self, running: Running, watch: Watch) -> None:
        self.reader = Reader(running)
        self._running = running
        self._watch = watch

    # --- evidence ---

    def knowledge(self) -> Knowledge:
        """What the server can look up, as of now. How far it goes is read first: what is read
        after it is at least as new."""
        known = self.reader.through(CONSUMER).get("certification", 0)
        return Knowledge(
            self.reader.state,
            self.reader.lookup(CONSUMER),
            self.certificates,
            known,
            self._watch.behind_s(),
        )

    def certificates(self, entity_id: str) -> list[CertificateRow]:
        """The certificates of an entity."""
        where = {"entity_id": entity_id}
        return self.reader.page(CONSUMER, "certificates", None, MANY, where)

    # --- scopes and pools ---

    def scope(self, scope_id: str) -> ScopeRow | None:
        """A scope as it stands."""
        row: ScopeRow | None = self.reader.row(CONSUMER, "scopes", scope_id)
        return row

    def scopes(self, member_id: str, after: str | None, limit: int) -> list[ScopeRow]:
        """A member's scopes, by id, up to `limit + 1`."""
        return self.reader.page(CONSUMER, "scopes", after, limit, {"member_id": member_id})

    def pool(self, key: str) -> PoolRow | None:
        """A pool as it stands."""
        row: PoolRow | None = self.reader.row(CONSUMER, "pools", key)
        return row

    def pools(self, scope_id: str, after: str | None, limit: int) -> list[PoolRow]:
        """A scope's pools, by key, up to `limit + 1`."""
        return self.reader.page(CONSUMER, "pools", after, limit, {"scope_id": scope_id})

    def days(self, key: str) -> dict[date, Kgs]:
        """What was booked in a pool, day by day."""
        rows = self.reader.columns(CONSUMER, "pool_days", ("day", "kgs"), "pool", [key])
        return {date.fromisoformat(day): tuple(orjson.loads(kgs)) for day, kgs in rows}

    def movements(self, key: str, after: str | None, limit: int) -> list[MovementRow]:
        """A pool's movements, by key, up to `limit + 1`."""
        return self.reader.page(CONSUMER, "movements", after, limit, {"pool": key})

    def balance(self, row: ScopeRow, stage: Stage, on: date) -> dict[str, object]:
        """How much may still be claimed as CoC on a day, until when, and why."""
        period = self._period(row, on)
        key = PoolKey(scope_id=row.scope_id, stage=stage, period=period.starts_on).key
        pool = self.pool(key)
        masses = self._masses(pool, on) if pool else NO_KGS
        policy = self._running.definition.policies.on(on)
        terms = Terms(pool.carried_kg, pool.owed_kg, pool.case_declared) if pool else Terms()
        found = figures(masses)
        made = cover(found, terms, rule_of(policy))
        following = period_of(_calendar(row), period.ends_on + ONE_DAY)
        return {
            "scope_id": row.scope_id,
            "stage": stage.value,
            "pool": key,
            "on": on.isoformat(),
            "period": {"starts_on": period.starts_on, "ends_on": period.ends_on},
            "input_percentage": percentage(found),
            **made._asdict(),
            "carried_until": period.ends_on,
            "balance_until": following.ends_on if following else period.ends_on,
            "owed_by": period.ends_on if made.owed_kg else None,
            "suspended_from": row.suspended_from,
            "closed_on": pool.closed_on if pool else None,
            "blocked": bool(pool and pool.blocked),
            "accounts": named(masses),
            "working": [line._asdict() for line in working(found, terms, policy)],
            "carries": _carries(pool, policy),
            "policy_id": policy.policy_id,
        }

    def _masses(self, pool: PoolRow, on: date) -> Kgs:
        """The masses of a pool through a day: as they stand, where nothing was booked on a later
        one; else day by day."""
        behind = f"{pool.pool}/{on.isoformat()}"
        later = self.reader.page(CONSUMER, "pool_days", behind, 0, {"pool": pool.pool})
        return through(self.days(pool.pool), on) if later else pool.kgs

    def reconciliation(self, pool: PoolRow) -> dict[str, object]:
        """A pool month by month."""
        policy = self._running.definition.policies.on(pool.ends_on)
        months = reconciled(self.days(pool.pool), policy)
        return {
            "pool": pool.pool,
            "months": [
                {**month._asdict(), "remarks": [one.model_dump() for one in month.remarks]}
                for month in months
            ],
            "closing": pool.closing,
        }

    def _period(self, row: ScopeRow, on: date) -> Period:
        period = period_of(_calendar(row), on)
        if period is None:
            raise Refused(
                "before-first-period",
                f"Scope {row.scope_id} keeps no accounts on {on} yet.",
                scope_id=row.scope_id,
                day=on,
            )
        return period

    # --- documents ---

    def document(self, number: str) -> DocumentRow | None:
        """A document as it stands."""
        row: DocumentRow | None = self.reader.row(CONSUMER, "documents", number)
        return row

    def documents(
        self, where: Mapping[str, Any], after: str | None, limit: int
    ) -> list[DocumentRow]:
        """Documents by number, up to `limit + 1`."""
        return self.reader.page(CONSUMER, "documents", after, limit, where)

    def pending(self) -> list[DocumentRow]:
        """Documents whose check waits."""
        return self.documents({"state": "pending_check"}, None, MANY)

    # --- trace ---

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
        found: dict[str, list[trace.Link]] = {pool: [] for pool in pools}
        parts = self._parts(pools)
        for sale in self._sales("receiver", pools):
            known = on is None or (sale.received_on or sale.issued_on) <= on.isoformat()
            if sale.booked_kg and sale.receiver and known:
                found[sale.receiver].append(_bought(sale))
        for part in parts:
            carrying = orjson.loads(part.carrying)
            sources, claimed = part.read_sources(), part.claimed_kg()
            whole = on is None or part.ends_on <= on.isoformat()
            if on is not None and not whole:
                bought = sum(one.kg for one in found[part.pool])
                masses = through(self.days(part.pool), on)
                sources, claimed = _sources_on(part, sources, masses, bought, on), masses[_CLAIMED]
            found[part.pool] += [
                trace.Link(
                    kind,
                    kg,
                    None,
                    _origin(kind, part),
                    (part.member_id,),
                    carries(carrying, kind) if whole else None,
                )
                for kind, kg in sorted(sources.items())
            ]
            if not any(one.kg > 0 for one in found[part.pool]) and claimed > 0:
                link = trace.Link("overdraft", claimed, None, None, (part.member_id,))
                found[part.pool].append(link)
        return found

    def _outputs(self, pools: Sequence[str], on: date | None) -> dict[str, list[trace.Link]]:
        found: dict[str, list[trace.Link]] = {pool: [] for pool in pools}
        for sale in self._sales("pool", pools):
            gone = sale.state in ("withdrawn", "superseded", "non_coc")
            if not gone and (on is None or sale.issued_on <= on.isoformat()):
                found[sale.pool].append(_sold(sale))
        inputs = self._inputs(pools, on)
        for part in self._parts(pools):
            pool = part.pool
            left = sum(link.kg for link in inputs[pool]) - sum(link.kg for link in found[pool])
            if left > 0:
                found[pool].append(trace.Link("held", left, None, None, (part.member_id,)))
        return found

    def _parts(self, pools: Sequence[str]) -> list[PoolPart]:
        rows = self.reader.columns(CONSUMER, "pools", PoolPart._fields, "pool", pools)
        return list(map(PoolPart._make, rows))

    def _sales(self, column: str, pools: Sequence[str]) -> list[Sale]:
        rows = self.reader.columns(CONSUMER, "documents", Sale._fields, column, pools)
        return list(map(Sale._make, rows))


_CLAIMED = next(place for account, place in PLACE.items() if account.value == "output_coc")


def named(masses: Kgs) -> dict[str, int]:
    """Masses by the names of their accounts."""
    return {account.value: kg for account, kg in zip(ACCOUNTS, masses, strict=True)}


def _carries(pool: PoolRow | None, policy: Policy) -> dict[str, object]:
    """What the metal carries by now that lies in stock, and that left and is not claimed: a claim
    of a product takes its part of the second, and its step's own emissions are added."""
    if pool is None:
        return {}
    amounts = {name: held(pool.carrying, name) for name in ("stock", "outflow", "outflow_scrap")}
    return {
        name: {"kg": amount.kg, **disclosed(amount, policy)._asdict()}
        for name, amount in amounts.items()
        if amount.kg > 0
    }


def _calendar(row: ScopeRow) -> Calendar:
    return tuple(Course(date.fromisoformat(day), months) for day, months in row.calendar)


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


def _both(row: DocumentRow | Sale) -> tuple[str, ...]:
    return (row.member_id, *((row.customer_member_id,) if row.customer_member_id else ()))


def _bought(row: Sale) -> trace.Link:
    return trace.Link("document", row.booked_kg, row.number, row.pool, _both(row), _lot(row))


def _lot(row: DocumentRow | Sale) -> Carries:
    return Carries(row.mass_kg, row.known_kg, row.emission_g, row.partial_g)


def _sold(row: DocumentRow | Sale) -> trace.Link:
    """Into the pool of its buyer once that has booked it; with the buyer until then."""
    pool = row.receiver if row.booked_kg else None
    return trace.Link("document", row.mass_kg, row.number, pool, _both(row), _lot(row))
