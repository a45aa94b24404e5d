"""What a rule may look at, and what it says. Pure.

Fields beyond inventory, result, policy and the day of the report may be left out: a rule that
needs one says nothing without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from contracts.inventory import Regime
from contracts.values import plain
from infra.policy import Policy
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.calculation.lines import Result
from services.ghg.claims.wording import ClaimEvidence
from services.ghg.factors.book import FactorBook
from services.ghg.plans.pathway import Pathway, Target
from services.ghg.reports.cut_offs import CutOff
from services.ghg.reports.threshold import NO_PLAN, Plan

NAMED = 5
"""So many ids stand in a sentence; the finding itself names more."""
DIGITS = 4
NO_MASSES: Mapping[str, Decimal] = MappingProxyType({})
NOBODY: Mapping[str, str] = MappingProxyType({})


class Spread(NamedTuple):
    """The 10th and the 90th percentile of similar sites."""

    low: Decimal
    high: Decimal


class Verification(NamedTuple):
    """An independent verifier's statement; what is empty was not said."""

    verified_on: date | None = None
    accreditation: str = ""
    scope: str = ""
    statement: str = ""


class Publication(NamedTuple):
    """Criterion 5.1: the day on which this year is published, or asked to be; the years that were
    disclosed before; the first year that had to be."""

    published_on: date | None = None
    disclosed: frozenset[int] = frozenset()
    first_year: int | None = None


class UsedPathway(NamedTuple):
    """The method by which a pathway was made (empty: by none) and the day of its audit."""

    method: str
    audited_on: date


class TargetSet(NamedTuple):
    """An intermediate target, the year in which it was set, and the pathway that it is on, if one
    is set."""

    target: Target
    set_in: int
    pathway: Pathway | None = None


class OfReport(NamedTuple):
    """A report in the place of a result: `Context.result` then has the lines that count in it,
    under the sets of its regime. `laid_down` says that the regime names the warming potentials, so
    that nobody can choose others; `embedded` are data of bought metal whose embedded emissions it
    adds."""

    laid_down: bool
    embedded: Sequence[Datum] = ()


SupplierInput = tuple[str, str]
"""A supplier, and an item that it delivers."""


class Context(NamedTuple):
    """Everything that rules look at.

    `intensity` is mine to metal at the casthouse, in t CO2e/t Al; `primary_share` a fraction,
    worked out where it is not given; `book` the announcements that a grid factor could come from.
    `held_elsewhere` are certificates that another facility-year holds, with its name where the
    reader may know it. `inputs_asked` are those whose suppliers were asked for primary data and
    have not answered. `tenth_percentiles` are those of factors in use, by item, in kg CO2e per
    unit. `cut_offs` are those of the report under `regime`; `of_report` is set where that
    report is looked at, not the result. `sent_on` is the day on which the data came in: that of
    the report, where they are not kept.
    """

    inventory: Inventory
    result: Result
    policy: Policy
    reported_on: date
    regime: Regime = Regime.ASI_MINE_TO_METAL
    intensity: Decimal | None = None
    plan: Plan = NO_PLAN
    primary_share: Decimal | None = None
    book: FactorBook | None = None
    held_elsewhere: Mapping[str, str] = NOBODY
    inputs_asked: frozenset[SupplierInput] = frozenset()
    tenth_percentiles: Mapping[str, Decimal] = NO_MASSES
    similar_transport: Spread | None = None
    cut_offs: Sequence[CutOff] = ()
    verification: Verification | None = None
    publication: Publication | None = None
    pathway: UsedPathway | None = None
    target: TargetSet | None = None
    claims: Sequence[ClaimEvidence] = ()
    of_report: OfReport | None = None
    sent_on: date | None = None


class Fault(NamedTuple):
    """What a rule found: a sentence, and the ids of the data concerned. What is `told_only` weighs
    less than its rule does, and stops nothing; what is `graver` is a major fault though its rule is
    a minor one."""

    sentence: str
    data: Sequence[str] = ()
    told_only: bool = False
    graver: bool = False


def shown(value: Decimal) -> str:
    """A value for a sentence: as it is up to four digits, else rounded to them."""
    if value == 0 or len(value.as_tuple().digits) <= DIGITS:
        return plain(value)
    return plain(round(value, max(DIGITS - 1 - value.adjusted(), 0)))


def listed(names: Iterable[str], most: int = NAMED) -> str:
    """Some names, the first few of many."""
    every = sorted(set(names))
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
