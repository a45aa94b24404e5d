"""A change of stage is taken back: from the pool that the material came from, and from the one that
got the product. Pure.

The first is asked, the second follows by a reaction, to the gram. Neither may be left with claims
that nothing covers any more: what was built on the product is withdrawn or taken back first. The
second pool is known as its own stream tells it at that moment, less what was taken back before and
has not left it yet; a claim that is made there between is a shortfall afterwards, as after any late
correction. Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from contracts.custody import Account, Entry, MovementKind, Stage
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.evidence import MovementSeen, Onward, TakenBack
from services.coc_ledger.pools.commands import ReverseMovement
from services.coc_ledger.pools.state import MOST_TAKEN_BACK, Pool

from . import accounts
from .accounts import Kgs
from .balance import Terms, cover, figures, rule_of
from .booking import Posting
from .stages import as_it_stands, next_of


def check_stage_reversal(
    command: ReverseMovement, state: Pool, seen: MovementSeen, made: Posting, policy: Policy
) -> None:
    """Refuse it where the product is not booked yet, its period is closed, or claims rest on it."""
    if seen.kind is not MovementKind.TO_STAGE:
        return
    onward, stage = command.onward, next_of(command.stage)
    if onward is not None and onward.closed:
        raise Refused(
            "period-closed",
            f"The period in which its {stage.value} was booked is closed: book the difference in"
            " the present one.",
            movement_id=seen.movement_id,
            day=seen.day,
        )
    if onward is None or onward.entered is None:
        raise Refused(
            "ledger-ahead",
            f"The {stage.value} of {seen.movement_id} was made a moment ago; send the same again.",
            movement_id=seen.movement_id,
        )
    own = tuple(state.standings(seen.day))
    _check(own, made.entries, state.terms_on(seen.day), policy, command.stage)
    after = accounts.reversed_entries(_as_entered(onward, onward.entered))
    kgs, days = _told(onward, state, seen)
    theirs = tuple(accounts.standings(kgs, days, onward.entered.day))
    _check(theirs, after, onward.terms, policy, stage)


def with_product(made: Posting, seen: MovementSeen, onward: Onward | None) -> Posting:
    """A reversal with what it takes out of the next pool: the mass, and the CoC part of it."""
    entered = onward.entered if onward is not None else None
    if seen.kind is not MovementKind.TO_STAGE or onward is None or entered is None:
        return made
    entries = _as_entered(onward, entered)
    coc_kg = -sum(one.kg for one in entries if one.account is Account.INPUT_COC)
    whole_kg = sum(one.kg for one in entries if one.account is Account.STOCK)
    return made._replace(produced_kg=whole_kg, produced_coc_kg=coc_kg)


def _as_entered(onward: Onward, entered: MovementSeen) -> tuple[Entry, ...]:
    """What the product is booked as by now: news of certificates may have taken its CoC part."""
    return as_it_stands(onward.altered, entered.movement_id, entered.entries)


def _told(onward: Onward, state: Pool, seen: MovementSeen) -> tuple[Kgs, Mapping[date, Kgs]]:
    """The masses of the next pool once all that was taken back here before has left it."""
    names = [one.name for one in state.taken_back]
    if onward.came_back not in names and len(names) == MOST_TAKEN_BACK:
        raise Refused(
            "ledger-ahead",
            "More changes of stage were taken back here than the next pool was told of; send the"
            " same again.",
            movement_id=seen.movement_id,
        )
    arrived = names.index(onward.came_back) + 1 if onward.came_back in names else 0
    kgs, days = onward.kgs, dict(onward.days)
    for one in state.taken_back[arrived:]:
        entries = _leaving(one)
        kgs = accounts.posted_kg(kgs, entries)
        days[one.day] = accounts.posted_kg(days.get(one.day, accounts.NO_KGS), entries)
    return kgs, days


def _leaving(one: TakenBack) -> tuple[Entry, ...]:
    return (
        Entry(account=Account.INPUT_COC, kg=one.coc_kg),
        Entry(account=Account.NON_COC, kg=one.kg - one.coc_kg),
        Entry(account=Account.STOCK, kg=-one.kg),
    )


def _check(
    stands: Iterable[tuple[date, Kgs]],
    entries: tuple[Entry, ...],
    terms: Terms,
    policy: Policy,
    stage: Stage,
) -> None:
    """Refuse what leaves more claimed than covered, on any day, than there was before."""
    rule = rule_of(policy)
    for day, kgs in stands:
        before = cover(figures(kgs), terms, rule).shortfall_kg
        after = cover(figures(accounts.posted_kg(kgs, entries)), terms, rule).shortfall_kg
        if after > before:
            raise Refused(
                "claims-rest-on-it",
                f"Without it {after} kg of {stage.value} would be claimed on {day} that nothing"
                " covers: withdraw those documents, or take back what was made of it, first.",
                short_kg=after,
                short_on=day,
                stage=stage.value,
            )
