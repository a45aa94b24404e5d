"""What an auditor would find in a result today. Pure: the stored result and the state of the day.

A stored result has the findings that follow from its data, its factor sets, its policy and its day
alone: calculated again, from the same, they are the same. Whatever depends on other streams, which
move on, is not stored with it but asked when it is read (`ASKED`): who holds a certificate for
power (R-12), which suppliers were asked (R-01), what was verified and disclosed (R-19, R-20), the
entity's plan, with target, pathway and roadmap (R-21 to R-23). So is what was announced since
(R-09, R-10): whoever reports an old result reports its grid factor on that day. So a result never
changes, and a finding goes when what it asked for was done. What stops a submission or a disclosure
is decided by the writer: the blocking findings of the stored result, and a claim on each
certificate (`power_certificate`).
How others' factors and transport are spread (R-17, R-07) is asked as well: of the latest results of
the same year (`population`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.ghg import Finding, Intensity, ResultCalculated, ResultVerified
from contracts.ghg_plans import PathwayFamily
from infra.policy import Policy
from services.ghg.calculation.lines import Result
from services.ghg.factors.book import FactorBook
from services.ghg.findings import (
    Context,
    Publication,
    TargetSet,
    UsedPathway,
    Verification,
    findings,
)
from services.ghg.findings.context import NOBODY, SupplierInput
from services.ghg.findings.registry import WEIGHT
from services.ghg.plans.roadmap import roadmap
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.plans.state import FamilyPlan, ReductionPlan

from .population import ALONE, Population
from .reckoning import judged
from .reporting import Reporting

ANNOUNCED = frozenset({"R-09", "R-10"})
"""Rules about the grid factor, which newer announcements make outdated or too coarse."""
ASKED = ANNOUNCED | {"R-01", "R-07", "R-12", "R-17", "R-19", "R-20", "R-21", "R-22", "R-23"}
UNANSWERED = frozenset({"open", "declined"})
ANSWERED = frozenset({"answered", "taken"})


class Today(NamedTuple):
    """The day, the announcements that there are, and what other streams say on it."""

    on: date
    book: FactorBook
    held_elsewhere: Mapping[str, str] = NOBODY
    requests: Sequence[DatumRequestRow] = ()
    reporting: Reporting = Reporting()
    verified: ResultVerified | None = None
    published_on: date | None = None
    plan: ReductionPlan = ReductionPlan()
    population: Population = ALONE


def current_findings(
    kept: ResultCalculated, working: Result, policy: Policy, today: Today
) -> tuple[Finding, ...]:
    """The stored findings but for those that are asked anew, and what these say today; the heaviest
    first and then by rule. `working` is that of the result, `policy` its own."""
    family = _family(kept.intensities)
    plan = today.plan.families.get(family)
    context = Context(
        inventory=working.inventory,
        result=working,
        policy=policy,
        reported_on=today.on,
        intensity=judged(kept.intensities),
        plan=roadmap(today.plan, kept.facility_id, kept.year, policy),
        primary_share=kept.primary_share,
        book=today.book,
        held_elsewhere=today.held_elsewhere,
        inputs_asked=inputs_asked(today.requests),
        tenth_percentiles=today.population.tenth_percentiles,
        similar_transport=today.population.transport,
        verification=_verification(today.verified),
        publication=_publication(today),
        pathway=_pathway(plan, today.on),
        target=_target(plan),
    )
    stored = [one for one in kept.findings if one.rule not in ASKED]
    found = [*stored, *findings(context, ASKED)]
    return tuple(sorted(found, key=lambda one: (WEIGHT[one.severity], one.rule)))


def outdated_findings(
    working: Result, policy: Policy, book: FactorBook, on: date
) -> tuple[Finding, ...]:
    """What newer announcements make of a result that is reported on a day."""
    context = Context(
        inventory=working.inventory, result=working, policy=policy, reported_on=on, book=book
    )
    return findings(context, ANNOUNCED)


def inputs_asked(requests: Sequence[DatumRequestRow]) -> frozenset[SupplierInput]:
    """The inputs whose suppliers were asked for data of the year and gave none. Once there is an
    answer for an input the default is no excuse any more; another input's answer says nothing."""
    answered = {_input(one) for one in requests if one.state in ANSWERED}
    asked = {_input(one) for one in requests if one.state in UNANSWERED}
    return frozenset((supplier, item) for supplier, item, _ in asked - answered)


def _input(one: DatumRequestRow) -> tuple[str, str, str | None]:
    return one.supplier_id, one.item, one.scrap_kind


def _family(intensities: Sequence[Intensity]) -> PathwayFamily:
    smelts = judged(intensities) is not None
    return PathwayFamily.PRIMARY if smelts else PathwayFamily.CASTHOUSE_SEMI


def _verification(said: ResultVerified | None) -> Verification | None:
    if said is None:
        return None
    scopes = ", ".join(said.scopes)
    return Verification(said.verified_on, said.accreditation, scopes, said.statement_ref)


def _publication(today: Today) -> Publication:
    reporting = today.reporting
    years = [max(one.first.year, reporting.first_year) for one in reporting.covers.values()]
    disclosed = frozenset(reporting.received)
    return Publication(today.published_on, disclosed, min(years, default=None))


def _pathway(plan: FamilyPlan | None, on: date) -> UsedPathway | None:
    if plan is None or plan.pathway is None:
        return None
    return UsedPathway(plan.pathway.method, on)


def _target(plan: FamilyPlan | None) -> TargetSet | None:
    target = None if plan is None else plan.wanted()
    if plan is None or plan.target is None or target is None:
        return None
    return TargetSet(target, plan.target.set_on.year, plan.as_pathway())
