"""What the server can look up for a command: our streams and rows, how far they know. Pure.

What certification told is read together with the scope that it is asked about: its facilities, and
whether it was suspended, as far as is known now. Rules: sources.md 5.6, 5.7.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from contracts.coc_documents import DocumentIssued
from contracts.custody import Checked, PoolKey
from contracts.values import Activity, Standard
from infra.policy import Policies

from .accounting.own_emissions import ResultRow, newest
from .accounting.period import ONE_DAY, period_of
from .accounting.stops import before, stops
from .evidence import (
    Diligence,
    FacilityFound,
    FacilityResult,
    MovementSeen,
    ScopeEvidence,
    Unlooked,
)
from .movements.unlooked import UnlookedRow
from .pools.receipts import receipts_of
from .rows import FacilityRow, MovementRow, PoolRow, movement_of
from .scopes import state as scope_state
from .scopes.certificates import CertificateRow, covered_since, seen_on
from .scopes.heirs import inherited


class Knowledge(NamedTuple):
    """What the server can look up. `state(stream)`: one of our own streams as folded now;
    `row(projection, key)`; `certificates(entity)`: their rows; `scopes(entity)`: their ids, as far
    as rows know; `through`: the last position of
    certification that they know; `behind_s`: how far that is behind; `policies`: by which what an
    open period leaves is worked out; `unlooked(pool)`: rows of what suppliers that were not looked
    at brought into it."""

    state: Callable[[str], Any]
    row: Callable[[str, str], Any]
    certificates: Callable[[str], Sequence[CertificateRow]]
    scopes: Callable[[str], Sequence[str]]
    through: int
    behind_s: int
    policies: Policies
    unlooked: Callable[[str], Sequence[UnlookedRow]]


def checked(entity_id: str, day: date, known: Knowledge) -> Checked:
    """What is known of an entity's certificates on a day."""
    return seen_on(entity_id, day, known.certificates(entity_id), known.through)


def checked_of(scope: ScopeEvidence, day: date, known: Knowledge) -> Checked:
    """What is known on a day of the certificates that a scope needs."""
    return checked(scope.entity_id, day, known).model_copy(
        update={
            "facilities": scope.facilities,
            "ps_later": scope.ps_later,
            "suspended": scope.suspended(day),
        }
    )


def checked_issuer(entity_id: str, scope_id: str, day: date, known: Knowledge) -> Checked:
    """What is known now of a document's issuer on the day of issue; the facilities that have to be
    covered are those that the document names itself."""
    seen = checked(entity_id, day, known)
    scope = scope_on(scope_id, day, known)
    return seen.model_copy(update={"suspended": scope is not None and scope.suspended(day)})


def checked_holder(document: DocumentIssued, known: Knowledge) -> Checked | None:
    """What is known now, on the day of issue, of who took a document's metal by its share of a
    joint venture; None where nobody did."""
    if document.holder_entity_id is None:
        return None
    return checked(document.holder_entity_id, document.issued_on, known)


def first_day(scope_id: str, known: Knowledge) -> date | None:
    """The day on which a scope's accounts begin; None where there is none."""
    scope: scope_state.Scope = known.state(f"coc_scope/{scope_id}")
    return scope.calendar[0].starts_on if scope.calendar else None


def scope_on(scope_id: str, day: date, known: Knowledge) -> ScopeEvidence | None:
    """A scope on a day; None when there is none."""
    state = known.state(f"coc_scope/{scope_id}") if scope_id else None
    found = scope_state.evidence(state, day) if isinstance(state, scope_state.Scope) else None
    if found is None or not found.stakes:
        return found
    stakes = inherited(scope_id, found.stakes, day, known.state)
    return found.model_copy(update={"stakes": stakes})


def holding(scope_id: str, day: date, known: Knowledge) -> ScopeEvidence | None:
    """The scope of the same member that stands in a scope's place on a day; that scope itself,
    where it has not ended, or went over to somebody else."""
    first = found = scope_on(scope_id, day, known)
    passed = {scope_id}
    while found is not None and found.ended(day):
        after = scope_on(found.to_scope_id or "", day, known)
        if after is None or after.scope_id in passed or after.member_id != found.member_id:
            return first
        passed.add(after.scope_id)
        found = after.model_copy(update={"instead_of": scope_id})
    return found


def went_to(scope_id: str, day: date, known: Knowledge) -> tuple[str, ...]:
    """The scopes into which a scope has gone over by a day, one after the other."""
    passed: list[str] = []
    found = scope_on(scope_id, day, known)
    while found is not None and found.ended(day) and found.to_scope_id not in (None, *passed):
        passed.append(found.to_scope_id or "")
        found = scope_on(found.to_scope_id or "", day, known)
    return tuple(passed)


def open_before(key: PoolKey, known: Knowledge) -> date | None:
    """The first of the earlier periods of a pool that are open; rows find them, streams tell."""
    calendar = known.state(f"coc_scope/{key.scope_id}").calendar
    period = period_of(calendar, calendar[0].starts_on)
    while period is not None and period.starts_on < key.period:
        before = key.model_copy(update={"period": period.starts_on})
        row: PoolRow | None = known.row("pools", before.key)
        if row is not None and row.closed_on is None and known.state(before.stream).end is None:
            return period.starts_on
        period = period_of(calendar, period.ends_on + ONE_DAY)
    return None


def stopped(row: PoolRow | None, known: Knowledge) -> tuple[str, ...]:
    """Why claims of a pool are stopped, as far as rows know; nothing where they are not."""
    if row is None or not row.blocked:
        return ()
    left: dict[str, PoolRow | None] = {key: known.row("pools", key) for key in before(row)}
    rows = {key: one for key, one in left.items() if one is not None}
    return tuple(one.reason for one in stops(row, rows, known.policies))


def facilities_found(
    facility_ids: Iterable[str], on: date, known: Knowledge
) -> tuple[FacilityFound, ...]:
    """What membership has told of facilities, and since when certificates of their entity cover
    them; those of which it has not are left out."""
    certificates = cache(known.certificates)
    rows: list[FacilityRow | None] = [known.row("facilities", one) for one in sorted(facility_ids)]
    return tuple(
        FacilityFound(
            facility_id=row.facility_id,
            entity_id=row.entity_id,
            activities=tuple(Activity(one) for one in row.activities),
            closed=row.closed_on is not None and row.closed_on <= on,
            position=row.position,
            chain_since=covered_since(
                row.facility_id, on, certificates(row.entity_id), Standard.CHAIN_OF_CUSTODY
            ),
        )
        for row in rows
        if row is not None
    )


def results_of(scope: ScopeEvidence, day: date, known: Knowledge) -> tuple[FacilityResult, ...]:
    """The verified results of a scope's facilities that say what its steps give off themselves:
    its member's own, never those of another one that had a facility before or has it since."""

    def own(key: str) -> ResultRow | None:
        row: ResultRow | None = known.row("results", key)
        told = row.verified if row is not None else None
        return row if told and told.get("member_id") == scope.member_id else None

    return newest(scope.facilities, day, own)


def diligence_of(scope_id: str, supplier_id: str, known: Knowledge) -> tuple[Diligence, ...]:
    """What a scope recorded of its looks at a supplier."""
    state = known.state(f"coc_scope/{scope_id}")
    found: tuple[Diligence, ...] = state.diligence.get(supplier_id, ())
    return found


def unlooked_in(key: PoolKey, known: Knowledge, without: str = "") -> tuple[Unlooked, ...]:
    """What suppliers without a valid record of due diligence brought into a pool, as far as rows
    know; `without` a receipt that is to be taken back."""

    def rows(projection: str, asked: Any) -> Any:
        return known.unlooked(key.key) if projection == "unlooked" else known.row(projection, asked)

    found = receipts_of(key.key, rows, without).fresh(key.scope_id, known.state)
    return found.unlooked(known.policies)


def seen(row: MovementRow) -> MovementSeen:
    """A movement's row as evidence."""
    told = movement_of(row)
    return MovementSeen.model_validate(
        {
            "movement_id": row.movement_id,
            "digest": row.digest,
            "kind": row.kind,
            "day": row.day,
            "entries": told["entries"],
            "coc_kg": row.coc_kg,
            "reversed_by": row.reversed_by,
            "activity": told.get("activity"),
        }
    )
