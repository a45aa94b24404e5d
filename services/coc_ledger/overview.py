"""Reads for whoever looks at a scope: what it may claim until when, day by day, what was booked
last, which documents wait, what its certificates say."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from contracts.custody import Account, Checked, PoolKey, Stage
from infra.reading import Reader
from infra.service import Running

from .accounting.accounts import PLACE
from .accounting.balance import figures, rule_of
from .accounting.running import DayLine, day_lines
from .accounting.sellable import valid_through
from .documents.rows import DocumentRow
from .documents.verdict import Age, Standing, age, standing
from .domain import CONSUMER
from .exports.exports import Exports
from .exports.statements import Before, Line, last_lines
from .knowledge import Knowledge, unlooked_in
from .rows import DayRow, PoolRow, ScopeRow
from .scopes import diligence
from .scopes.certificates import CertificateRow, seen_on, status_on
from .scopes.state import Scope, evidence

MANY = 100_000
DAYS_AT_MOST = 400
CHAIN_AT_MOST = 50
POOLS_AT_MOST = 500


class Shown(NamedTuple):
    """A certificate of a scope's entity on a day."""

    certificate_id: str
    standard: str
    status: str
    valid_from: date
    valid_to: date


class Sums(NamedTuple):
    """What a pool's accounts say together."""

    inflow_kg: int
    input_kg: int
    output_kg: int
    designated_kg: int
    losses_kg: int
    stock_kg: int


class Overview:
    """Every call may wait for the database."""

    def __init__(
        self,
        running: Running,
        exports: Exports,
        behind_s: Callable[[], int],
        knowledge: Callable[[], Knowledge],
    ) -> None:
        self._reader = Reader(running)
        self._knowledge = knowledge
        self._own = running.name
        self._policies = running.definition.policies
        self._exports = exports
        self._behind_s = behind_s

    def scopes(self, where: Mapping[str, object], after: str | None, limit: int) -> list[ScopeRow]:
        """The scopes of some members or entities, by id, up to `limit + 1`."""
        return self._reader.page(CONSUMER, "scopes", after, limit, where)

    def documents(
        self, where: Mapping[str, object], after: str | None, limit: int
    ) -> list[DocumentRow]:
        """Documents by number, up to `limit + 1`."""
        return self._reader.page(CONSUMER, "documents", after, limit, where)

    def accounts(self, scope_id: str) -> list[dict[str, object]]:
        """The pools of a scope, each with its sums, by key; a scope has few in a year."""
        where = {"scope_id": scope_id}
        rows: list[PoolRow] = self._reader.page(CONSUMER, "pools", None, POOLS_AT_MOST, where)
        return [
            {
                "pool": row.pool,
                "stage": row.stage,
                "period": row.period,
                "ends_on": row.ends_on,
                "carried_kg": row.carried_kg,
                "owed_kg": row.owed_kg,
                "closed_on": row.closed_on,
                "closing": row.closing,
                **Sums(
                    *figures(row.kgs),
                    row.kgs[PLACE[Account.LOSSES]],
                    row.kgs[PLACE[Account.STOCK]],
                )._asdict(),
            }
            for row in rows
        ]

    def days(self, pool: PoolRow, on: date) -> list[DayLine]:
        """The days through one on which anything was booked, or what covers claims changed, each
        with what stood at its end."""
        found: list[DayRow] = self._reader.page(
            CONSUMER, "pool_days", None, DAYS_AT_MOST, {"pool": pool.pool}
        )
        return day_lines(pool, found, rule_of(self._policies.on(on)), on)

    def bookings(
        self, pool: PoolRow, before: Before | None, limit: int
    ) -> tuple[list[Line], Before | None]:
        """The last bookings before a place of the pool's stream, newest first: so many, and the
        place before which the next ones are (None: there are none)."""
        start = before if before is not None else Before(pool.version + 1)
        last = min(start.version if start.place else start.version - 1, pool.version)
        after = max(0, last - limit)
        records = self._exports.part(f"pool/{pool.pool}", after, last - after)
        found, before = last_lines(records, start, limit, more=after > 0)
        return list(self._exports.with_parties(found)), before

    # --- certificates ---

    def seen(self, entity_id: str, day: date) -> Checked:
        """What is known now of an entity's certificates on a day. How far it goes is read first."""
        through = self._reader.through(CONSUMER).get("certification", 0)
        return seen_on(entity_id, day, self._certificates(entity_id), through)

    def own_position(self) -> int:
        """How far the rows know what the ledger itself decided."""
        return self._reader.through(CONSUMER).get(self._own, 0)

    def certificates(self, row: ScopeRow, on: date) -> dict[str, object]:
        """The certificates of a scope's entity, and the last day on which those of each standard
        cover the scope, by what is known; None where they do not on the day."""
        held = self._certificates(row.entity_id)
        shown = [
            Shown(
                one.certificate_id,
                one.standard,
                status_on(one, on).value,
                one.valid_from,
                one.valid_to,
            )
            for one in held
        ]
        scope = evidence(self._reader.state(f"coc_scope/{row.scope_id}"), on)
        assert scope is not None  # there is a row of it
        until = {one.value: day for one, day in valid_through(scope, on, held).items()}
        items = sorted(shown, key=lambda one: (one.valid_from, one.certificate_id), reverse=True)
        return {"on": on, "until": until, "items": items}

    def diligence(self, row: ScopeRow, on: date) -> dict[str, object]:
        """Which criteria of the Performance Standard satisfy those of this one, whether the scope's
        certificate shows them, what is recorded of each supplier, and what those brought in the
        day's periods of whom it is not."""
        policy = self._policies.on(on)
        seen = self.seen(row.entity_id, on)
        state: Scope = self._reader.state(f"coc_scope/{row.scope_id}")
        looked = diligence.suppliers(state.diligence, on, policy)
        return {
            "on": on,
            "criteria": [one._asdict() for one in diligence.criteria(seen, policy)],
            "suppliers": [one._asdict() for one in looked],
            "without_record": self._without_record(row.scope_id, on),
            "policy_id": policy.policy_id,
            "known_through_position": seen.known_through_position,
        }

    def _without_record(self, scope_id: str, on: date) -> list[dict[str, object]]:
        """Of the periods in which a day lies, what suppliers brought that no valid record covers,
        by stage, those that brought most first."""
        known = self._knowledge()
        pools: list[PoolRow] = self._reader.page(
            CONSUMER, "pools", None, POOLS_AT_MOST, {"scope_id": scope_id}
        )
        found: list[dict[str, object]] = []
        for pool in pools:
            if not pool.period <= on <= pool.ends_on:
                continue
            key = PoolKey(scope_id=scope_id, stage=Stage(pool.stage), period=pool.period)
            of_pool = {"stage": pool.stage, "period": pool.period, "ends_on": pool.ends_on}
            some = sorted(unlooked_in(key, known), key=lambda one: -one.mass_kg)
            found += [{**of_pool, **one.model_dump()} for one in some]
        return found

    def _certificates(self, entity_id: str) -> list[CertificateRow]:
        where = {"entity_id": entity_id}
        return self._reader.page(CONSUMER, "certificates", None, MANY, where)

    # --- documents ---

    def standing(self, row: DocumentRow) -> tuple[Standing, Age]:
        """Whether a document is good, as far as is known now; and how old that knowledge is."""
        issued, became = self._exports.stated(row)
        seen = self.seen(row.issuer_entity_id, row.issued_on)
        scope: Scope = self._reader.state(f"coc_scope/{row.scope_id}")
        told = evidence(scope, row.issued_on)
        suspended = told is not None and told.suspended(row.issued_on)
        seen = seen.model_copy(update={"suspended": suspended})
        holder = issued.holder_entity_id
        shares = self.seen(holder, row.issued_on) if holder else None
        return standing(issued, became, seen, shares), age(self._behind_s())

    def chain(self, row: DocumentRow) -> list[DocumentRow]:
        """A document with those that it replaces and those that replace it, the oldest first."""
        before, after = [row], [row]
        while before[-1].replaces and len(before) < CHAIN_AT_MOST:
            found = self._exports.document(before[-1].replaces)
            if found is None:
                break
            before.append(found)
        while after[-1].replaced_by and len(after) < CHAIN_AT_MOST:
            found = self._exports.document(after[-1].replaced_by)
            if found is None:
                break
            after.append(found)
        return [*before[:0:-1], *after]
