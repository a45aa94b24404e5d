"""Figures of a yearly report as versions told them that were prepared before scrap was counted
whether claimed or not: to say of such a version whether the books moved on, or only the formula
did. Pure.
"""

import hashlib
from collections.abc import Iterable

from contracts.canonical import canonical_json
from contracts.coc_reports import StageFigures
from contracts.values import Value

from .yearly import share


class StagesBefore(Value):
    """What the hash of such a version's figures is of."""

    stages: tuple[dict[str, object], ...]


def figures_hash(stages: Iterable[StageFigures]) -> str:
    """The hash that such a version would have of figures of now."""
    whole = StagesBefore.model_construct(stages=tuple(_before(one) for one in stages))
    return hashlib.sha256(canonical_json(whole)).hexdigest()


def _before(figures: StageFigures) -> dict[str, object]:
    used = figures.inflow_kg - figures.stock_change_kg
    told = {name: value for name, value in figures.__dict__.items() if name not in ADDED}
    return {**told, "process_scrap_rate": share(figures.scrap_not_claimed_kg, used)}


ADDED = frozenset({"scrap_kg", "by_activity"})
"""What later versions tell beside."""
