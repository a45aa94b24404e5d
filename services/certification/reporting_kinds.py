"""Deadline kinds of greenhouse-gas reporting. Pure. Rules: sources.md 1.5, 3.3, 4.3."""

from collections.abc import Sequence
from typing import Any

from contracts import ghg, ghg_plans

from . import reporting_parts as parts
from .deadline_kind import DeadlineKind, Step
from .duty_parts import told_by_own


def _year(event: Any) -> Sequence[str]:
    return (f"{event.facility_id}~{event.year}",)


def _review(event: Any) -> Sequence[str]:
    return (f"{event.entity_id}~{event.due_on}",)


def _cells(event: Any) -> Sequence[str]:
    """The facility; of a technology beside its first, the two."""
    return (f"{event.facility_id}~{event.technology}" if event.apart else event.facility_id,)


REPORTING_KINDS: tuple[DeadlineKind, ...] = (
    DeadlineKind(
        name="disclosure_due",
        title="Emissions and energy to be disclosed",
        rule="A certified entity publishes the emissions and the energy use of its facilities every"
        " year, verified independently before; by which day is not published.",
        source="rule 1.5, 3.3 [A18]",
        evidence="unverified",
        owner="member",
        subject="facility",
        policy_of="ghg",
        figures=("disclosure.due_months", "disclosure.first_year"),
        decided_by="ghg",
        needs_audit=False,
        own={
            ghg.DisclosureExpected: Step(_year, parts.disclosure_expected),
            ghg.DisclosureReceived: Step(_year, parts.disclosure_received),
            ghg.DisclosureOverdue: Step(_year, parts.disclosure_overdue),
            ghg.DisclosureExcused: Step(_year, parts.disclosure_excused),
        },
        others={},
        derive=told_by_own,
    ),
    DeadlineKind(
        name="pfc_renewal_due",
        title="PFC measurement to be renewed",
        rule="Own coefficients for perfluorocarbons hold for three years after their measurement:"
        " those of each technology of cells by themselves.",
        source="rule 4.3 [G4]",
        evidence="verified",
        owner="member",
        subject="facility",
        policy_of="ghg",
        figures=("pfc.tier3.renew_years",),
        decided_by="ghg",
        needs_audit=False,
        own={
            ghg.PfcMeasurementNoted: Step(_cells, parts.pfc_measured),
            ghg.PfcRenewalOverdue: Step(_cells, parts.renewal_overdue),
            ghg.PfcRenewalEnded: Step(_cells, parts.renewal_ended),
        },
        others={},
        derive=told_by_own,
    ),
    DeadlineKind(
        name="plan_review_due",
        title="Reduction plan to be reviewed",
        rule="An entity reviews its greenhouse-gas reduction plan, and what came of it, every year;"
        " from which day the year counts is not published.",
        source="rule 3.3, criterion 5.3",
        evidence="unverified",
        owner="member",
        subject="entity",
        policy_of="ghg",
        figures=("5.3.review_months",),
        decided_by="ghg",
        needs_audit=False,
        own={
            ghg_plans.PlanReviewExpected: Step(_review, parts.review_expected),
            ghg_plans.PlanReviewed: Step(_review, parts.reviewed),
            ghg_plans.PlanReviewOverdue: Step(_review, parts.review_overdue),
            ghg_plans.ReductionPlanEnded: Step(_review, parts.plan_ended),
        },
        others={},
        derive=told_by_own,
    ),
)
