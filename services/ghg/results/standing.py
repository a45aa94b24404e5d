"""Which of several results of a facility's year stands: the one that the year, its figures and its
audits are judged by. Pure.

Source: sources.md 3.3 (criterion 5.1). What lies with a verifier, is verified or is public stands:
a recalculation is beside it, and what is public does not change silently. Of data that nobody has
submitted yet, the newest result stands, and so does whichever is submitted.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from contracts import ghg
from contracts.values import plain

from .reckoning import judged

BESIDE_KEPT = 8
"""So many results beside the one that stands are remembered in a row; all are in their events."""
OF_THE_RESULT = ("primary_metal", "bought_metal", "metal_left_t", "bought_of")
"""What older disclosures, and of suppliers all of them, do not tell of the result that they made
public."""
COLUMNS = ("pins", "intensity", "findings", "blocking", "latest")
Told = dict[str, Any]
"""What a row tells of a result, by column."""
Beside = tuple[tuple[int, Told], ...]
"""Results by number, with what a row tells of each."""


def told_of(event: ghg.ResultCalculated) -> Told:
    """What a row tells of a result."""
    return {
        "pins": pins_of(event.gwp_set, event.pfc_set, event.factor_sets, event.policy_id),
        "intensity": None if (found := judged(event.intensities)) is None else plain(found),
        "findings": event.findings_count,
        "blocking": event.blocking,
        "latest": sums_of(event),
    }


def told_in(row: Any) -> Told:
    """What a row of a facility-year (`rows.YearRow`) tells of the result that stands."""
    return {name: getattr(row, name) for name in COLUMNS}


def with_one(beside: Beside, number: int, told: Told) -> Beside:
    """Results beside the one that stands, with one more, by number; the newest are kept."""
    every = {**dict(beside), number: told}
    return tuple(sorted(every.items(), key=itemgetter(0))[-BESIDE_KEPT:])


def pins_of(gwp_set: str, pfc_set: str, factor_sets: Sequence[str], policy_id: str) -> str:
    """What a result was pinned to, as one text to compare."""
    return " ".join((gwp_set, pfc_set, *factor_sets, policy_id))


def sums_of(event: ghg.ResultCalculated | ghg.DisclosurePublished) -> Told:
    """The sums of a result or a disclosure."""
    fields = {
        "result",
        "member_id",
        "totals",
        "outputs",
        "energy",
        "intensities",
        "gwp_set",
        "factors",
        "primary_metal",
        "bought_metal",
        "metal_left_t",
        "bought_of",
    }
    told: Told = event.model_dump(mode="json", include=fields)
    if not told.get("bought_of"):
        told.pop("bought_of", None)  # rows of results that name no supplier stay as they were
    return told


def public_of(event: ghg.DisclosurePublished, latest: Told) -> Told:
    """The sums of a disclosure. What an older one does not tell is of the result that it made
    public, if that is the `latest` that stands: so new data beside it change nothing public."""
    told = sums_of(event)
    if latest.get("result") != event.result:
        return told
    untold = {
        name: latest[name] for name in OF_THE_RESULT if told.get(name) is None and name in latest
    }
    return {**told, **untold}
