"""Two results line by line: what changed, by how much, and why. Pure.

Lines are the same when they rest on the same data, at the same step, in the same scope, by the
same item; what is left over on either side came or went.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from contracts.ghg import Intensity
from services.ghg.calculation.lines import Line

ZERO = Decimal(0)
Key = tuple[tuple[str, ...], str, str, str]


class Difference(NamedTuple):
    """A line before and after. `reasons`: `came`, `went`, or what differs: `activity`, `factor`,
    `factor_set`, `rule`; and `engine` where other equations made it. `kg` is after less before."""

    data: tuple[str, ...]
    step: str
    scope: str
    item: str
    before_kg: Decimal | None
    after_kg: Decimal | None
    kg: Decimal
    before_factor: Decimal | None
    after_factor: Decimal | None
    before_set: str | None
    after_set: str | None
    reasons: tuple[str, ...]


def compared(
    before: Sequence[Line], after: Sequence[Line], *, other_engine: bool = False
) -> list[Difference]:
    """The lines whose emission differs, the largest first; together they are the difference of the
    sums. Where they are of two engines, that is a reason of each."""
    more = ("engine",) if other_engine else ()
    found = [
        _difference(one, other, more)
        for one, other in _pairs(before, after)
        if one is None or other is None or one.kg != other.kg
    ]
    changed = [one for one in found if one.kg != 0]
    return sorted(changed, key=lambda one: (-abs(one.kg), one.step, one.scope, one.item, one.data))


class Changed(NamedTuple):
    """An intensity before and after, in t CO2e/t, None where a result has none: `of` what, with
    bought `power` counted how. It may change while no line does: with what a tonne is of."""

    of: str
    power: str
    before: Decimal | None
    after: Decimal | None


def intensities_compared(before: Sequence[Intensity], after: Sequence[Intensity]) -> list[Changed]:
    """Every intensity that either result has, in their order."""
    was, now = ({(one.of, one.power): one.t_per_t for one in of} for of in (before, after))
    return [Changed(*key, was.get(key), now.get(key)) for key in {**was, **now}]


def _pairs(
    before: Sequence[Line], after: Sequence[Line]
) -> Iterable[tuple[Line | None, Line | None]]:
    """Each line with what it was; mostly the same lines in the same order."""
    keys, others = list(map(_key, before)), list(map(_key, after))
    if keys == others:
        return zip(before, after, strict=True)
    kept: dict[Key, deque[Line]] = defaultdict(deque)
    for key, line in zip(keys, before, strict=True):
        kept[key].append(line)
    pairs: list[tuple[Line | None, Line | None]] = []
    for key, line in zip(others, after, strict=True):
        earlier = kept[key]
        pairs.append((earlier.popleft() if earlier else None, line))
    return [*pairs, *((line, None) for lines in kept.values() for line in lines)]


_key = itemgetter(*map(Line._fields.index, ("data", "step", "scope", "item")))


def _difference(before: Line | None, after: Line | None, more: tuple[str, ...]) -> Difference:
    either = after or before
    if either is None:
        raise ValueError("a difference is of at least one line")
    before_kg, after_kg = (None if one is None else one.kg for one in (before, after))
    return Difference(
        data=either.data,
        step=either.step,
        scope=either.scope,
        item=either.item,
        before_kg=before_kg,
        after_kg=after_kg,
        kg=(after_kg or ZERO) - (before_kg or ZERO),
        before_factor=before.factor.value if before else None,
        after_factor=after.factor.value if after else None,
        before_set=before.factor.factor_set if before else None,
        after_set=after.factor.factor_set if after else None,
        reasons=(*_reasons(before, after), *more),
    )


def _reasons(before: Line | None, after: Line | None) -> tuple[str, ...]:
    if before is None:
        return ("came",)
    if after is None:
        return ("went",)
    differs = {
        "activity": before.activity != after.activity,
        "factor": before.factor.value != after.factor.value,
        "factor_set": before.factor.factor_set != after.factor.factor_set,
        "rule": before.rule != after.rule,
    }
    return tuple(name for name, found in differs.items() if found)
