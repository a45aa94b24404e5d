"""A joint venture's share: what its holder may take of an output that another one controls. Pure.

A share is of a period's output, and what was taken is measured in the period in which it is
claimed. So a correction is asked only about what it takes: what it keeps in closed periods was
taken there, and it takes nothing from an open one as long as it claims no more of it than what it
replaces. What was sold before the venture was listed stays unbound in the same way. Where a
correction names another customer, what it keeps is asked about in the closed periods themselves,
with what other corrections keep there for that customer (`taken`).
Rules: sources.md 5.6 (4), 5.7.
"""

from collections.abc import Iterable
from datetime import date

from contracts.custody import ClaimPart
from infra.errors import Refused
from services.coc_ledger.evidence import ReplacedClaim, ScopeEvidence
from services.coc_ledger.pools.commands import DesignateOutput
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.scopes.entity_rules import check_holder, of_same_share, stake_limit

from .balance import figures
from .claim_parts import Laid


def holder_of(
    command: DesignateOutput, laid: Laid, state: Pool, scope: ScopeEvidence
) -> str | None:
    """The partner that a claim is for, which takes it as its share of this period's output; None
    where it takes none of it. Refused where it takes more than its share (`share-exceeded`), or is
    not certified to the Performance Standard itself (`holder-ps-certificate-needed`)."""
    holder, old = command.customer_scope_id, command.replaced
    if holder is None:
        return None
    same = old is not None and old.customer_scope_id == holder
    if old is not None and not same:
        _check_closed(holder, laid.kept, old, command)
    more = command.mass_kg - laid.kept_kg
    limit = stake_limit(scope.stakes, holder, figures(state.kgs).output_kg)
    holders = of_same_share(scope.stakes, holder)
    if limit is None or not more:
        return None
    number = old.number if old is not None else None
    if same and laid.here is not None and more <= laid.here.kg:
        return holder if number in state.stakes else None
    check_holder(holder, command.customer_seen, command.day)
    taken = taken_by(holders, state, number)
    if taken + more > limit:
        assert state.ends_on is not None  # who has output has a period
        raise _exceeded(holder, limit, taken, more, (command.pool.period, state.ends_on))
    return holder


def taken_by(holders: frozenset[str], state: Pool, without: str | None) -> int:
    """Kilograms of a period's output that partners have by a share, but for those of one
    document."""
    return sum(
        one.kg
        for number, one in state.stakes.items()
        if one.holder in holders and one.counts and number != without
    )


def _check_closed(
    holder: str, kept: Iterable[ClaimPart], old: ReplacedClaim, command: DesignateOutput
) -> None:
    """What a correction keeps for a customer that did not have it, in the periods of it."""
    there = {one.pool: one for one in old.shares}
    for part in kept:
        share = there.get(part.pool)
        if share is None:
            continue
        check_holder(holder, command.customer_seen, command.day)
        if share.taken_kg + part.kg > share.limit_kg:
            days = part.pool.period, share.ends_on
            raise _exceeded(holder, share.limit_kg, share.taken_kg, part.kg, days)


def _exceeded(
    holder: str, limit_kg: int, taken_kg: int, asked_kg: int, period: tuple[date, date]
) -> Refused:
    first, last = period
    return Refused(
        "share-exceeded",
        f"{holder} may take {limit_kg} kg of the output of {first} to {last} by its share;"
        f" {taken_kg} kg are taken, and this would be {asked_kg} kg more.",
        holder_scope_id=holder,
        limit_kg=limit_kg,
        taken_kg=taken_kg,
        asked_kg=asked_kg,
        period=first,
    )
