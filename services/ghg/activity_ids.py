"""Ids of the data of a facility-year. Pure."""

from collections.abc import Sequence

from infra.importing.kinds import Fault

from .activity import Datum


def named(data: Sequence[Datum]) -> tuple[list[Datum], list[int]]:
    """Data with ids for those that came without, the same for the same rows in the same order;
    and the places of ids that stand there again."""
    ids = [datum.datum_id for datum in data]
    if all(ids) and len(set(ids)) == len(ids):
        return list(data), []
    named: list[Datum] = []
    again: list[int] = []
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for place, datum in enumerate(data):
        if not datum.datum_id:
            name = f"{datum.step}.{datum.item}"
            counts[name] = counts.get(name, 0) + 1
            datum = datum._replace(datum_id=f"{name}.{counts[name]}")
        if datum.datum_id in seen:
            again.append(place)
        seen.add(datum.datum_id)
        named.append(datum)
    return named, again


def twice(datum_id: str) -> Fault:
    return Fault(
        "datum_id", "datum-twice", f"{datum_id} stands there twice: each datum has its own id"
    )
