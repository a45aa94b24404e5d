"""What the ledger can tell: scopes, balances on any day, movements, documents, traces; evidence."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import orjson

from contracts.coc_documents import DocumentIssued
from contracts.custody import Account, PoolKey, Stage
from contracts.values import Activity
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policy
from infra.reading import Reader
from infra.service import Running

from .accounting.accounts import ACCOUNTS, Kgs
from .accounting.balance import percentage
from .accounting.balance_on import BalanceOn, asked_from, balance_on, owed_on
from .accounting.footprint import disclosed
from .accounting.owed_by import owed_by, serves_through
from .accounting.period import ONE_DAY, Calendar, Course, Period, period_of, reconciled
from .accounting.sellable import Held, Sellable, sellable
from .accounting.step_told import step_told
from .accounting.stepped import stepped_part
from .accounting.stops import before, late_stops, may_stop, stops
from .certificate_reactions import outside_certificates
from .documents.commands import CheckDocument
from .documents.rows import DocumentRow
from .documents.waiting import WAITS, naming, predecessors, waiting_for
from .domain import CONSUMER, Knowledge
from .evidence import stages_of
from .facility_reactions import still_there
from .jobs import Watch
from .knowledge import checked_holder, checked_issuer, results_of
from .movements.unlooked import UnlookedRow
from .pools.calendar import KEEPS_LAST_DAY
from .pools.carrying import waiting
from .pools.step_anew import asked_of
from .refused import before_first_period, stage_not_in_scope
from .rows import DayRow, MovementRow, PoolRow, ScopeRow
from .scopes.certificates import CertificateRow
from .scopes.heirs import shown
from .scopes.neighbours import also_in, neighbours, stream_of
from .scopes.partners import VentureTold, ventures_told
from .scopes.state import Scope, evidence
from .told_again import claims_of, told_again
from .traces import trace
from .traces.lineage import Lineage
from .yearly_reports.reactions import years_of_accounts

MANY = 100_000
LIES = (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP)


class Queries:
    """Reads for the API; every call may wait for the database."""

    def __init__(self, running: Running, watch: Watch) -> None:
        self.reader = Reader(running)
        self._running = running
        self._watch = watch
        self._lineage = Lineage(self.reader, running.definition.policies, running.times.today)

    # --- evidence ---

    def knowledge(self) -> Knowledge:
        """What the server can look up, as of now. How far it goes is read first: what is read
        after it is at least as new."""
        known = self.reader.through(CONSUMER).get("certification", 0)
        return Knowledge(
            self.reader.state,
            self.reader.lookup(CONSUMER),
            self.certificates,
            self.scopes_of,
            known,
            self._watch.behind_s(),
            self._running.definition.policies,
            self._unlooked,
        )

    def _unlooked(self, pool: str) -> list[UnlookedRow]:
        return self.reader.page(CONSUMER, "unlooked", None, MANY, {"pool": pool})

    def certificates(self, entity_id: str) -> list[CertificateRow]:
        """The certificates of an entity."""
        where = {"entity_id": entity_id}
        return self.reader.page(CONSUMER, "certificates", None, MANY, where)

    def scopes_of(self, entity_id: str) -> list[str]:
        """The scopes of an entity, by id."""
        where = {"entity_id": entity_id}
        rows: list[ScopeRow] = self.reader.page(CONSUMER, "scopes", None, MANY, where)
        return [row.scope_id for row in rows]

    # --- scopes and pools ---

    def scope(self, scope_id: str) -> ScopeRow | None:
        """A scope as it stands."""
        row: ScopeRow | None = self.reader.row(CONSUMER, "scopes", scope_id)
        return row

    def sharing(self, scope_id: str, on: date) -> tuple[Scope, dict[str, list[str]]]:
        """A scope as its stream tells it, and which others have its facilities on a day as well."""
        scope: Scope = self.reader.state(stream_of(scope_id))
        rivals = self.scopes_of(scope.entity_id)
        others = neighbours(scope_id, scope.entity_id, on, rivals, self.reader.state)
        return scope, also_in(scope, on, others)

    def ventures(self, scope: Scope) -> list[VentureTold]:
        """Who has, or had, a share of a scope's output, each day by who stands in its place."""
        return shown(ventures_told(scope.shares), self.reader.state)

    def undone(self) -> Sequence[Command]:
        """What earlier builds left undone."""
        scopes: list[ScopeRow] = self.reader.page(CONSUMER, "scopes", None, MANY, {})
        today = self._running.times.today()
        left = still_there(today, scopes, self.reader.lookup(CONSUMER))

        def rows(projection: str, where: str | Mapping[str, str]) -> Any:
            if isinstance(where, str):
                return self.reader.row(CONSUMER, projection, where)
            return self.reader.page(CONSUMER, projection, None, MANY, where)

        steps = [one for scope in scopes for one in asked_of(today, scope, rows)]
        claims = outside_certificates(today, scopes, rows)
        return [*left, *years_of_accounts(today, scopes, self.certificates), *steps, *claims]

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

    def pool_of(self, row: ScopeRow, stage: Stage, on: date) -> PoolKey:
        """The pool of a scope's stage in the period of a day. Refused where there is none."""
        period = self._period(row, on)
        return PoolKey(scope_id=row.scope_id, stage=stage, period=period.starts_on)

    def balance(self, row: ScopeRow, stage: Stage, on: date) -> dict[str, object]:
        """How much may still be sold as CoC by a document of a day, until when, and why (`answer`).
        Behind it: what the books covered on that day, by all that is known now (corrected is as if
        never wrong), and what of it a claim of that day could be (`claimable_kg`), whoever may
        make it. What the metal carries is kept as it is by now: `carries_as_of` is the last day
        that is in it, a later one than the day asked about where more was booked since."""
        period = self._period(row, on)
        key = PoolKey(scope_id=row.scope_id, stage=stage, period=period.starts_on).key
        pool = self.pool(key)
        there = stages_of(tuple(map(Activity, row.activities)))
        if pool is None and stage not in there:
            raise stage_not_in_scope(row.scope_id, stage, there)
        policy = self._running.definition.policies.on(on)
        later = self._later(pool, asked_from(pool, on)) if pool else {}
        rows = self._before(pool)
        stopped = stops(pool, rows, self._running.definition.policies) if pool else []
        keeps = policy.flag(KEEPS_LAST_DAY)
        serves = serves_through(pool, period.ends_on, keeps=keeps) if pool else period.ends_on
        stood = balance_on(pool, on, later, policy, stopped, serves)
        late = late_stops(pool, rows, stood.late) if pool else []
        made = stood.cover
        following = period_of(_calendar(row), period.ends_on + ONE_DAY)
        steps = self._steps(row, pool, stage, on, policy)
        carrying = _carries(pool, policy, steps)
        return {
            "scope_id": row.scope_id,
            "stage": stage.value,
            "pool": key,
            "on": on.isoformat(),
            "answer": self._answer(row, pool, on, stood, policy)._asdict(),
            "period": {"starts_on": period.starts_on, "ends_on": period.ends_on},
            "input_percentage": percentage(stood.found),
            **made._asdict(),
            "claimable_kg": stood.claimable.available_kg,
            "claimable_bound_on": stood.claimable.day,
            "claimable_barred": stood.barred,
            "claimable_how": stood.how,
            "carried_until": min((one.day for one in stood.unused), default=serves),
            "carried_parts": [{"kg": one.kg, "until": one.day} for one in stood.unused],
            "balance_until": following.ends_on if following else period.ends_on,
            "owed_by": self._owed_by(pool, on, rows, stood, serves),
            "owed_open_kg": max(0, made.owed_kg - stood.covering_kg),
            "suspended_from": row.suspended_from,
            "reinstated_from": row.reinstated_from,
            "closed_on": pool.closed_on if pool else None,
            "blocked": stood.stopped,
            "made_good": stood.made_good,
            "owed_covered": stood.owed_covered,
            "blocked_because": [one._asdict() for one in (*stopped, *late)],
            "accounts": named(stood.masses),
            "working": [line._asdict() for line in stood.working],
            "carries": carrying,
            "carries_as_of": max([on, *later]),
            "step": carrying.get("outflow", {}).get("step") or steps.get("stock"),
            "told_otherwise": told_again(
                pool, lambda row: claims_of(row, self.reader), self.knowledge()
            ),
            "policy_id": policy.policy_id,
        }

    def _owed_by(
        self,
        pool: PoolRow | None,
        on: date,
        rows: Mapping[str, PoolRow],
        stood: BalanceOn,
        serves: date,
    ) -> date | None:
        if pool is None or not stood.cover.owed_kg:
            return None
        left, policies = owed_on(pool, on), self._running.definition.policies
        return owed_by(left, rows, policies, serves, stood.covering_kg)

    def _before(self, pool: PoolRow | None) -> Mapping[str, PoolRow]:
        """The pools that say why claims of one are stopped, and those that stopped theirs; none
        where nothing stops them."""
        if pool is None or not may_stop(pool):
            return {}
        rows: dict[str, PoolRow] = {}
        wanted = before(pool)
        while wanted:
            found: dict[str, PoolRow] = self.reader.rows(CONSUMER, "pools", wanted)
            rows |= found
            wanted = [key for row in found.values() if row.blocked for key in before(row)]
            wanted = [key for key in wanted if key not in rows]
        return rows

    def _answer(
        self, row: ScopeRow, pool: PoolRow | None, on: date, stood: BalanceOn, policy: Policy
    ) -> Sellable:
        """What may be sold on a day: by the scope's own stream, as a document is. How far
        certificates are known, and how old that is, is read before they are (`knowledge`)."""
        through = self.reader.through(CONSUMER).get("certification", 0)
        behind_s = self._watch.behind_s()
        scope = evidence(self.reader.state(f"coc_scope/{row.scope_id}"), on)
        assert scope is not None  # there is a row of it
        dues = map(date.fromisoformat, row.ps_due.values())
        certified = Held(self.certificates(row.entity_id), through, behind_s)
        return sellable(scope, dues, pool, on, stood, certified, policy)

    def _steps(
        self, row: ScopeRow, pool: PoolRow | None, stage: Stage, on: date, policy: Policy
    ) -> Mapping[str, dict[str, object]]:
        """Whether what the metal carries holds the step's own emissions, of each lot. Only the
        pool's stream tells where the metal lies that had them in when it came; few pools have
        any."""
        scope = evidence(self.reader.state(stream_of(row.scope_id)), on)
        if pool is None or scope is None:
            return {}
        by_hand = bool(pool.by_hand_g)
        apart = pool.stepped_kg > 0 and not by_hand
        state = self.reader.state(f"pool/{pool.pool}") if apart else None
        results = results_of(scope, on, self.knowledge())
        found: dict[str, dict[str, object]] = {}
        for lot in LIES:
            own = (state.stepped, state.books, state.onward) if state else None
            stepped = stepped_part(*own, lot) if own else Fraction(0)
            asked = scope, stage, results, on, policy
            found[lot.value] = step_told(*asked, by_hand=by_hand, stepped=stepped)._asdict()
        return found

    def _later(self, pool: PoolRow, on: date) -> Mapping[date, Kgs]:
        """What was booked in a pool on each day after one: few, as a rule none."""
        behind = f"{pool.pool}/{on.isoformat()}"
        where = {"pool": pool.pool}
        rows: list[DayRow] = self.reader.page(CONSUMER, "pool_days", behind, MANY, where)
        return {row.day: row.kgs for row in rows}

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
            raise before_first_period(row.scope_id, on, _calendar(row)[0].starts_on)
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

    def unchecked(self) -> list[CheckDocument]:
        """The checks of documents that wait for them, as certificates are known now."""
        known, on = self.knowledge(), self._running.times.today()
        return [
            CheckDocument(
                on=on,
                number=row.number,
                checked=checked_issuer(row.issuer_entity_id, row.scope_id, row.issued_on, known),
                holder_seen=checked_holder(DocumentIssued.model_validate(row.document), known),
            )
            for row in self.documents({"state": "pending_check"}, None, MANY)
        ]

    def told_of_waiting(self, refused: Refused, pool: PoolKey, day: date) -> Refused:
        """A refused claim on a pool, with the documents that its scope has not got in yet where it
        is short of cover. Asked only then: who is covered is not kept waiting."""
        if refused.slug != "claim-not-covered":
            return refused
        before = self._gone_over_into(pool.scope_id, day)
        where = {"state": list(WAITS), "customer_scope_id": [pool.scope_id, *before]}
        found = self.documents(where, None, MANY)
        return naming(refused, waiting_for(pool, day, found, before))

    def _gone_over_into(self, scope_id: str, day: date) -> list[str]:
        """The scopes in whose place one of the same member stands on a day."""
        row = self.scope(scope_id)
        where = {"member_id": row.member_id if row else ""}
        own: list[ScopeRow] = self.reader.page(CONSUMER, "scopes", None, MANY, where)
        return predecessors(scope_id, day, own)

    # --- trace ---

    def upstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document comes from."""
        return self._lineage.upstream(row, depth, on)

    def mix(self, row: DocumentRow, on: date | None) -> list[trace.Mixed]:
        """All metal that came into the pools of a document, of which it tells the average."""
        return self._lineage.mix(row, on)

    def downstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document went."""
        return self._lineage.downstream(row, depth, on)


def named(masses: Kgs) -> dict[str, int]:
    """Masses by the names of their accounts."""
    return {account.value: kg for account, kg in zip(ACCOUNTS, masses, strict=True)}


def _carries(
    pool: PoolRow | None, policy: Policy, steps: Mapping[str, dict[str, object]]
) -> dict[str, dict[str, object]]:
    """What the metal carries by now that lies in stock, and that left and is not claimed: a claim
    of a product takes its part of the second, and its step's own emissions are added; of each what
    is in it of the step already."""
    if pool is None:
        return {}
    amounts = {one.value: waiting(pool.carrying, one) for one in LIES}
    return {
        name: {"kg": amount.kg, **disclosed(amount, policy)._asdict(), "step": steps.get(name)}
        for name, amount in amounts.items()
        if amount.kg > 0
    }


def _calendar(row: ScopeRow) -> Calendar:
    return tuple(Course(date.fromisoformat(day), months) for day, months in row.calendar)
