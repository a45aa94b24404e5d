"""Which year a pathway starts from, on what evidence, and when it must start anew. Pure.

Source: sources.md 4.9: that a decision tree picks the base year and names its evidence is known,
the tree itself was not found. Ours: of the years from the first that is offered that are over and
whole (every facility that produced has figures), the latest that is verified and representative;
else the mean of the last ones. After a structural change above a threshold the base is made again
with the facilities as they are now.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg_plans import ChangeKind as ChangeKind
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt, given
from services.ghg.findings.context import listed

from .pathway import Base

SOURCE = "sources.md 4.9"
ZERO = Decimal(0)
YEARS_NAMED = 3
"""So many years stand in a sentence, the latest ones."""
LONGEST = 600
"""Letters of a sentence that events keep (`contracts.ghg.Sentence`)."""


class Year(NamedTuple):
    """A year with data: t CO2e, t of product, and what is there to prove it. `representative`
    says that output was usual, no line stood still for long. `absent` are the facilities that
    produced and have no figures, `unverified` those whose figures nobody has verified."""

    year: int
    emission_t: Decimal
    output_t: Decimal
    verified: bool
    representative: bool
    evidence: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


class Decision(NamedTuple):
    """The base, by which rule, from which years; the evidence that is asked for and the part of
    it that is still missing, by year."""

    base: Base
    rule: str
    years: tuple[int, ...]
    asked: tuple[str, ...]
    missing: tuple[tuple[int, str], ...]
    doubts: tuple[Doubt, ...]


class Change(NamedTuple):
    """A structural change, with what it brings (takes, for a divestment) in one year of the base.
    A change of method has signs of its own."""

    kind: ChangeKind
    emission_t: Decimal
    output_t: Decimal


class Rebased(NamedTuple):
    """The base after structural changes. `moved` says whether it was made again; `change_percent`
    is how much of the base's emission came, went or was counted anew (what is bought and what is
    sold do not cancel out), or how much its intensity moves by all of it, where that is more:
    output that is counted anew moves what targets are of, and no emission."""

    emission_t: Decimal
    output_t: Decimal
    base: Base
    moved: bool
    change_percent: Decimal


def decide_base(years: Sequence[Year], policy: Policy, running: int) -> Decision:
    """The base year, of years before the `running` one. Refused `base-year-missing` when no year
    can be one, with what each lacks; `year-twice`."""
    first = policy.integer("5.3.base.first_year")
    offered = sorted((one for one in years if one.year >= first), key=lambda one: one.year)
    if len({one.year for one in offered}) != len(offered):
        raise Refused("year-twice", "a year is given twice.", years=[one.year for one in offered])
    for one in offered:
        given(f"emission of {one.year}", one.emission_t, "t CO2e")
        given(f"output of {one.year}", one.output_t, "t")
    usable = [one for one in offered if _lacks(one, running) is None]
    passed = [one for one in offered if one.absent and one.year < running]
    fitting = [one for one in usable if one.verified and one.representative]
    if fitting:
        return _decision(fitting[-1:], "latest verified representative year", passed, policy)
    count = policy.integer("5.3.base.mean_years")
    if len(usable) < count:
        lacking = [f"{one.year} {what}" for one in offered if (what := _lacks(one, running))]
        told = f" Not taken: {_latest(lacking, '; ')}." if lacking else ""
        raise Refused(
            "base-year-missing",
            f"no verified representative year from {first} on that is over and whole, and fewer"
            f" than {count} such years with data.{told}",
            first_year=first,
            years=[one.year for one in usable],
            missing=[f"{one.year}: {name}" for one in passed for name in one.absent],
        )
    return _decision(usable[-count:], f"mean of the last {count} years", passed, policy)


def _lacks(one: Year, running: int) -> str | None:
    """Why a year cannot be a base, nor a part of one; None where it can."""
    if one.year >= running:
        return "is not over"
    if one.absent:
        return f"has no figures of {listed(one.absent)}"
    return None if one.output_t > 0 else "tells no tonnes"


def _decision(
    chosen: Sequence[Year], rule: str, passed: Sequence[Year], policy: Policy
) -> Decision:
    """`passed` are years that are over and not whole: doubted where they are later than the
    first one chosen, as the base would else be of them."""
    emission = sum((one.emission_t for one in chosen), ZERO)
    output = sum((one.output_t for one in chosen), ZERO)
    base = Base(chosen[-1].year, emission / output)  # a mean weighted by output
    asked = policy.words("5.3.base.evidence")
    missing = [(one.year, what) for one in chosen for what in asked if what not in one.evidence]
    doubts: list[Doubt] = []
    if len(chosen) > 1:
        sentence = "No single year is verified and representative: the base is a mean."
        doubts.append(Doubt("base_is_a_mean", sentence, SOURCE))
    unverified = [(one.year, one.unverified) for one in chosen if not one.verified]
    if unverified:
        doubts.append(Doubt("base_unverified", _told("Not verified: ", unverified), SOURCE))
    later = [(one.year, one.absent) for one in passed if one.year > chosen[0].year]
    if later:
        sentence = _told("Not whole, and so no base, for want of figures: ", later)
        doubts.append(Doubt("years_not_whole", sentence, SOURCE))
    years = tuple(one.year for one in chosen)
    return Decision(base, rule, years, asked, tuple(missing), tuple(doubts))


def _told(start: str, years: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Years with the facilities concerned; with their number where the names are too long."""
    named = [f"{year} ({listed(names)})" if names else str(year) for year, names in years]
    sentence = f"{start}{_latest(named, ', ')}."
    if len(sentence) <= LONGEST:
        return sentence
    return (
        f"{start}{_latest([f'{year} ({len(names)} facilities)' for year, names in years], ', ')}."
    )


def _latest(told: Sequence[str], between: str) -> str:
    """The last years of many."""
    before = len(told) - YEARS_NAMED
    more = f"{between}and {before} before" if before > 0 else ""
    return between.join(told[-YEARS_NAMED:]) + more


def rebase(
    years: Sequence[int],
    emission_t: Decimal,
    output_t: Decimal,
    changes: Sequence[Change],
    policy: Policy,
) -> Rebased:
    """The base with facilities as they are now, if more than the threshold of the base's emission
    is concerned, or of its intensity; else the base as it was. `emission_t` and `output_t` are the
    sums of all `years` of the base, a change is told of one: it counts once in each of them.
    Refused `base-year-missing` when nothing is left to base on."""
    given("emission of the base year", emission_t, "t CO2e")
    given("output of the base year", output_t, "t")
    year = years[-1]
    emission, output, touched = emission_t, output_t, ZERO
    for change in changes:
        times = -len(years) if change.kind is ChangeKind.DIVESTMENT else len(years)
        touched += len(years) * abs(change.emission_t)
        emission += times * change.emission_t
        output += times * change.output_t
    if emission_t == 0 or output_t == 0 or emission <= 0 or output <= 0:
        raise Refused(
            "base-year-missing",
            f"nothing is left of the base year {year}: choose another.",
            year=year,
        )
    before, after = emission_t / output_t, emission / output
    moved_by = max(touched / emission_t, abs(after - before) / before) * PERCENT
    if moved_by > policy.decimal("5.3.rebase.percent"):
        return Rebased(emission, output, Base(year, after), True, moved_by)
    return Rebased(emission_t, output_t, Base(year, before), False, moved_by)
