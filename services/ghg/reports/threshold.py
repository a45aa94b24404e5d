"""Criterion 5.2: the mine-to-metal intensity of a smelter against its limit. Pure.

Source: sources.md 3.3. Limits, years, comparators and the reading of "by the end of" are policy.
Nothing is rounded before it is compared. An assessment lists every check that it made, each with
its gap, so that a refusal shows what was missed, by how much, and what was read into the rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from contracts.ghg import Finding
from contracts.inventory import Severity
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.working import PERCENT

SOURCE = "sources.md 3.3, criterion 5.2"
EXIT_RATE = "parameter.exit_rate"


class Comparator(StrEnum):
    """Whether the limit itself passes."""

    AT_MOST = "at_most"
    BELOW = "below"


class Reading(StrEnum):
    """What a year is judged by: its average, or the rate on its last day."""

    CALENDAR_YEAR_AVERAGE = "calendar_year_average"
    EXIT_RATE = "exit_rate"


class Plan(NamedTuple):
    """A reduction roadmap: whether it was accepted, its planned intensities (t CO2e/t Al), and what
    it lacks to be accepted, in words (empty: nothing, or there is none)."""

    accepted: bool
    planned: Mapping[int, Decimal]
    lacks: str = ""


class Check(NamedTuple):
    """One comparison, in t CO2e/t Al. `gap` is what must go to reach the limit (0 or less: it is
    reached), `gap_percent` the same of the value. A value that nobody gave does not hold."""

    what: str
    year: int
    value: Decimal | None
    comparator: Comparator
    limit: Decimal
    holds: bool

    @property
    def gap(self) -> Decimal | None:
        """Tonnes of CO2e per tonne above the limit."""
        return None if self.value is None else self.value - self.limit

    @property
    def gap_percent(self) -> Decimal | None:
        """The cut that reaches the limit, in per cent of the value."""
        if self.value is None or self.gap is None:
            return None
        return Decimal(0) if self.value == 0 else self.gap * PERCENT / self.value


class Assessment(NamedTuple):
    """Whether a smelter meets 5.2, by which way, and every check on that way."""

    meets: bool
    way: str
    checks: tuple[Check, ...]
    reading: Reading
    policy_id: str

    @property
    def missed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.holds)


class Smelter(NamedTuple):
    """What is judged: first year of production, the data's calendar year, its average intensity
    and, where the policy reads so, the rate at that year's end (t CO2e/t Al)."""

    start_year: int
    data_year: int
    intensity: Decimal
    exit_rate: Decimal | None = None


NO_PLAN = Plan(False, {})
NO_ROADMAP = "existing smelter, no roadmap"
GRAVE = frozenset({Severity.BLOCK, Severity.MAJOR})


def exit_rate_of(data: Iterable[Datum]) -> Decimal | None:
    """The rate at the year's end as the activity data tell it, in t CO2e/t Al: the highest where
    they tell several (lines of cells), None where they tell none."""
    return max((one.quantity for one in data if one.item == EXIT_RATE), default=None)


def doubted_by(
    findings: Iterable[Finding], policy: Policy, of_report: Iterable[Finding] = ()
) -> Sequence[Finding]:
    """The grave findings by which the intensity itself may be too low: who says that the criterion
    is met says them beside it. `of_report` are those that the report of a regime adds: under other
    warming potentials numbers can be mixed that are not in the result (R-18). Each is told once."""
    rules = policy.words("5.2.doubted_by")
    grave = (one for one in chain(findings, of_report) if one.severity in GRAVE)
    found = {(one.rule, one.sentence): one for one in grave if one.rule in rules}
    return list(found.values())


def assess(smelter: Smelter, plan: Plan, policy: Policy) -> Assessment:
    """Criterion 5.2 for one smelter and year. Refused `intensity-impossible` at or below zero,
    `start-after-data` when it had not started yet, `exit-rate-missing` where that is read."""
    _check_input(smelter)
    if smelter.start_year > policy.integer("5.2.new_after"):
        limit = policy.decimal("5.2.new.limit")
        comparator = Comparator(policy.text("5.2.new.comparator"))
        one = check("intensity", smelter.data_year, smelter.intensity, comparator, limit)
        return _assessment("new smelter", (one,), policy)
    comparator = Comparator(policy.text("5.2.existing.comparator"))
    final = policy.decimal("5.2.existing.final.limit")
    final_year = policy.integer("5.2.existing.final.year")
    now = check("intensity", smelter.data_year, smelter.intensity, comparator, final)
    if now.holds:
        return _assessment("existing smelter, below the final limit", (now,), policy)
    if smelter.data_year >= final_year:
        what, value = _judged(smelter, policy)
        last = check(what, smelter.data_year, value, comparator, final)
        return _assessment("existing smelter, final limit", (last,), policy)
    interim = policy.decimal("5.2.existing.interim.limit")
    interim_year = policy.integer("5.2.existing.interim.year")
    if smelter.data_year < interim_year:
        first = _planned(plan, interim_year, comparator, interim)
    else:
        what, value = _judged(smelter, policy)
        first = check(what, smelter.data_year, value, comparator, interim)
    second = _planned(plan, final_year, comparator, final)
    way = "existing smelter with a roadmap" if plan.accepted else NO_ROADMAP
    return _assessment(way, (first, second), policy, also=plan.accepted)


def check(
    what: str, year: int, value: Decimal | None, comparator: Comparator, limit: Decimal
) -> Check:
    """One comparison, unrounded."""
    if value is None:
        holds = False
    elif comparator is Comparator.AT_MOST:
        holds = value <= limit
    else:
        holds = value < limit
    return Check(what, year, value, comparator, limit, holds)


def _planned(plan: Plan, year: int, comparator: Comparator, limit: Decimal) -> Check:
    return check("planned intensity", year, plan.planned.get(year), comparator, limit)


def _judged(smelter: Smelter, policy: Policy) -> tuple[str, Decimal]:
    """What a year is judged by, and its value. Only the years by whose end something must be
    reached have an exit rate: in any other year the average counts under both readings."""
    ends = {policy.integer("5.2.existing.interim.year"), policy.integer("5.2.existing.final.year")}
    reading = Reading(policy.text("5.2.reading"))
    if reading is Reading.CALENDAR_YEAR_AVERAGE or smelter.data_year not in ends:
        return "intensity", smelter.intensity
    if smelter.exit_rate is None:
        raise Refused(
            "exit-rate-missing",
            f"the policy judges {smelter.data_year} by the rate on its last day: give it as"
            f" {EXIT_RATE}, in t CO2e/t.",
            data_year=smelter.data_year,
            item=EXIT_RATE,
        )
    return "rate at the year's end", smelter.exit_rate


def _check_input(smelter: Smelter) -> None:
    for value in (smelter.intensity, smelter.exit_rate):
        if value is not None and value <= 0:
            raise Refused(
                "intensity-impossible",
                f"{value} t CO2e/t Al cannot be: making aluminium always gives something off.",
                intensity=value,
            )
    if smelter.start_year > smelter.data_year:
        raise Refused(
            "start-after-data",
            f"production began in {smelter.start_year}, the data are of {smelter.data_year}.",
            start_year=smelter.start_year,
            data_year=smelter.data_year,
        )


def _assessment(
    way: str, checks: tuple[Check, ...], policy: Policy, also: bool = True
) -> Assessment:
    meets = also and all(one.holds for one in checks)
    reading = Reading(policy.text("5.2.reading"))
    return Assessment(meets, way, checks, reading, policy.policy_id)
