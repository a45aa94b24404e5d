"""How much may still be sold as CoC by a document of a day, and until when. Pure.

The mass balance says what is covered (`balance_on`); a document is refused all the same where the
entity is not certified on its day, the scope is suspended or went over into another one, or the
period is closed (`claims`). Both together are the answer that pages, API and terminal give, made
here alone; with how far certificates are known, since a document of a moment in which that is too
old waits. Rules: sources.md 5.3, 5.4, 5.6 (1, 2), 5.7, 8 (R-29).
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from contracts.custody import Checked
from contracts.values import Standard
from infra.policy import Policy
from services.coc_ledger.evidence import ScopeEvidence, age_of, told_age
from services.coc_ledger.rows import PoolRow
from services.coc_ledger.scopes.certificates import CertificateRow, seen_on
from services.coc_ledger.scopes.entity_rules import COC, PS, supplier_faults

from .balance_on import BalanceOn
from .lasting import Parts
from .period import ONE_DAY

NAMES = {COC: "the Chain of Custody certificate", PS: "the Performance certificate"}
FAULTS = {
    "issuer-coc-certificate-not-valid": f"{NAMES[COC]} is not valid on that day",
    "issuer-ps-certificate-not-valid": f"{NAMES[PS]} is not valid on that day",
}
"""In which words; a certificate that does not cover each facility of the scope is not enough."""
NO_PERIOD = "the scope keeps no accounts on that day"


class Sellable(NamedTuple):
    """Kilograms that a document of the day may claim; `ahead_kg` of them only ahead of input, as
    overdraft. `until` is the last day on which that holds by what is known, `because` what is then;
    both None where nothing may be sold at all, for the reason `barred`. `known_through_position`
    is the last public event of certificates that was looked at, `behind_s` how many seconds that
    is behind (None: nobody knows); `known` says it in words. `waits` says why a document of this
    moment would wait, whichever day it is of; None where it would not."""

    kg: int
    ahead_kg: int
    until: date | None
    because: str | None
    barred: str | None
    known_through_position: int
    behind_s: int | None
    known: str
    waits: str | None


class Held(NamedTuple):
    """The certificates of the scope's entity, through which public event they are known, and how
    many seconds that is behind."""

    rows: Iterable[CertificateRow]
    through: int
    behind_s: int


class Known(NamedTuple):
    """How far certificates are known, as an answer says it (`Sellable`)."""

    known_through_position: int
    behind_s: int | None
    known: str
    waits: str | None


def known_of(through: int, behind_s: int, policy: Policy) -> Known:
    """How far certificates are known, and whether that is too old for a document of this moment, as
    `check_may_claim` and the buyer's check have it; an age that nobody knows is too old."""
    limit = policy.integer("document.evidence_behind_at_most_s")
    waits = None
    if behind_s > limit:
        waits = (
            f"A document of this moment waits: what is known of certificates is {age_of(behind_s)},"
            f" and may be {limit} s old at most. None is issued, and the check of one that is"
            " confirmed is pending, until the ledger has caught up."
        )
    said = f"Certificates are known through public event {through}."
    return Known(through, told_age(behind_s), said, waits)


def valid_through(
    scope: ScopeEvidence, day: date, rows: Iterable[CertificateRow]
) -> dict[Standard, date | None]:
    """The last day in a row on which a scope is certified to each standard, as the answer has it:
    each of its facilities that have to be covered. None where it is not on the first."""
    held = Held(list(rows), 0, 0)
    return {standard: _last_day(standard, scope, day, held) for standard in NAMES}


def sellable(
    scope: ScopeEvidence,
    ps_due: Iterable[date],
    pool: PoolRow | None,
    day: date,
    stood: BalanceOn,
    held: Held,
    policy: Policy,
) -> Sellable:
    """The answer for a scope as its own stream tells it of the day, and its pool's balance as of
    it. `ps_due` are the days by which the Performance Standard has to cover the rest of it."""
    held = held._replace(rows=list(held.rows))
    known = known_of(held.through, held.behind_s, policy)
    barred = _barred(scope, pool, day, held) or stood.barred
    if barred is not None or scope.ends_on is None:
        return Sellable(0, 0, None, None, barred or NO_PERIOD, *known)
    kg, own_kg = stood.claimable.available_kg, stood.claimable_own_kg
    ends = [(scope.ends_on, _period_ends(kg, own_kg, stood.unused, scope.ends_on))]
    for standard, name in NAMES.items():
        last = _last_day(standard, scope, day, held)
        ends += [(last, f"{name} ends")] if last is not None else []
    ends += [(due, f"{NAMES[PS]} is due") for due in ps_due if due >= day]
    if stood.lapses_on is not None:
        ends.append((stood.lapses_on, "what came with a scope that went over lapses"))
    if stood.overdue_on is not None:
        ends.append((stood.overdue_on, "an overdraft is to be made good, and is not yet"))
    if scope.ends_before is not None:
        ends.append((scope.ends_before - ONE_DAY, f"the scope goes over into {scope.to_scope_id}"))
    until, because = min(ends)
    return Sellable(kg, kg - own_kg, until, because, None, *known)


def _period_ends(kg: int, own_kg: int, unused: Parts, ends_on: date) -> str:
    """What becomes of so many kilograms, `own_kg` of them no overdraft, at a period's end: neither
    an overdraft serves in the next one, nor what was carried into this one and is `unused`, unless
    its last day is a later one (sources.md 5.4)."""
    expires = sum(one.kg for one in unused if one.day <= ends_on)
    ends = (("overdraft", own_kg < kg), ("what was carried into it", expires > 0))
    named = " or ".join(name for name, there in ends if there)
    if not named:
        return "the period ends; what is left then is carried on"
    if own_kg > expires:
        return f"the period ends; what is left then is carried on, save {named}"
    return f"the period ends; nothing of it is carried on: it is {named}"


def _barred(scope: ScopeEvidence, pool: PoolRow | None, day: date, held: Held) -> str | None:
    """Why a document of the day claims nothing at all, whatever is covered: as `claims` has it."""
    if scope.awaiting:
        return "the facilities come with the scope that goes over"
    if scope.vacant:
        return "no facility is in the scope any more"
    since = scope.suspended_since(day)
    if since is not None:
        return f"the scope is suspended since {since}"
    faults = supplier_faults(_seen(scope, day, held), ps_pending=scope.ps_pending)
    if faults:
        return FAULTS[faults[0]]
    if scope.ended(day):
        return f"the scope went over into {scope.to_scope_id} on {scope.ends_before}"
    if pool is not None and pool.closed_on is not None:
        return f"the period was closed on {pool.closed_on}"
    return None


def _seen(scope: ScopeEvidence, day: date, held: Held) -> Checked:
    """What is known on a day of the certificates that the scope needs."""
    needs = {"facilities": scope.facilities, "ps_later": scope.ps_later}
    return seen_on(scope.entity_id, day, held.rows, held.through).model_copy(update=needs)


def _last_day(standard: Standard, scope: ScopeEvidence, day: date, held: Held) -> date | None:
    """The last day in a row on which the scope is certified, by what is known; None where it is
    not on the first."""
    if not _seen(scope, day, held).holds(standard):
        return None
    changes = (date.fromisoformat(since) for row in held.rows for since, _ in row.changes)
    ends = {since - ONE_DAY for since in changes} | {row.valid_to for row in held.rows}
    later = (end for end in sorted(ends) if end >= day)
    return next(
        (end for end in later if not _seen(scope, end + ONE_DAY, held).holds(standard)), None
    )
