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
    its link: its part was another one before."""

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
                        changed_on,
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


def final_parts(nodes: Iterable[Node]) -> int:
    """The parts at the ends of a walk: all of them, always."""
    return sum(node.parts for node in nodes if node.final)
