"""What of an overdraft is covered by the books of the pool that owes it, and since when. Pure.

It is made good on the first day from which on the books cover all of it: as of that day and of
every later one, by all that is known now. So what is booked late is as if it had come in time, and
news that comes and goes moves nothing. Rules: sources.md 5.4.
"""

from datetime import date
from typing import NamedTuple

from contracts.custody import MadeGood, Switched
from services.coc_ledger.pools.state import Pool

from .balance import Rule, Terms, closing, cover, figures, late_before, max_output, owed
from .lasting import Ending, Until, by_day, parts, total, without
from .period import ONE_DAY


class Covered(NamedTuple):
    """What of that which is owed is not covered; `since` when all of it is. Where part of it has a
    last day of its own: `first_on` is the first of all these days, `due_on` and `late_kg` are as
    `OverdraftMadeGood` tells them."""

    missing_kg: int
    first_on: date | None = None
    due_on: date | None = None
    late_kg: int = 0
    since: date | None = None

    @property
    def made_good(self) -> MadeGood | None:
        """As a close tells it."""
        return MadeGood(since=self.since, due_on=self.due_on) if self.since else None


class Told(NamedTuple):
    """Since when all is covered, as it was told, and from which day on something was booked
    afterwards: no day before that is another one than it was."""

    since: date
    booked_from: date


def missing(
    state: Pool, terms: Terms, switched: Switched | None, on: date, rule: Rule
) -> Covered | None:
    """What of that which is owed by some terms is not covered by all that is booked by a day; None
    where nothing is owed. Since when it is, is not looked for."""
    if state.key is None or not terms.owed_kg:
        return None
    assert state.ends_on is not None  # it was opened
    found, lapsed_kg = figures(state.kgs), state.lapsed(terms, state.ends_on)
    if not terms.due and switched is None:
        ending = Ending(state.ends_on, lapsed_kg, None, state.blocked)
        return Covered(closing(found, terms, rule, ending).unmet_kg)
    last = switched.carried_until if switched else state.ends_on
    plain = Until(last, max(0, terms.owed_kg - total(terms.due)))
    every = parts(by_day(one for one in (*terms.due, plain) if one.kg))
    made = terms.carried_kg - lapsed_kg + cover(found, terms, rule).max_output_kg
    open_ = without(every, made)
    late = late_before(terms, state.through, min(on, state.ends_on + ONE_DAY), rule)
    due_on = (late or open_ or every[-1:])[0].day
    return Covered(total(open_), every[0].day, due_on, total(late))


def covered(
    state: Pool,
    terms: Terms,
    switched: Switched | None,
    on: date,
    rule: Rule,
    told_before: Told | None = None,
) -> Covered | None:
    """The same, and since when all is covered where it is. With what was `told_before`, of the same
    terms, few days are looked at as a rule: a booking is of one of the last."""
    told = missing(state, terms, switched, on, rule)
    if told is None or told.missing_kg:
        return told
    assert state.ends_on is not None  # something is owed in it
    since = _since(state, terms, rule, told_before)
    in_time = told.due_on if told.due_on is not None and not told.late_kg else state.ends_on
    return told._replace(since=min(since, in_time) if since else None)


def _since(state: Pool, terms: Terms, rule: Rule, told: Told | None) -> date | None:
    """The first day from which on all is covered; None where it is not on the last, by older
    bookings (input below zero)."""
    assert state.key is not None  # something is owed in it
    assert state.ends_on is not None
    carried_kg = terms.carried_kg - state.lapsed(terms, state.ends_on)
    since, first = None, state.key.period
    if told is not None and told.since < told.booked_from:
        first = told.booked_from
    for day, kgs in state.standings(first):
        found = figures(kgs)
        earned = max_output(found, cap_at_input=rule.cap_at_input)
        if carried_kg + earned < owed(found, terms):
            return since
        since = day
    return since if told is None or first == state.key.period else told.since
