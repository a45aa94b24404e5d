"""What came in from the stage before as CoC carries by now, where that followed something that came
late, or was verified later, there. Pure.

What follows is booked without mass, for all that came in on a day, as input that is no CoC material
(`coc.stage_followed`). The CoC part has its share of it by mass: of what counts as CoC by now, as
news of certificates may change that. Older events do not say how much was made on the day: what
followed by them stays with the metal that is no CoC material. Rules: sources.md 5.7,
decisions/0010.
"""

from collections.abc import Iterable, Mapping
from operator import add, sub

from contracts.custody import Account
from services.coc_ledger.pools.carrying import BESIDE, Carries

from .kept import Passed
from .passage_rows import FOLLOWED, STAGE
from .trace import NOTHING_CARRIED, Link

OTHER = BESIDE[Account.NON_COC]
Followed = Mapping[tuple[str, str | None], tuple[Carries, str]]
"""By a pool and the one that it came from: what the CoC part carries more, and when that was told
last."""


def through(rows: Iterable[Passed], on: str | None) -> list[Passed]:
    """The passages that had come by a day (None: is asked about now)."""
    return [one for one in rows if one.pool is not None and not (on and (one.came_on or "") > on)]


def followed(rows: Iterable[Passed]) -> Followed:
    """What passages as CoC carry more than they were booked with."""
    every = list(rows)
    coc: dict[tuple[str | None, str | None, str | None], int] = {}
    for one in every:
        if one.kind == STAGE:
            key = (one.pool, one.from_pool, one.came_on)
            coc[key] = coc.get(key, 0) + one.kg
    found: dict[tuple[str, str | None], tuple[Carries, str]] = {}
    for one in every:
        if one.kind != FOLLOWED or one.pool is None or one.kg <= 0:
            continue
        kg = min(coc.get((one.pool, one.from_pool, one.came_on), 0), one.kg)
        if kg > 0:
            told = (one.known_kg, one.emission_g, one.partial_g)
            share = Carries(0, *(each * kg // one.kg for each in told))
            key_of = (one.pool, one.from_pool)
            found[key_of] = more(found.get(key_of), share, one.told_on)
    return found


def more(before: tuple[Carries, str] | None, lot: Carries, told_on: str) -> tuple[Carries, str]:
    """With another lot, and when the last was told."""
    if before is None:
        return lot, told_on
    had, since = before
    return Carries(*map(add, had, lot)), max(since, told_on)


def apart(links: Iterable[Link], pool: str, told: Followed) -> list[Link]:
    """Links into a pool, where what followed of the CoC part is no more with other metal."""
    taken = NOTHING_CARRIED
    for (into, _), (lot, _) in told.items():
        taken = Carries(*map(add, taken, lot)) if into == pool else taken
    return [
        one._replace(carries=Carries(*map(sub, one.carries, taken)))
        if one.kind == OTHER and one.carries is not None
        else one
        for one in links
    ]
