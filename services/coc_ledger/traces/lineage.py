"""Where the metal of a document comes from and where it went: the links that a trace walks along,
as the rows of pools, documents and passages tell them. Both ways read the same rows, so that what
is found one way is found the other way.

As of a day, a trace says what was so on it (docs/decisions/0007): documents and what became of them
by their own days, with what their ends free, so that no correction of a document changes the trace
of a day before it. Movements by the days on which they are booked: one that was taken back never
was, and one that is told late has been, so that these do change it. What was told later, what it
became since, and when such movements were told last, is said beside it.

A correction of a document of a closed period comes in part from there: the claim stayed, and only
the difference is booked where the correction is. It has a link from each of these pools.

A long trace reads ten thousand documents: of each no more columns than a link is made of, no object
but the link, and one query per level for each kind of row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import orjson

from infra.policy import Policies
from infra.reading import Reader
from services.coc_ledger.accounting.accounts import NO_KGS, Amount, Kgs, added, plus
from services.coc_ledger.accounting.balance import Rule, rule_of
from services.coc_ledger.documents.rows import BOUGHT, DocumentRow, Stood, stood
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.pools import carrying as pool_carrying
from services.coc_ledger.pools.carrying import KIND_OF, NAMES, Carries, Carrying, carries

from . import trace
from .ahead import Ahead, ahead_of, came_in, times, went_out
from .followed import apart, followed, more, through
from .kept import Passed, PoolPart, Sale
from .lapsed import NOT_LAPSED, Lapsed, lapsed_by, lasting_of
from .passage_rows import CARRIED, FOLLOWED, STAGE
from .since import carried_since, changed, freed_since

GONE = ("withdrawn", "superseded", "non_coc")
BROUGHT, ALL_BROUGHT = tuple(KIND_OF.values()), tuple(NAMES.values())
NOWHERE = "[]"
"""What a document's row keeps that is claimed in its own pool alone."""


Links = dict[str, list[trace.Link]]


class Lineage:
    """Reads links; every call may wait for the database."""

    def __init__(self, reader: Reader, policies: Policies, today: Callable[[], date]) -> None:
        self._reader = reader
        self._policies = policies
        self._today = today

    def upstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document comes from."""
        day = on.isoformat() if on else None
        if day and stood(row.course, day) is None:
            return [_nowhere("unknown", row)]
        parts = _parts_of(row.pool, row.mass_kg, dict(row.elsewhere))
        start = zip(parts, trace.shared(trace.WHOLE, list(parts.values())), strict=True)
        return trace.walk(dict(start), partial(self._inputs, on=day), depth)

    def mix(self, row: DocumentRow, on: date | None) -> list[trace.Mixed]:
        """All metal that came into the pools of a document by a day, CoC and not, by kind."""
        day = on.isoformat() if on else None
        if day and stood(row.course, day) is None:
            return []
        pools = list(_parts_of(row.pool, row.mass_kg, dict(row.elsewhere)))
        parts = {part.pool: part for part in self._parts(pools)}
        links = self._input(pools, day, parts, {}, ALL_BROUGHT)
        told = followed(through(self._passed("pool", pools), day))
        every = (one for pool in pools for one in apart(links[pool], pool, told))
        return trace.mixed(one for one in every if one.kind != CARRIED)

    def downstream(self, row: DocumentRow, depth: int, on: date | None) -> list[trace.Node]:
        """Where the metal of a document went; of one that is gone, what became of it."""
        day = on.isoformat() if on else None
        was, told = _then(row.course, day)
        if day and was is None:
            return [_nowhere("not_issued", row)]
        now = was or Stood("", "", row.state, row.booked_kg, row.claimed)
        link = _sold(row, now, told)
        if link.pool is None or now.as_claim in GONE:
            kind = now.as_claim if now.as_claim in GONE else link.kind
            _, _, document, _, seen_by, lot, *_ = link
            whole = trace.WHOLE
            return [trace.Node(1, kind, whole, True, document, None, seen_by, lot, False, told)]
        return trace.walk({link.pool: trace.WHOLE}, partial(self._outputs, on=day), depth)

    # --- into pools ---

    def _inputs(self, pools: Sequence[str], on: str | None) -> Links:
        """What the claims of pools come from."""
        parts = {part.pool: part for part in self._parts(pools)}
        lapsed = self._lapsed(parts, on)
        found = self._input(pools, on, parts, lapsed)
        ahead = self._ahead(parts, on, lapsed)
        moved = self._changed(parts, on)
        for pool, part in parts.items():
            links = came_in(found[pool], ahead[pool], (part.member_id,))
            found[pool] = changed(links, moved.get(pool))
        return found

    def _input(
        self,
        pools: Sequence[str],
        on: str | None,
        parts: Mapping[str, PoolPart],
        lapsed: Mapping[str, Lapsed],
        kinds: Sequence[str] = BROUGHT,
    ) -> Links:
        """What came into pools as CoC, and can be claimed there."""
        found = self._bought(pools, on)
        for link_of, link in self._came(pools, on, parts, lapsed):
            found[link_of].append(link)
        by_day = self._brought(_running(parts, on), on or "")
        for pool, part in parts.items():
            if on and part.period > on:
                continue
            carrying = by_day[pool] if pool in by_day else orjson.loads(part.carrying)
            for kind in kinds:
                lot = carries(carrying, kind)
                if lot is not None:
                    link = trace.Link(kind, lot.kg, None, None, (part.member_id,), lot)
                    found[pool].append(link)
        return found

    def _bought(self, pools: Sequence[str], on: str | None) -> Links:
        """What came into pools by documents, in the order of their numbers."""
        found: Links = {pool: [] for pool in pools}
        names = BOUGHT if on is None else (*BOUGHT, "course")
        rows = self._reader.columns(CONSUMER, "documents", names, "receiver", pools)
        told: trace.Told | None = None
        for row in rows:
            pool, number, kg, seller, member, customer, *lot, elsewhere = row[: len(BOUGHT)]
            if on:
                was, told = _then(orjson.loads(row[-1]), on)
                kg = was.booked_kg if was else 0
            if not kg:
                continue
            seen_by = (member, customer) if customer else (member,)
            link = trace.Link("document", kg, number, seller, seen_by, Carries(*lot), told)
            found[pool] += [link] if elsewhere == NOWHERE else _apart(link, elsewhere)
        return found

    def _came(
        self,
        pools: Sequence[str],
        on: str | None,
        parts: Mapping[str, PoolPart],
        lapsed: Mapping[str, Lapsed],
    ) -> Iterator[tuple[str, trace.Link]]:
        """What came into pools from other pools: one link for all that came from one."""
        sums: dict[tuple[str, str, str | None], tuple[Carries, str]] = {}
        rows = through(self._passed("pool", pools), on)
        for row in rows:
            if row.pool is None or row.kind == FOLLOWED:
                continue
            key = (row.pool, row.kind, row.from_pool)
            lot = Carries(
                row.kg - carried_since(row.freed, on), row.known_kg, row.emission_g, row.partial_g
            )
            sums[key] = more(sums.get(key), lot, row.told_on)
        for (pool, source), (lot, told_on) in followed(rows).items():
            sums[pool, STAGE, source] = more(sums.get((pool, STAGE, source)), lot, told_on)
        for (pool, kind, source), (lot, since) in sums.items():
            seen_by = (parts[pool].member_id,) if pool in parts else ()
            amount, told = (lot if kind == STAGE else None), (trace.Told(since) if on else None)
            gone = _gone(kind, lapsed.get(pool), source)
            kg = max(0, lot.kg - gone) if gone else lot.kg
            yield pool, trace.Link(kind, kg, None, source, seen_by, amount, told)

    def _brought(self, pools: Sequence[str], on: str) -> dict[str, Carrying]:
        """What mines and scrap had brought by a day into pools whose period was still running."""
        found: dict[str, Carrying] = {pool: {} for pool in pools}
        names = ("pool", "day", "brought")
        for pool, day, kept in self._days(names, pools):
            if day <= on and kept != "{}":
                before = found[pool]
                for kind, amount in orjson.loads(kept).items():
                    had = pool_carrying.held(before, kind)
                    before[kind] = list(plus(had, Amount(*amount)))
        return found

    def _ahead(
        self, parts: Mapping[str, PoolPart], on: str | None, lapsed: Mapping[str, Lapsed]
    ) -> dict[str, Ahead]:
        """What pools claim ahead of their cover, by what was booked through a day."""
        then: dict[str, Kgs] = dict.fromkeys(_running(parts, on), NO_KGS)
        for pool, day, kgs in self._days(("pool", "day", "kgs"), list(then)):
            if on and day <= on:
                then[pool] = added(then[pool], orjson.loads(kgs))
        rules: dict[str, Rule] = {}
        found: dict[str, Ahead] = {}
        for pool, part in parts.items():
            if part.period not in rules:
                rules[part.period] = rule_of(self._policies.on(date.fromisoformat(part.period)))
            early = on is not None and part.period > on
            kgs = NO_KGS if early else then.get(pool) or tuple(orjson.loads(part.kgs))
            freed = freed_since(part.freed, on)
            kgs = tuple(had - more for had, more in zip(kgs, freed.kgs, strict=True))
            gone = sum(lapsed.get(pool, NOT_LAPSED).values())
            carried_kg = part.carried_kg - freed.carried_kg - gone
            owed_kg = part.owed_kg - freed.owed_kg
            found[pool] = ahead_of(kgs, carried_kg, owed_kg, rules[part.period])
        return found

    def _lapsed(self, parts: Mapping[str, PoolPart], on: str | None) -> dict[str, Lapsed]:
        """What of balances with a last day of their own had lapsed unused by a day."""
        lasting = {key: lasting_of(part.left_before) for key, part in parts.items()}
        booked: dict[str, dict[str, Kgs]] = {key: {} for key, some in lasting.items() if some}
        for pool, day, kgs in self._days(("pool", "day", "kgs"), list(booked)):
            booked[pool][day] = tuple(orjson.loads(kgs))
        found: dict[str, Lapsed] = {}
        for key, days in booked.items():
            part, day = parts[key], date.fromisoformat(on) if on else self._today()
            last = min(day, date.fromisoformat(part.ends_on))
            found[key] = lapsed_by(last, part, lasting[key], days, on)
        return found

    def _changed(self, parts: Mapping[str, PoolPart], on: str | None) -> dict[str, str]:
        """The pools of which movements of a day, or before it, were told after it: when last."""
        if on is None:
            return {}
        running = _running(parts, on)
        found = {
            key: part.moved_on
            for key, part in parts.items()
            if part.ends_on <= on and part.moved_on and part.moved_on > on
        }
        for pool, day, moved_on in self._days(("pool", "day", "moved_on"), running):
            if day <= on and moved_on and moved_on > max(on, found.get(pool, "")):
                found[pool] = moved_on
        return found

    # --- out of pools ---

    def _outputs(self, pools: Sequence[str], on: str | None) -> Links:
        found: Links = {pool: [] for pool in pools}
        for sale, link in self._sales(pools, on):
            if sale.elsewhere == NOWHERE:
                found[sale.pool].append(link)
                continue
            to = link.pool  # what it is a link to; apart it says from where
            for one in _apart(link._replace(pool=sale.pool), sale.elsewhere):
                if one.pool in found:
                    found[one.pool].append(one._replace(pool=to))
        parts = {part.pool: part for part in self._parts(pools)}
        lapsed = self._lapsed(parts, on)
        for link_of, link in self._left(pools, on, parts):
            found[link_of].append(link)
        inputs = self._input(pools, on, parts, lapsed)
        ahead = self._ahead(parts, on, lapsed)
        for pool, part in parts.items():
            found[pool] = went_out(found[pool], ahead[pool])
            had = sum(link.kg for link in inputs[pool]) * times(ahead[pool])
            left = had - sum(link.kg for link in found[pool])
            if left > 0:
                over = part.closed_on is not None and (on is None or part.ends_on < on)
                kind = "unclaimed" if over else "held"
                found[pool].append(trace.Link(kind, left, None, None, (part.member_id,)))
        for pool, moved_on in self._changed(parts, on).items():
            found[pool] = changed(found[pool], moved_on)
        return found

    def _sales(self, pools: Sequence[str], on: str | None) -> Iterator[tuple[Sale, trace.Link]]:
        """The documents that claim of pools, also where they correct what was claimed there."""
        names = Sale._fields if on is None else (*Sale._fields, "course")
        rows = self._reader.columns(CONSUMER, "documents", names, "pool", pools)
        named = self._reader.columns(CONSUMER, "claim_parts", ("number",), "from_pool", pools)
        if others := sorted({number for (number,) in named} - {row[0] for row in rows}):
            rows = [*rows, *self._reader.columns(CONSUMER, "documents", names, "number", others)]
        for row in rows:
            sale = Sale._make(row[: len(Sale._fields)])
            was, told = _then(orjson.loads(row[-1]) if on else (), on)
            now = was or Stood("", "", sale.state, sale.booked_kg, bool(sale.claimed))
            if now.as_claim not in GONE and (was or on is None):
                yield sale, _sold(sale, now, told)

    def _left(
        self, pools: Sequence[str], on: str | None, parts: Mapping[str, PoolPart]
    ) -> Iterator[tuple[str, trace.Link]]:
        """What left pools for other pools: one link for all that went to one. What has not come
        there yet is on its way; what lapsed there was never claimed."""
        sums: dict[tuple[str, str, str | None], tuple[Carries, str, str]] = {}
        rows = list(self._passed("from_pool", pools))
        lapsed = self._lapsed_in([row.pool for row in rows if row.kind == CARRIED], on)
        for row in rows:
            if row.from_pool is None or row.kind == FOLLOWED or (on and (row.left_on or "") > on):
                continue
            there = on is None or (row.came_on or "") <= on
            key = (row.from_pool, row.kind, row.pool if there else None)
            lot = Carries(row.left_kg - carried_since(row.freed, on), 0, 0, 0)
            before = sums.get(key)
            lot, since = more(before[:2] if before else None, lot, row.told_on)
            sums[key] = (lot, since, row.member_id)
        for (pool, kind, to), (lot, since, member) in sums.items():
            own = parts[pool].member_id if pool in parts else member
            seen_by = (own,) if own == member else (own, member)
            word, told = (
                ("next_stage" if kind == STAGE else kind),
                trace.Told(since) if on else None,
            )
            gone = min(max(0, lot.kg), _gone(kind, lapsed.get(to or ""), pool))
            yield pool, trace.Link(word, lot.kg - gone, None, to, seen_by, None, told)
            if gone > 0:
                yield pool, trace.Link("unclaimed", gone, None, None, seen_by, None, told)

    def _lapsed_in(self, pools: Sequence[str | None], on: str | None) -> dict[str, Lapsed]:
        """The same as `_lapsed` of pools of which nothing is read yet: few have any."""
        named, names = sorted({one for one in pools if one is not None}), ("pool", "left_before")
        kept = self._reader.columns(CONSUMER, "pools", names, "pool", named) if named else []
        some = [pool for pool, left_before in kept if lasting_of(left_before)]
        return self._lapsed({part.pool: part for part in self._parts(some)}, on) if some else {}

    # --- rows ---

    def _passed(self, column: str, pools: Sequence[str]) -> Iterator[Passed]:
        names = Passed._fields
        rows = self._reader.columns(CONSUMER, "pool_passages", names, column, pools)
        return map(Passed._make, rows)

    def _parts(self, pools: Sequence[str]) -> list[PoolPart]:
        rows = self._reader.columns(CONSUMER, "pools", PoolPart._fields, "pool", pools)
        return list(map(PoolPart._make, rows))

    def _days(self, names: Sequence[str], pools: Sequence[str]) -> list[tuple[Any, ...]]:
        return self._reader.columns(CONSUMER, "pool_days", names, "pool", pools) if pools else []


def _then(
    course: Sequence[Sequence[Any]], on: str | None
) -> tuple[Stood | None, trace.Told | None]:
    """What a document was on a day, and what is to be said beside it."""
    was = stood(course, on) if on else None
    if was is None:
        return None, None
    last = Stood(*course[-1])
    if last.as_claim == was.as_claim:
        return was, trace.Told(was.told_on)
    return was, trace.Told(was.told_on, last.as_claim, last.since)


def _gone(kind: str, lapsed: Lapsed | None, source: str | None) -> int:
    """What lapsed of a balance that was carried on from a pool."""
    return lapsed.get(source or "", 0) if lapsed and kind == CARRIED else 0


def _running(parts: Mapping[str, PoolPart], on: str | None) -> list[str]:
    """The pools whose period has begun by a day and goes on after it."""
    if on is None:
        return []
    return [key for key, part in parts.items() if part.period <= on < part.ends_on]


def _nowhere(kind: str, row: DocumentRow) -> trace.Node:
    """Nothing, of a day on which there was no such document yet."""
    return trace.Node(1, kind, trace.WHOLE, True, None, None, _sides(row))


def _sides(row: DocumentRow | Sale) -> tuple[str, ...]:
    return (row.member_id, *((row.customer_member_id,) if row.customer_member_id else ()))


def _parts_of(pool: str, mass_kg: int, elsewhere: Mapping[str, int]) -> dict[str, int]:
    """The mass of a document by the pool in which it is claimed."""
    own = mass_kg - sum(elsewhere.values())
    return {**elsewhere, pool: own} if own > 0 else dict(elsewhere)


def _apart(link: trace.Link, elsewhere: str) -> list[trace.Link]:
    """A document's link from each of the pools in which its mass is claimed, `pool` being its own:
    the parts of a link add up to it, in mass and in what it carries."""
    assert link.pool is not None
    assert link.carries is not None
    parts = _parts_of(link.pool, link.carries.kg, dict(orjson.loads(elsewhere)))
    weights = list(parts.values())
    masses = trace.shared(link.kg, weights)
    lots = zip(*(trace.shared(one, weights) for one in link.carries), strict=True)
    return [
        link._replace(pool=pool, kg=kg, carries=Carries(*lot))
        for pool, kg, lot in zip(parts, masses, lots, strict=True)
    ]


def _sold(row: DocumentRow | Sale, now: Stood, told: trace.Told | None) -> trace.Link:
    """Into the pool of its buyer once that has booked it; with the buyer until then."""
    pool = row.receiver if now.booked_kg else None
    lot = Carries(row.mass_kg, row.known_kg, row.emission_g, row.partial_g)
    return trace.Link("document", row.mass_kg, row.number, pool, _sides(row), lot, told)
