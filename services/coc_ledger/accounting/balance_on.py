"""The balance of a pool as of a day, by all that is known now: what was covered on it, and what a
claim of that day could be by now. Pure.

All counts by its own day, whenever it was told: what was corrected is as if it had never been
wrong. Masses are those of movements of the day and before. A balance of the period before is there
from the day of the close that left it, a case of force majeure from the day of its declaration, and
both on the period's last day at the latest, on which the balance is what the pool says; an
overdraft to be made good from the first day. Their corrections count from the same days. A claim
counts on its day and on every later one (`claimable`). Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from infra.policy import Policy
from services.coc_ledger.pools.earlier import Kept, LeftBefore, parts_kept
from services.coc_ledger.rows import PoolRow

from .accounts import NO_KGS, Kgs, standings
from .balance import (
    Cover,
    Figures,
    Line,
    Rule,
    Terms,
    Through,
    Tightest,
    as_of,
    closing,
    cover,
    figures,
    late_before,
    rule_of,
    tightest,
    unused,
    working,
)
from .lasting import Ending, Parts, by_day, parts
from .period import ONE_DAY, not_in_time
from .stops import Stop, in_words

ALL_DUE = Ending(stopped=True)
"""All that is owed, as if it were due at once."""


class Stood(NamedTuple):
    """What bore on the cover beside the masses."""

    terms: Terms = Terms()


class BalanceOn(NamedTuple):
    """A pool's balance as of a day. `claimable` is what a claim of that day could be by now, and
    the day that binds it, `claimable_own_kg` how much of it is no overdraft; `barred` why it could
    be none at all, `how` how it was found. `unused` is what is left of what was carried, by its
    last day, also of a day before the close that told it: claims of that day may use it by now.
    `stopped`: something earlier was not in order, and lets nothing be claimed until it is made
    good; `made_good`: it was since, so that there are claims again, none of them ahead of input.
    `owed_covered`: all that is owed is covered by the books of the day, and by those of by now.
    `late` is what was missing of overdrafts on last days of their own that lie before the day.
    `lapses_on` is the last day before part of what could be claimed lapses, `overdue_on` that
    before less can be, since an overdraft is not made good by then."""

    masses: Kgs
    found: Figures
    stood: Stood
    cover: Cover
    claimable: Tightest
    claimable_own_kg: int
    barred: str | None
    how: str
    working: Sequence[Line]
    unused: Parts = ()
    stopped: bool = False
    made_good: bool = False
    owed_covered: bool = False
    covering_kg: int = 0
    late: Parts = ()
    lapses_on: date | None = None
    overdue_on: date | None = None


def asked_from(pool: PoolRow, day: date) -> date:
    """After which day a balance has to know what was booked on each: it, or an earlier one on which
    a balance lapsed, or was to be made good."""
    left = [LeftBefore(*one) for one in pool.left_before]
    ends = (last for one in left for last, _ in (*one.lasting, *one.due))
    return min([day, *map(date.fromisoformat, ends)])


def owed_on(pool: PoolRow, day: date) -> list[LeftBefore]:
    """What earlier periods left, as far as it is owed on a day, by all that is known now."""
    left = [LeftBefore(*one) for one in pool.left_before]
    return [one for one in left if day >= pool.ends_on or one.owed_from <= day.isoformat()]


def stood_on(pool: PoolRow, day: date, days: Mapping[date, Kgs], rule: Rule) -> Stood:
    """What bore on the cover of a day, as a pool's row knows it by now; `days` are what was booked
    on each behind `asked_from`."""
    over, on = day >= pool.ends_on, day.isoformat()
    left = [LeftBefore(*one) for one in pool.left_before]
    carried = [one for one in left if one.carried_from and (over or one.carried_from <= on)]
    owed = owed_on(pool, day)
    case = pool.case_on is not None and (over or pool.case_on <= day)
    terms = Terms(
        sum(one.carried_kg for one in carried),
        sum(one.owed_kg for one in owed),
        case,
        _together(one.lasting for one in carried),
        _together(one.due for one in owed),
    )
    through = _through(pool, days)
    stopped = (pool.blocked and bool(owed)) or bool(late_before(terms, through, day, rule))
    return Stood(as_of(terms, through, day)._replace(stopped=stopped))


def _together(some: Iterable[Kept]) -> Parts:
    """Parts of all that earlier periods left."""
    return parts(by_day(part for kept in some for part in parts_kept(kept)))


def _through(pool: PoolRow, days: Mapping[date, Kgs]) -> Through:
    return lambda day: list(standings(pool.kgs, days, day))[-1][1]


def balance_on(
    pool: PoolRow | None,
    day: date,
    later: Mapping[date, Kgs],
    policy: Policy,
    stopped: Sequence[Stop] = (),
    serves: date | None = None,
) -> BalanceOn:
    """The balance; `later` is what was booked on each day after that one, or behind `asked_from`
    where that is earlier; `stopped` why the periods before let nothing be claimed, where they do.
    What was carried in, and has no other day, `serves` through one: through the pool's last, if its
    scope does not go over before its period would have ended."""
    rule = rule_of(policy)
    stands = list(standings(pool.kgs if pool else NO_KGS, later, day))
    _, masses = stands[-1]
    stood, found = stood_on(pool, day, later, rule) if pool else Stood(), figures(masses)
    made = cover(found, stood.terms, rule)
    now, late = _now(pool, day, later, rule) if pool else (Terms(), ())
    least, barred = tightest(stands, now, rule), None
    short = cover(figures(stands[0][1]), now, rule).own_kg < 0
    if pool and pool.closed_on is not None:
        least, barred = Tightest(day, 0), f"the period was closed on {pool.closed_on}"
    elif now.stopped and short:
        before_it = (in_words(stopped),) if pool and pool.blocked else ()
        least, barred = Tightest(stands[0][0], 0), "; ".join((*before_it, *not_in_time(late)))
    bound = next(kgs for one, kgs in stands if one == least.day)
    own = min(least.available_kg, max(0, cover(figures(bound), now, rule).own_kg))
    how = barred or _found(least, Tightest(day, made.available_kg))
    return BalanceOn(
        masses,
        found,
        stood,
        made,
        least,
        own,
        barred,
        how,
        working(found, stood.terms, policy),
        unused(found, now, serves or pool.ends_on, day) if pool else (),
        stopped=now.stopped and short,
        made_good=now.stopped and not short,
        owed_covered=_met(found, stood.terms, rule) and _met(figures(stands[0][1]), now, rule),
        covering_kg=min(_covering(made), _covering(cover(figures(stands[0][1]), now, rule))),
        late=late,
        lapses_on=_lapses_on(pool, day, later, now, least, rule) if pool else None,
        overdue_on=_overdue_on(pool, day, later, now, least, rule) if pool else None,
    )


def _covering(made: Cover) -> int:
    """What there is to make good with what is owed, before anything new is claimed."""
    return max(0, made.carried_kg) + made.max_output_kg


def _met(found: Figures, terms: Terms, rule: Rule) -> bool:
    """Whether something is owed, and the books cover all of it, whenever it is due."""
    return terms.owed_kg > 0 and not closing(found, terms, rule, ALL_DUE).unmet_kg


def _now(pool: PoolRow, day: date, days: Mapping[date, Kgs], rule: Rule) -> tuple[Terms, Parts]:
    """What bears by now on the cover of a claim of a day, and what was late before it."""
    left = [LeftBefore(*one) for one in pool.left_before]
    lasting, due = _together(one.lasting for one in left), _together(one.due for one in left)
    terms = Terms(pool.carried_kg, pool.owed_kg, pool.case_declared, lasting, due)
    through = _through(pool, days)
    late = late_before(terms, through, day, rule)
    stopped = pool.blocked or bool(late)
    return as_of(terms, through, day)._replace(stopped=stopped), late


def _lapses_on(
    pool: PoolRow,
    day: date,
    days: Mapping[date, Kgs],
    now: Terms,
    least: Tightest,
    rule: Rule,
) -> date | None:
    """The first day, from one on, behind which that can be claimed no more, since a part of what is
    carried lapses then."""
    for last in (one.day for one in now.lasting if day <= one.day < pool.ends_on):
        then = _now(pool, last + ONE_DAY, days, rule)[0]._replace(stopped=now.stopped)
        left = standings(pool.kgs, days, last + ONE_DAY)
        if tightest(left, then, rule).available_kg < least.available_kg:
            return last
    return None


def _overdue_on(
    pool: PoolRow,
    day: date,
    days: Mapping[date, Kgs],
    now: Terms,
    least: Tightest,
    rule: Rule,
) -> date | None:
    """The same since an overdraft has its last day then, and was not made good by all that is known
    now: from the next on nothing is claimed, or nothing ahead of input."""
    for last in (one.day for one in now.due if day <= one.day < pool.ends_on and not now.stopped):
        then, _ = _now(pool, last + ONE_DAY, days, rule)
        left = list(standings(pool.kgs, days, last + ONE_DAY))
        most = [_most(left, terms, rule) for terms in (then, then._replace(stopped=False))]
        if most[0] < min(most[1], least.available_kg):
            return last
    return None


def _most(stands: Sequence[tuple[date, Kgs]], terms: Terms, rule: Rule) -> int:
    """How much can be claimed of the last of some days, the last first."""
    short = cover(figures(stands[0][1]), terms, rule).own_kg < 0
    return 0 if terms.stopped and short else tightest(stands, terms, rule).available_kg


def _found(least: Tightest, then: Tightest) -> str:
    if least == then:
        return "as available: no later day covers less"
    if least.day == then.day:
        return "by what is known by now of what is carried, owed and declared"
    return f"the least of this day and of each later one: that of {least.day}"
