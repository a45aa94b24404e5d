"""R-21 to R-23: criteria 5.2 and 5.3 as an auditor reads them. Pure."""

from collections.abc import Iterator

from services.ghg.pathway import target_faults
from services.ghg.threshold import Check, Smelter, assess

from .context import Context, Fault, shown
from .survey import Survey


def intermediate_target(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-21: too far away, not of all scopes, or not public."""
    if context.target is not None:
        target, set_in = context.target
        for doubt in target_faults(target, set_in, context.policy):
            yield Fault(doubt.sentence)


def pathway_method(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-22: an audit since the method is mandatory, and a pathway made without it."""
    if context.pathway is None:
        return
    method, audited_on = context.pathway
    since = context.policy.day("5.3.method_from")
    if audited_on >= since and method not in context.policy.words("5.3.methods"):
        made = f"made by {method}" if method else "not made by any method that is named"
        sentence = (
            f"The pathway is {made}: since {since:%B %Y} the ASI GHG Pathways Method is used."
        )
        yield Fault(sentence)


def intensity(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-23: criterion 5.2 is missed, with every limit and its gap."""
    started = context.inventory.site.started
    if started is None or context.intensity is None:
        return
    smelter = Smelter(started, context.inventory.year, context.intensity, context.exit_rate)
    found = assess(smelter, context.plan, context.policy)
    if not found.meets:
        missed = "; ".join(_told(check) for check in found.missed)
        yield Fault(f"Criterion 5.2 is not met ({found.way}): {missed or 'no accepted roadmap'}.")


def _told(check: Check) -> str:
    limit = f"{check.comparator.replace('_', ' ')} {shown(check.limit)}"
    if check.value is None or check.gap is None or check.gap_percent is None:
        return f"{check.what} of {check.year} not given, {limit} t CO2e/t Al asked"
    return (
        f"{check.what} of {check.year} is {shown(check.value)} t CO2e/t Al, {limit} asked, gap"
        f" {shown(check.gap)} ({shown(check.gap_percent)} %)"
    )
