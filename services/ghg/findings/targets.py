"""R-21 to R-23: criteria 5.2 and 5.3 as an auditor reads them. Pure."""

from collections.abc import Iterator
from datetime import date

from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.metal import AT_CASTHOUSE
from services.ghg.calculation.untold import SLUGS, WHAT
from services.ghg.calculation.working import PERCENT
from services.ghg.plans.pathway import target_doubts
from services.ghg.reports.threshold import NO_ROADMAP, Check, Smelter, assess, exit_rate_of

from .balance import vanished
from .context import Context, Fault, shown
from .survey import Survey


def intermediate_target(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-21: too far away, not of all scopes, not public, above the pathway, or over without one
    that follows it."""
    if context.target is not None:
        for doubt in target_doubts(*context.target, context.policy, context.reported_on):
            yield Fault(doubt.sentence)


def pathway_method(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-22: an audit since the method is mandatory, and a pathway made without it."""
    if context.pathway is None:
        return
    sentence = method_fault(*context.pathway, context.policy)
    if sentence is not None:
        yield Fault(sentence)


def method_fault(method: str, audited_on: date, policy: Policy) -> str | None:
    """R-22 as a sentence, with the methods that count: none when one of them made the pathway, or
    none had to."""
    since = policy.day("5.3.method_from")
    accepted = policy.words("5.3.methods")
    if audited_on < since or method in accepted:
        return None
    made = f"made by {method}" if method else "not made by any method that is named"
    return (
        f"The pathway is {made}: since {since:%B %Y} the ASI GHG Pathways Method is used, told as"
        f" `method` {' or '.join(accepted)}."
    )


def intensity(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-23: criterion 5.2 is missed, with every limit and its gap, or it cannot be judged."""
    started = context.inventory.site.started
    if started is None:
        return
    if context.intensity is None:
        yield from _nothing_cast(context, seen)
        yield from _untold(seen)
        return
    told = context.inventory
    smelter = Smelter(started, told.year, context.intensity, exit_rate_of(told.data))
    try:
        found = assess(smelter, context.plan, context.policy)
    except Refused as refusal:  # contradicting years, or an exit rate that the policy asks for
        yield Fault(f"Criterion 5.2 cannot be judged: {refusal.sentence}")
        return
    if found.meets:
        return
    new = started > context.policy.integer("5.2.new_after")
    limit = context.policy.decimal("5.2.new.limit" if new else "5.2.existing.final.limit")
    gap = context.intensity - limit
    missed = [_told(check) for check in found.missed]
    lacks = context.plan.lacks if found.way == NO_ROADMAP else ""
    if lacks or not missed:
        missed.append(f"the roadmap is not accepted{lacks and ': '}{lacks}")
    cut = gap * PERCENT / context.intensity
    sentence = (
        f"Criterion 5.2 is not met ({found.way}): {shown(context.intensity)} t CO2e/t Al,"
        f" {shown(gap)} above {shown(limit)} (a cut of {shown(cut)} %)."
        f" Missed: {'; '.join(missed)}."
    )
    yield Fault(sentence)


def _nothing_cast(context: Context, seen: Survey) -> Iterator[Fault]:
    """Of a year in which cells tapped metal and none of it was cast, sold or put in stock; who does
    not say what was cast, or stood still, is asked nothing."""
    for account in vanished(context, seen):
        if account.where == AT_CASTHOUSE and account.fed_t > 0:
            yield Fault(
                f"Criterion 5.2 cannot be judged (output-missing): {shown(account.fed_t)} t of"
                " liquid metal went to the casthouse, and an output of zero is told.",
                account.data,
            )


def _untold(seen: Survey) -> Iterator[Fault]:
    """Of a year whose primary metal is not known until somebody tells what decides it."""
    for about, slug in SLUGS.items():
        if seen.raised(about):
            yield Fault(
                f"Criterion 5.2 cannot be judged ({slug}): {WHAT[about]}. R-34 says which row to"
                " add."
            )


def _told(check: Check) -> str:
    limit = f"{check.comparator.replace('_', ' ')} {shown(check.limit)}"
    if check.value is None or check.gap is None or check.gap_percent is None:
        return f"{check.what} of {check.year} not given, {limit} t CO2e/t Al asked"
    return (
        f"{check.what} of {check.year} is {shown(check.value)} t CO2e/t Al, {limit} asked, gap"
        f" {shown(check.gap)} (a cut of {shown(check.gap_percent)} %)"
    )
