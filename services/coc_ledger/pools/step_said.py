"""What documents of a pool said of the step's own emissions, and whether results that are verified
by now would say it otherwise. Pure.

A pool's row keeps it in a few words, however many documents there are: who asks for a balance goes
through the documents only where one of them might tell otherwise. Rules: sources.md 5.7,
decisions/0010.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts.coc import DesignationReleased, OutputDesignated
from contracts.custody import STAGE_OF, Stage, StepEmissions
from infra.policy import Policies
from services.coc_ledger.accounting.own_emissions import CHAINS, names_of, step_of
from services.coc_ledger.evidence import FacilityResult, digest

from .readings import claimed_here

Kept = tuple[tuple[Any, ...], ...]


class Said(NamedTuple):
    """How claims of a first day through a last one had their step: `booked` by hand, `verified` by
    results (`what` is a digest of their names), `unknown` for a reason. Days are text."""

    how: str
    what: str
    first: str
    last: str


def said_by(before: Kept, event: OutputDesignated | DesignationReleased) -> Kept:
    """With what a claim of this pool said; nothing where it was not asked (older events). One that
    is given back may hold again, so that it stays among them."""
    if isinstance(event, DesignationReleased) or event.step is None or not claimed_here(event):
        return before
    step, day = event.step, event.day.isoformat()
    what = digest(*step.results) if step.results else step.reason or ""
    kept = [Said(*one) for one in before]
    like = next((one for one in kept if (one.how, one.what) == (step.how, what)), None)
    if like is None:
        return (*before, tuple(Said(step.how, what, day, day)))
    if like.first <= day <= like.last:
        return before
    wider = like._replace(first=min(like.first, day), last=max(like.last, day))
    return tuple(tuple(wider if one is like else one) for one in kept)


def may_differ(
    said: Kept,
    stage: Stage,
    results_on: Callable[[date], Sequence[FacilityResult]],
    policies: Policies,
    *,
    by_hand: bool,
) -> bool:
    """Whether any document might say it otherwise by now: asked of the first and the last day on
    which it was said so."""
    for one in (Said(*kept) for kept in said):
        for day in sorted({one.first, one.last}):
            on = date.fromisoformat(day)
            if by_hand and one.how != "booked":
                return True
            results = [] if by_hand else results_on(on)
            if one.how == "verified" and one.what == digest(*names_of(results)):
                continue  # the same results say the same, of a material that others say nothing of
            found = [] if by_hand else _would_say(stage, on, results, policies)
            if any((now.how, what) != (one.how, one.what) for now, what in found):
                return True
    return False


def _would_say(
    stage: Stage, on: date, results: Sequence[FacilityResult], policies: Policies
) -> list[tuple[StepEmissions, str]]:
    """What documents of a day would say of the materials of a stage."""
    found = []
    for material in (one for one in CHAINS if STAGE_OF[one] is stage):
        step = step_of(results, material, on, policies.on(on))
        what = digest(*names_of(results)) if step.how == "verified" else step.reason or ""
        found.append((step, what))
    return found
