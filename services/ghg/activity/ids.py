"""Ids of the data of a facility-year. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from infra.importing.kinds import Fault

from .inventory import Datum


def named(data: Sequence[Datum]) -> tuple[list[Datum], list[int], int]:
    """Data with ids for those that came without, the same for the same rows in the same order; the
    places of ids that stand there again; and how many of those without say what a row before them
    says, in every cell: they count, as two deliveries can be alike, but somebody should look."""
    ids = [datum.datum_id for datum in data]
    if all(ids) and len(set(ids)) == len(ids):
        return list(data), [], 0
    named: list[Datum] = []
    again: list[int] = []
    seen: set[str] = set()
    counts: dict[str, int] = {}
    firsts: dict[tuple[str, Decimal], Datum] = {}
    repeated = 0
    for place, datum in enumerate(data):
        if not datum.datum_id:
            name = f"{datum.step}.{datum.item}"
            repeated += firsts.setdefault((name, datum.quantity), datum) == datum
            counts[name] = counts.get(name, 0) + 1
            datum = datum._replace(datum_id=f"{name}.{counts[name]}")
        if datum.datum_id in seen:
            again.append(place)
        seen.add(datum.datum_id)
        named.append(datum)
    return named, again, repeated - len(firsts)


def twice(datum_id: str) -> Fault:
    return Fault(
        "datum_id", "datum-twice", f"{datum_id} stands there twice: each datum has its own id"
    )
