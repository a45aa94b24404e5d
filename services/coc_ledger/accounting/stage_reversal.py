"""A change of stage is taken back: from the pool that the material came from, and from the one that
got the product. Pure.

The first is asked, the second follows by a reaction, to the gram. Neither may be left with claims
that nothing covers any more: what was built on the product is withdrawn or taken back first. The
second pool is known as its own stream tells it at that moment, less what was taken back before and
has not left it yet; a claim that is made there between is a shortfall afterwards, as after any late
correction. Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from contracts.custody import Account, Entry, MovementKind, Stage
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.evidence import MovementSeen, Onward, TakenBack
from services.coc_ledger.pools.commands import ReverseMovement
from services.coc_ledger.pools.state import MOST_TAKEN_BACK, Pool

from . import accounts
from .accounts import Kgs
from .balance import Rule, Terms, as_of, cover, figures, rule_of
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
    own = _Books(state.kgs, state.days, state.terms)
    _check(own, made.entries, seen.day, policy, command.stage)
    after = accounts.reversed_entries(_as_entered(onward, onward.entered))
    theirs = _Books(*_told(onward, state, seen), onward.terms)
    _check(theirs, after, onward.entered.day, policy, stage)


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


class _Books(NamedTuple):
    """What the cover of a pool is found from: masses in all and of each day, and its terms as its
    period began, before anything of them lapsed."""

    kgs: Kgs
    days: Mapping[date, Kgs]
    terms: Terms

    def shortfalls(self, since: date, rule: Rule) -> dict[date, int]:
        """What is claimed and not covered on each day from one on, by what has not lapsed by it."""
        found = {}
        for day, kgs in accounts.standings(self.kgs, self.days, since):
            of_day = as_of(self.terms, self._through, day)
            found[day] = cover(figures(kgs), of_day, rule).shortfall_kg
        return found

    def posted(self, entries: tuple[Entry, ...], day: date) -> "_Books":
        """With entries of a day."""
        of_day = accounts.posted_kg(self.days.get(day, accounts.NO_KGS), entries)
        kgs = accounts.posted_kg(self.kgs, entries)
        return self._replace(kgs=kgs, days={**self.days, day: of_day})

    def _through(self, day: date) -> Kgs:
        *_, (_, kgs) = accounts.standings(self.kgs, self.days, day)
        return kgs


def _check(
    books: _Books, entries: tuple[Entry, ...], since: date, policy: Policy, stage: Stage
) -> None:
    """Refuse what leaves more claimed than covered, on any day, than there was before. Less claimed
    on a day leaves more that lapses after it, so that each day is asked by its own terms."""
    rule = rule_of(policy)
    before = books.shortfalls(since, rule)
    for day, short in books.posted(entries, since).shortfalls(since, rule).items():
        if short > before[day]:
            raise Refused(
                "claims-rest-on-it",
                f"Without it {short} kg of {stage.value} would be claimed on {day} that nothing"
                " covers: withdraw those documents, or take back what was made of it, first.",
                short_kg=short,
                short_on=day,
                stage=stage.value,
            )
