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

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Account
from infra.policy import Policy

from .accounts import INFLOWS, INPUTS, OUTPUTS, PLACE, Kgs


class Figures(NamedTuple):
    """The four masses that the rule is about, of one pool."""

    inflow_kg: int
    input_kg: int
    output_kg: int
    designated_kg: int


class Terms(NamedTuple):
    """What else bears on the cover. `case` is a declared case of force majeure."""

    carried_kg: int = 0
    owed_kg: int = 0
    case: bool = False


class Rule(NamedTuple):
    """The figures of a policy that the balance uses."""

    policy_id: str
    cap_at_input: bool
    carry_over: bool
    overdraft_percent: int
    needs_case: bool


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
    the overdraft allowed."""

    max_output_kg: int
    balance_kg: int
    expired_kg: int
    owed_kg: int
    unmet_kg: int
    excess_kg: int


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


def closing(found: Figures, terms: Terms, rule: Rule) -> Closing:
    """What the period leaves to the next one.

    A balance that was carried in is used first; what is left of it expires. What was owed is made
    good first.
    """
    earned = max_output(found, cap_at_input=rule.cap_at_input)
    due = owed(found, terms)
    wanted = due + found.designated_kg
    left = terms.carried_kg + earned - wanted
    if left >= 0:
        expired = max(0, terms.carried_kg - max(wanted, 0))
        balance = left - expired if rule.carry_over else 0
        return Closing(earned, balance, left - balance, 0, 0, 0)
    unmet = max(0, due - terms.carried_kg - earned)
    excess = max(0, -left - unmet - overdraft(found, terms, rule))
    return Closing(earned, 0, 0, -left, unmet, excess)


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
    case = "a case was declared" if terms.case else "no case was declared"
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
            f"{rule.overdraft_percent} % of the input; {case}",
            over.source,
            over.evidence,
        ),
        Line("designated", -made.designated_kg, "claimed so far", percent.source, percent.evidence),
        Line("available", made.available_kg, "the sum, never below zero", "", "derived"),
    )
