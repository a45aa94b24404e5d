"""What documents of a pool said of the step's own emissions, and whether results that are verified
by now would say it otherwise. Pure.

A pool's row keeps it in a few words, however many documents there are: who asks for a balance goes
through the documents only where one of them might tell otherwise. Rules: sources.md 5.7,
decisions/0010.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.coc import DesignationReleased, OutputDesignated
from contracts.custody import STAGE_OF, Stage, StepEmissions
from infra.policy import Policies
from services.coc_ledger.accounting.own_emissions import CHAINS, step_of
from services.coc_ledger.evidence import FacilityResult, digest

from .readings import claimed_here

Kept = tuple[tuple[Any, ...], ...]


class Said(NamedTuple):
    """How claims of a first day through a last one had their step: `booked` by hand, `verified` by
    results (`what` is a digest of their names and of what they say of a material: another build may
    divide the same emissions otherwise), `unknown` for a reason. Days are text."""

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
    what = _words(step) if step.results else step.reason or ""
    kept = [Said(*one) for one in before]
    like = next((one for one in kept if (one.how, one.what) == (step.how, what)), None)
    if like is None:
        return (*before, tuple(Said(step.how, what, day, day)))
    if like.first <= day <= like.last:
        return before
    wider = like._replace(first=min(like.first, day), last=max(like.last, day))
    return tuple(tuple(wider if one is like else one) for one in kept)


def _words(step: StepEmissions, *, of_any: bool = False) -> str:
    """What verified results say of a material; `of_any`: in the words of older events, which do not
    tell of which."""
    per_kg = format((step.kgco2e_per_kg or Decimal(0)).normalize(), "f")
    material = "" if of_any or step.material is None else step.material.value
    return digest(material, per_kg, *step.results)


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
            found = [] if by_hand else _would_say(stage, on, results, policies)
            if one.how == "verified":
                differs = not _says_so(one.what, found)
            else:
                differs = any((now.how, now.reason or "") != (one.how, one.what) for now in found)
            if differs:
                return True
    return False


def _says_so(what: str, found: Sequence[StepEmissions]) -> bool:
    """Whether verified results say the same of its material, whatever of others. Of an older
    claim, whose material is not told, only where they say the same of each."""
    verified = [now for now in found if now.how == "verified"]
    of_any = {_words(now, of_any=True) for now in verified}
    return what in {_words(now) for now in verified} or of_any == {what}


def _would_say(
    stage: Stage, on: date, results: Sequence[FacilityResult], policies: Policies
) -> list[StepEmissions]:
    """What documents of a day would say of the materials of a stage."""
    policy = policies.on(on)
    every = (one for one in CHAINS if STAGE_OF[one] is stage)
    return [step_of(results, material, on, policy) for material in every]
