"""Where a lot comes from and where it went, level by level, with parts that add up. Pure.

Mass balance is administrative: a claim of a pool comes from all its CoC input in proportion. What
is asked about is cut into `WHOLE` parts; each pool hands its parts on in proportion to mass, by
largest remainder, so that no part is lost or made. A walk ends at sources (a mine, scrap), at
holders, or `beyond` the depth asked for: a closed loop of scrap comes round smaller each time.
Counterparties that the viewer may not see are masked; their parts stay.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from services.coc_ledger.pools.carrying import Carries

WHOLE = 10**12
NOTHING_CARRIED = Carries(0, 0, 0, 0)


class Told(NamedTuple):
    """What a trace of a past day says beside what was so on that day: when the ledger was told of
    it, and what it became since, from which day on (None: it still is so)."""

    known_since: str
    became: str | None = None
    became_on: str | None = None


class Link(NamedTuple):
    """One part of a pool's input, or of its output: `kg` by a document, or by a kind of source.
    `pool` is where it leads; None where it ends. `seen_by` are the members of both its ends,
    `carries` what the metal carried when it came, where that is kept; `told` of a past day, and
    `changed_on` when movements of that day or before were told last, if afterwards."""

    kind: str
    kg: int
    document: str | None = None
    pool: str | None = None
    seen_by: tuple[str, ...] = ()
    carries: Carries | None = None
    told: Told | None = None
    changed_on: str | None = None


class Node(NamedTuple):
    """What was found: so many parts of the whole, at a level. `final`: the walk ends here; final
    parts add up to the whole. A masked node says neither document nor pool. `changed_on` is that of
    its link: its part was another one before. `at` is the pool at which the walk ends without a
    document, for `totals`: whose it is the first of `seen_by` says."""

    level: int
    kind: str
    parts: int
    final: bool
    document: str | None
    pool: str | None
    seen_by: tuple[str, ...] = ()
    carries: Carries | None = None
    masked: bool = False
    told: Told | None = None
    changed_on: str | None = None
    at: str | None = None


class Total(NamedTuple):
    """All parts that end in the same way at the same place, of how many ends; `share` is them of
    the whole, exactly. What the viewer may not see is together, by kind."""

    kind: str
    scope_id: str | None
    stage: str | None
    member_id: str | None
    masked: bool
    parts: int
    share: str
    ends: int


class Mixed(NamedTuple):
    """All metal of a kind that came into the pool of a document: `share` of all that came, in parts
    of the whole, and what it carried when it came, where that is kept."""

    kind: str
    parts: int
    share: str
    carries: Carries | None


Load = Callable[[Sequence[str]], Mapping[str, Sequence[Link]]]
"""The links of some pools at once; a pool without any may be missing."""


def walk(start: Mapping[str, int], load: Load, depth: int) -> list[Node]:
    """From pools with their parts through `depth` levels of links.

    What a pool has no link for stays with it: `unexplained` upstream (a claim ahead of its input),
    `held` downstream, as the links say it.
    """
    found: list[Node] = []
    frontier = dict(start)
    for level in range(1, depth + 1):
        if not frontier:
            return found
        links = load(sorted(frontier))
        after: dict[str, int] = {}
        for pool in sorted(frontier):
            named = [link for link in links.get(pool, ()) if link.kg > 0]
            if not named:
                found.append(Node(level, "unknown", frontier[pool], True, None, pool))
                continue
            shares = shared(frontier[pool], [link.kg for link in named])
            for link, parts in zip(named, shares, strict=True):
                if not parts:
                    continue
                kind, _, document, to, seen_by, carried, told, changed_on = link
                ends = to is None
                found.append(
                    Node(
                        level, kind, parts, ends, document, to, seen_by, carried, False, told,
                        changed_on, pool if ends and document is None else None,
                    )
                )  # fmt: skip
                if to is not None:
                    after[to] = after.get(to, 0) + parts
        frontier = after
    for pool in sorted(frontier):
        found.append(Node(depth + 1, "beyond", frontier[pool], True, None, pool))
    return found


def shared(parts: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to weights, by largest remainder: they add up to all."""
    total = sum(weights)
    if total <= 0:
        raise ValueError("nothing to share by")
    found = [divmod(parts * weight, total) for weight in weights]
    shares, rests = [share for share, _ in found], [rest for _, rest in found]
    if left := parts - sum(shares):
        # The largest first, and of equal ones the first: a sort keeps their order, reversed too.
        for at in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            shares[at] += 1
    return shares


def masked(nodes: Iterable[Node], may_see: Callable[[Node], bool]) -> list[Node]:
    """The nodes as somebody may see them: what is hidden is merged by level, kind and end."""
    shown: list[Node] = []
    hidden: dict[tuple[int, str, bool], int] = {}
    for node in nodes:
        if may_see(node):
            shown.append(node)
        else:
            key = (node.level, node.kind, node.final)
            hidden[key] = hidden.get(key, 0) + node.parts
    made = [
        Node(level, kind, parts, final, None, None, masked=True)
        for (level, kind, final), parts in sorted(hidden.items())
    ]
    return [*shown, *made]


def totals(nodes: Iterable[Node], may_place: Callable[[Node], bool]) -> list[Total]:
    """What a trace ends in, by kind and by scope, stage and member, the largest first: their parts
    are the whole. `nodes` are as the viewer may see them; of which they `may_place` the end, those
    are named."""
    found: dict[tuple[str, str | None, str | None, str | None, bool], tuple[int, int]] = {}
    for node in nodes:
        if not node.final:
            continue
        pool = node.at or node.pool
        scope_id, stage, member_id = None, None, None
        if pool is not None and not node.masked and may_place(node):
            scope_id, stage, _ = pool.split(":")
            member_id = node.seen_by[0] if node.seen_by else None
        key = (node.kind, scope_id, stage, member_id, node.masked)
        parts, ends = found.get(key, (0, 0))
        found[key] = (parts + node.parts, ends + 1)
    order = sorted(found.items(), key=lambda one: (-one[1][0], one[0][0], one[0][1] or ""))
    return [Total(*key, parts, share_of(parts), ends) for key, (parts, ends) in order]


def mixed(links: Iterable[Link]) -> list[Mixed]:
    """What came in, by kind, the most first: the shares are 1."""
    masses: dict[str, int] = {}
    carried: dict[str, Carries | None] = {}
    for link in links:
        if link.kg <= 0:
            continue
        had, more = carried.get(link.kind, NOTHING_CARRIED), link.carries
        both = None if had is None or more is None else zip(had, more, strict=True)
        carried[link.kind] = None if both is None else Carries(*map(sum, both))
        masses[link.kind] = masses.get(link.kind, 0) + link.kg
    if not masses:
        return []
    kinds = sorted(masses, key=lambda kind: (-masses[kind], kind))
    shares = shared(WHOLE, [masses[kind] for kind in kinds])
    return [
        Mixed(kind, parts, share_of(parts), carried[kind])
        for kind, parts in zip(kinds, shares, strict=True)
    ]


def share_of(parts: int) -> str:
    """Parts of the whole as a decimal, exactly."""
    whole, rest = divmod(parts, WHOLE)
    return f"{whole}.{rest:012}".rstrip("0").rstrip(".")


def final_parts(nodes: Iterable[Node]) -> int:
    """The parts at the ends of a walk: all of them, always."""
    return sum(node.parts for node in nodes if node.final)
