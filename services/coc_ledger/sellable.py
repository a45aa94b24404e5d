"""How much may still be sold as CoC by a document of a day, and until when. Pure.

The mass balance says what is covered (`balance_on`); a document is refused all the same where the
entity is not certified on its day, the scope is suspended or went over into another one, or the
period is closed (`claims`). Both together are the answer that pages, API and terminal give, made
here alone. Rules: sources.md 5.3, 5.4, 5.6 (1, 2), 5.7, 8 (R-29).
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from contracts.custody import VALID
from contracts.values import Standard

from .balance_on import BalanceOn
from .certificates import CertificateRow, seen_on, status_on
from .entity_rules import COC, PS, supplier_faults
from .period import ONE_DAY
from .rows import PoolRow, ScopeRow

NAMES = {COC: "the Chain of Custody certificate", PS: "the Performance certificate"}
FAULTS = {
    "issuer-coc-certificate-not-valid": f"{NAMES[COC]} is not valid on that day",
    "issuer-ps-certificate-not-valid": f"{NAMES[PS]} is not valid on that day",
}


class Sellable(NamedTuple):
    """Kilograms that a document of the day may claim; `ahead_kg` of them only ahead of input, as
    overdraft. `until` is the last day on which that holds by what is known, `because` what is then;
    both None where nothing may be sold at all, for the reason `barred`. `known_through_position`
    is the last public event of certificates that was looked at."""

    kg: int
    ahead_kg: int
    until: date | None
    because: str | None
    barred: str | None
    known_through_position: int


class Held(NamedTuple):
    """The certificates of the scope's entity, and how far they are known."""

    rows: Iterable[CertificateRow]
    through: int


def valid_through(rows: Iterable[CertificateRow], day: date) -> dict[Standard, date | None]:
    """The last day of each standard by the certificates that are valid on a day; None where none
    is."""
    ends: dict[Standard, list[date]] = {COC: [], PS: []}
    for row in rows:
        if status_on(row, day) in VALID:
            ends[Standard(row.standard)].append(row.valid_to)
    return {standard: max(found, default=None) for standard, found in ends.items()}


def sellable(
    scope: ScopeRow,
    pool: PoolRow | None,
    ends_on: date,
    day: date,
    stood: BalanceOn,
    held: Held,
) -> Sellable:
    """The answer for a pool whose period `ends_on`, and its balance as of the day."""
    rows = list(held.rows)
    barred = _barred(scope, pool, day, held._replace(rows=rows)) or stood.barred
    if barred is not None:
        return Sellable(0, 0, None, None, barred, held.through)
    ends = [(ends_on, "the period ends; what is left then is carried on")]
    ends += [
        (last, f"{NAMES[standard]} ends")
        for standard, last in valid_through(rows, day).items()
        if last is not None
    ]
    dues = [date.fromisoformat(due) for due in scope.ps_due.values()]
    ends += [(due, f"{NAMES[PS]} is due") for due in dues if due >= day]
    if scope.ends_before is not None:
        ends.append((scope.ends_before - ONE_DAY, f"the scope goes over into {scope.to_scope_id}"))
    until, because = min(ends)
    kg = stood.claimable.available_kg
    return Sellable(kg, max(0, kg - max(0, stood.cover.own_kg)), until, because, None, held.through)


def _barred(scope: ScopeRow, pool: PoolRow | None, day: date, held: Held) -> str | None:
    """Why a document of the day claims nothing at all, whatever is covered."""
    seen = seen_on(scope.entity_id, day, held.rows, held.through)
    faults = supplier_faults(seen, ps_pending="" in scope.ps_due)
    if faults:
        return FAULTS[faults[0]]
    since, again = scope.suspended_from, scope.reinstated_from
    if since is not None and since <= day and (again is None or day < again):
        return f"the scope is suspended since {since}"
    if scope.ends_before is not None and day >= scope.ends_before:
        return f"the scope went over into {scope.to_scope_id} on {scope.ends_before}"
    if pool is not None and pool.closed_on is not None:
        return f"the period was closed on {pool.closed_on}"
    return None
