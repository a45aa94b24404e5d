"""What was told after a day that a trace is asked about, as rows keep it. Pure.

Ends of documents count from when they are told (docs/decisions/0007): what they changed in the
books of days before is taken out again. Of movements it is only said.
"""

from collections.abc import Sequence

import orjson

from services.coc_ledger.accounting.accounts import NO_KGS
from services.coc_ledger.pools.earlier import Freed

from .trace import Link

NONE_KEPT = "[]"
"""What a row keeps that has nothing of the kind."""
NOT_FREED = Freed("", "", NO_KGS, 0, 0)


def carried_since(freed: str, on: str | None) -> int:
    """What ends of documents changed in what was carried, told after a day (None: is asked about
    now)."""
    if on is None or freed == NONE_KEPT:
        return 0
    return sum(kg for told_on, kg in orjson.loads(freed) if told_on > on)


def freed_since(freed: str, on: str | None, through: str | None = None) -> Freed:
    """What they changed in a pool's books of a day, or of an earlier one, told after it: the
    sums."""
    if on is None or freed == NONE_KEPT:
        return NOT_FREED
    told = (Freed(*one) for one in orjson.loads(freed))
    after = [one for one in told if one.day <= (through or on) and on < one.told_on]
    kgs = tuple(map(sum, zip(NO_KGS, *(one.kgs for one in after), strict=True)))
    left = sum(one.carried_kg for one in after), sum(one.owed_kg for one in after)
    return Freed("", "", kgs, *left)


def changed(links: Sequence[Link], moved_on: str | None) -> list[Link]:
    """Links of a pool of which movements of the day were told afterwards, last on `moved_on`."""
    return [link._replace(changed_on=moved_on) for link in links] if moved_on else list(links)
