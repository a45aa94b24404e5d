"""By when what is owed in a pool is, or was, to be made good: each part by its own last day. Pure.

An overdraft is to be made good by the end of the period after its own. What was not is owed on,
into the period after that or into the scope that its own went over into, and stops claims there: it
is late, and has the last day that it had. Rules: sources.md 5.4, 5.6 (7); decisions/0012.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from infra.policy import Policies
from services.coc_ledger.pools.earlier import LeftBefore, parts_kept
from services.coc_ledger.rows import PoolRow

from .lasting import Parts, Until, by_day, parts, total, without
from .stops import unmet_of

Rows = Mapping[str, PoolRow]


def serves_through(pool: PoolRow, ends_on: date, *, keeps: bool) -> date:
    """Through which day that serves which was carried into a pool, and by which that is made good
    which is owed in it, if it has no other: the last of its period, that `ends_on`. Where its scope
    goes over before it, a transfer `keeps` it, or, as the close told, did; if not, the pool's."""
    if pool.closing is not None:
        keeps = "switched" in pool.closing
    return ends_on if keeps else min(pool.ends_on, ends_on)


def owed_by(
    left: Iterable[LeftBefore], rows: Rows, policies: Policies, serves: date, covered_kg: int = 0
) -> date:
    """The first day by which something of it is, or was, to be made good that the books do not
    cover yet; they cover what was to be made good first. Where they cover all, the last of these
    days. `left` is what was `left` to a pool, `rows` are the pools that left it, and those before
    them where claims are stopped; what has no other day is to be made good through that on which
    `serves` what was carried in."""
    every = owed_parts(left, rows, policies, serves)
    is_open = without(every, covered_kg)
    return (is_open or every[-1:] or (Until(serves, 0),))[0].day


def owed_parts(left: Iterable[LeftBefore], rows: Rows, policies: Policies, serves: date) -> Parts:
    """All of it, by its last days."""
    found = list[Until]()
    for one in left:
        own = parts_kept(one.due)
        plain_kg = max(0, one.owed_kg - total(own))
        late = _late(one, plain_kg, rows, policies)
        found += [*own, *late, Until(serves, plain_kg - total(late))]
    return parts(by_day(found))


def _late(one: LeftBefore, plain_kg: int, rows: Rows, policies: Policies) -> Parts:
    """What of it was late already when its period ended: what was to be made good first was. The
    rest of what is told without a day was claimed in that period itself."""
    row = rows.get(one.pool)
    unmet_kg = min(plain_kg, unmet_of(row, one, policies)) if row is not None else 0
    if row is None or not unmet_kg:
        return ()
    others = {key: row for key, row in rows.items() if key != one.pool}  # each is asked once
    before = [LeftBefore(*each) for each in row.left_before]
    owed = owed_parts(before, others, policies, _served(row))
    owed = tuple(part for part in owed if row.blocked or part.day <= row.ends_on)
    late = without(owed, total(owed) - unmet_kg)
    return (*late, Until(row.ends_on, unmet_kg - total(late)))


def _served(row: PoolRow) -> date:
    """The same of a pool that is over."""
    switched = (row.closing or {}).get("switched")
    return date.fromisoformat(switched["carried_until"]) if switched else row.ends_on
