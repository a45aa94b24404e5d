"""Which entities count as one, when facilities are sold between editions. Pure.

A figure is about fewer entities than it seems where a facility went from one of them to another:
the sum of what both have is then the sum of what one has. And what was told of the one is, for who
knows of the sale, told of the other. So entities between which a facility went count as one, for as
long as figures of it are told that the asker does not know: what is then of enough is of enough by
whoever had which facility on whichever day that an edition knew, and by any mixture of these.
Source: policy figure `aggregate.entities_min`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from .measures import LATER
from .sums import Entry


class Sale(NamedTuple):
    """A facility that went from one entity to another: the ids of its versions, and all the
    entities that had it."""

    versions: frozenset[str]
    entities: frozenset[str]


def facility_of(version: str) -> str:
    """The facility of a version, which is the id of its first one."""
    return version.partition(LATER)[0]


def sales_of(entries: Iterable[Entry]) -> tuple[Sale, ...]:
    """What was sold, of facilities in every version; in order of their ids."""
    versions: dict[str, set[str]] = {}
    entities: dict[str, set[str]] = {}
    for one in entries:
        facility = facility_of(one.facility_id)
        versions.setdefault(facility, set()).add(one.facility_id)
        entities.setdefault(facility, set()).add(one.entity_id)
    return tuple(
        Sale(frozenset(versions[one]), frozenset(entities[one]))
        for one in sorted(versions)
        if len(entities[one]) > 1
    )


def counted_as(sales: Iterable[Sale], known: Collection[str] = ()) -> Mapping[str, str]:
    """Under which entity each of those is counted that were party to a sale: of all that count as
    one, the first. `known` are the ids of versions whose figures are no secret; a sale of which all
    are makes nobody count as one."""
    found: dict[str, str] = {}
    for versions, entities in sales:
        if versions <= frozenset(known):
            continue
        together = {found.get(one, one) for one in entities}
        first = min(together)
        found |= dict.fromkeys(entities, first)
        found |= {one: first for one, of in found.items() if of in together}
    return found
