"""The mass balance of a pool: what may be claimed, from what, until when, with its working. Pure.

    input percentage  = Input (the CoC part) / Inflow
    maximum output    = input percentage x all Output, rounded down, and never more than Input
    cover             = maximum output + balance carried + internal overdraft - overdraft owed
    available         = cover - what was designated, never below zero
    claimable         = the least of what is available on a day and on every later one

Integers only; every rounding is down, so that no kilogram is claimed that was not covered. Where
metal without CoC arrives before its output leaves, the percentage falls for a while: what was
claimed before stays claimed, and nothing more can be until output has followed (`shortfall_kg`).
Rules: sources.md 5.3 (percentage; W10, W11), 5.4 (carry-over, overdraft).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Account
from infra.policy import Policy

from .accounts import INFLOWS, INPUTS, OUTPUTS, PLACE, Kgs
from .lasting import NO_ENDING, Ending, Parts, Until, split, total, without


class Figures(NamedTuple):
    """The four masses that the rule is about, of one pool."""

    inflow_kg: int
    input_kg: int
    output_kg: int
    designated_kg: int


class Terms(NamedTuple):
    """What else bears on the cover. `case` is a declared case of force majeure; `lasting` are the
    parts of what is carried, and `due` those of what is owed, that have a last day of their own.
    `stopped`: something was not made good in time, or was claimed without cover, before the day on
    which a claim is made. As of a day, `lapsed_kg` of the balance are there no more, and not in
    `carried_kg`."""

    carried_kg: int = 0
    owed_kg: int = 0
    case: bool = False
    lasting: Parts = ()
    due: Parts = ()
    stopped: bool = False
    lapsed_kg: int = 0


class Rule(NamedTuple):
    """The figures of a policy that the balance uses."""

    policy_id: str
    cap_at_input: bool
    carry_over: bool
    overdraft_percent: int
    needs_case: bool
    while_stopped: bool


class Cover(NamedTuple):
    """What may be claimed. `overdraft_used_kg` is claimed already without input behind it."""

    max_output_kg: int
    carried_kg: int
    owed_kg: int
    overdraft_kg: int
    designated_kg: int
    available_kg: int
    overdraft_used_kg: int
    shortfall_kg: int

    @property
    def own_kg(self) -> int:
        """The cover without overdraft, less what is claimed."""
        return self.carried_kg + self.max_output_kg - self.owed_kg - self.designated_kg


class Tightest(NamedTuple):
    """The day on which least can be claimed of all from one on, and how much that is."""

    day: date
    available_kg: int


class Closing(NamedTuple):
    """What a period leaves. `unmet_kg` was owed and not made good; `excess_kg` was claimed beyond
    the overdraft allowed. `lasting` of the balance, and `due` of what is owed, have a last day of
    their own; `ahead_kg` of what is owed was claimed in the period itself, and `late_kg` was not
    made good by a day of its own within it, whatever became of that since."""

    max_output_kg: int
    balance_kg: int
    expired_kg: int
    owed_kg: int
    unmet_kg: int
    excess_kg: int
    lasting: Parts = ()
    due: Parts = ()
    ahead_kg: int = 0
    late_kg: int = 0


class Line(NamedTuple):
    """One step of the working: a name, its kilograms, how it was found, and what rule says so."""

    name: str
    kg: int
    how: str
    source: str
    evidence: str


def rule_of(policy: Policy) -> Rule:
    """The balance's figures of a policy."""
    return Rule(
        policy.policy_id,
        policy.flag("balance.cap_at_input"),
        policy.flag("balance.carry_over"),
        policy.integer("overdraft.percent_of_input"),
        policy.flag("overdraft.needs_case"),
        policy.flag("overdraft.while_stopped"),
    )


def figures(kgs: Kgs) -> Figures:
    """The figures of a pool, from the masses of its accounts."""
    return Figures(
        -sum(kgs[PLACE[account]] for account in INFLOWS),
        -sum(kgs[PLACE[account]] for account in INPUTS),
        sum(kgs[PLACE[account]] for account in OUTPUTS),
        kgs[PLACE[Account.OUTPUT_COC]],
    )


def max_output(found: Figures, *, cap_at_input: bool) -> int:
    """The part of the output that Input covers, rounded down to the kilogram."""
    if found.inflow_kg <= 0 or found.input_kg <= 0 or found.output_kg <= 0:
        return 0
    share = found.input_kg * found.output_kg // found.inflow_kg
    return min(share, found.input_kg) if cap_at_input else share


def overdraft(found: Figures, terms: Terms, rule: Rule) -> int:
    """How much may be claimed ahead of input in this period."""
    if rule.needs_case and not terms.case:
        return 0
    if terms.stopped and not rule.while_stopped:
        return 0
    return max(found.input_kg, 0) * rule.overdraft_percent // 100


def owed(found: Figures, terms: Terms) -> int:
    """Kilograms to be made good. Input below zero came off what an earlier period had taken in and
    may have claimed on: it is owed, and expires no more than an overdraft does. By the rule of then
    a delivery of a closed period that counted no longer was booked so."""
    return terms.owed_kg + max(0, -found.input_kg)


def cover(found: Figures, terms: Terms, rule: Rule) -> Cover:
    """What may be claimed by these figures."""
    earned = max_output(found, cap_at_input=rule.cap_at_input)
    allowed = overdraft(found, terms, rule)
    due = owed(found, terms)
    own = terms.carried_kg + earned - due
    return Cover(
        earned,
        terms.carried_kg,
        due,
        allowed,
        found.designated_kg,
        max(0, own + allowed - found.designated_kg),
        max(0, min(found.designated_kg, found.designated_kg - own)),
        max(0, found.designated_kg - max(0, own + allowed)),
    )


def tightest(standings: Iterable[tuple[date, Kgs]], terms: Terms, rule: Rule) -> Tightest:
    """A claim counts on its own day and on all that follow, so that all of them have to cover it;
    of days alike the first."""
    found = (Tightest(day, cover(figures(kgs), terms, rule).available_kg) for day, kgs in standings)
    return min(found, key=lambda one: (one.available_kg, one.day))


def wanted(found: Figures, terms: Terms) -> int:
    """What takes of a balance that is carried: what is owed, and what was claimed."""
    return owed(found, terms) + found.designated_kg


Through = Callable[[date], Kgs]
"""The masses of a pool through a day."""


def lapsed_before(terms: Terms, through: Through, day: date) -> int:
    """What of a balance with a last day of its own lapsed before a day, unused. All days are asked
    as they stand now, so that what is booked late is as if it had come in time."""
    gone = there = 0
    for last, kg in terms.lasting:
        if last >= day:
            break
        there += kg
        gone = max(gone, there - max(0, wanted(figures(through(last)), terms)))
    return gone


def as_of(terms: Terms, through: Through, day: date) -> Terms:
    """What bears on the cover of a claim of a day: what lapsed before that is not there."""
    gone = lapsed_before(terms, through, day)
    return terms._replace(carried_kg=terms.carried_kg - gone, lapsed_kg=gone)


def late_before(terms: Terms, through: Through, day: date, rule: Rule) -> Parts:
    """What of that which is owed was to be made good before a day, and was not in time: of each
    part, by its last day, as much as was missing on that."""
    to_make_good, late = 0, list[Until]()
    for last, kg in terms.due:
        if last >= day:
            break
        to_make_good += kg
        earned = max_output(figures(through(last)), cap_at_input=rule.cap_at_input)
        made_good = terms.carried_kg - lapsed_before(terms, through, last) + earned
        if (missing := min(kg, to_make_good - made_good)) > 0:
            late.append(Until(last, missing))
    return tuple(late)


def unused(found: Figures, terms: Terms, ends_on: date, day: date) -> Parts:
    """What is left on a day of what was carried in, by the last day on which it serves; `terms` and
    `found` are those of the day."""
    lasting = tuple(one for one in terms.lasting if one.day >= day)
    plain = Until(ends_on, terms.carried_kg + terms.lapsed_kg - total(terms.lasting))
    used_in_time = total(terms.lasting) - total(lasting) - terms.lapsed_kg
    return without(tuple(sorted((plain, *lasting))), wanted(found, terms) - used_in_time)


def closing(found: Figures, terms: Terms, rule: Rule, end: Ending = NO_ENDING) -> Closing:
    """What the period leaves to the next one.

    A balance that was carried in is used first; what is left of it expires. What was owed is made
    good first. Where the scope goes over, and after it did, each part has the last day that it
    would have without that: what it is carried into does not change it.
    """
    earned = max_output(found, cap_at_input=rule.cap_at_input)
    left = terms.carried_kg - end.lapsed_kg + earned - wanted(found, terms)
    if left < 0:
        return _overdrawn(found, terms, rule, end, -left)
    if not rule.carry_over:
        return Closing(earned, 0, left + end.lapsed_kg, 0, 0, 0)
    used = max(0, wanted(found, terms))
    plain = Until(_serves(end), terms.carried_kg - total(terms.lasting))
    now, later = split(plain, terms.lasting, end.last)
    expired = max(end.lapsed_kg, now - used)
    balance = left + end.lapsed_kg - expired
    lasting = without(later, used - (now - expired))
    if end.switched is not None:
        lasting += (Until(end.switched.earned_until, balance - total(lasting)),)
    return Closing(earned, balance, expired, 0, 0, 0, lasting)


def _overdrawn(found: Figures, terms: Terms, rule: Rule, end: Ending, over_kg: int) -> Closing:
    """A period in which more was claimed, and was owed, than there was cover for."""
    earned = max_output(found, cap_at_input=rule.cap_at_input)
    made_good = terms.carried_kg - end.lapsed_kg + earned
    plain = Until(_serves(end), owed(found, terms) - total(terms.due))
    now, later = split(plain, terms.due, date.max if end.stopped else end.last)
    unmet = max(0, now - made_good)
    due = without(later, made_good - now)
    ahead = over_kg - unmet - total(due)
    # a stop is told of claims that are asked for; what was claimed before it was allowed then
    excess = max(0, ahead - overdraft(found, terms._replace(stopped=False), rule))
    if end.switched is not None:
        due += (Until(end.switched.earned_until, ahead),)
    return Closing(earned, 0, end.lapsed_kg, over_kg, unmet, excess, (), due, max(0, ahead))


def _serves(end: Ending) -> date:
    """Through which day that serves which was carried into a period, and has no day of its own."""
    return end.switched.carried_until if end.switched is not None else end.last


def percentage(found: Figures) -> str:
    """The input percentage to four places, rounded down, for people."""
    if found.inflow_kg <= 0:
        return "0"
    whole = found.input_kg * 1_000_000 // found.inflow_kg
    return f"{whole // 10_000}.{whole % 10_000:04d}"


def working(found: Figures, terms: Terms, policy: Policy) -> Sequence[Line]:
    """The cover step by step, each with the rule behind it."""
    rule = rule_of(policy)
    made = cover(found, terms, rule)
    percent = policy.figure("balance.rule")
    capped, carry = policy.figure("balance.cap_at_input"), policy.figure("balance.carry_over")
    over = policy.figure("overdraft.percent_of_input")
    earned = (
        f"{found.input_kg} x {found.output_kg} / {found.inflow_kg}, rounded down"
        if found.inflow_kg > 0
        else "nothing came in"
    )
    if rule.cap_at_input:
        earned += ", at most the input"
    allowed = f"{rule.overdraft_percent} % of the input"
    allowed += "; a case was declared" if terms.case else "; no case was declared"
    if terms.stopped and not rule.while_stopped:
        allowed = "none in a period in which an earlier one stops claims"
    return (
        Line("inflow", found.inflow_kg, "all that came in", percent.source, percent.evidence),
        Line("input", found.input_kg, "the CoC part of it", percent.source, percent.evidence),
        Line("output", found.output_kg, "products and scrap", percent.source, percent.evidence),
        Line("maximum output", made.max_output_kg, earned, capped.source, capped.evidence),
        Line("carried", made.carried_kg, "left by the period before", carry.source, carry.evidence),
        Line("owed", -made.owed_kg, "overdraft to be made good", over.source, over.evidence),
        Line(
            "overdraft",
            made.overdraft_kg,
            allowed,
            over.source,
            over.evidence,
        ),
        Line("designated", -made.designated_kg, "claimed so far", percent.source, percent.evidence),
        Line("available", made.available_kg, "the sum, never below zero", "", "derived"),
    )
