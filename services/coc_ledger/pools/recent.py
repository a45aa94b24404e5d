"""Ids used lately in a stream, each with what it was used for. Pure, immutable.

A pool may have a million movements; its state cannot keep all their ids. It keeps those of late,
and `forgotten`, the version through which it let ids go. What is older stands in rows: a decision
gets them as evidence with the version through which they are known, and waits while that is not yet
`forgotten`. So no id is ever taken twice, and a state stays small.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

PER_PAGE = 64
PAGES = 64


class Page(NamedTuple):
    """Some ids used one after the other, through a version: of one event, or `PER_PAGE` at most."""

    through: int
    used: Mapping[str, str]


class Recent(NamedTuple):
    """The last ids used: those of the last `PAGES - 1` events at least, and of many more where each
    used one; or all."""

    pages: tuple[Page, ...] = ()
    forgotten: int = 0


def remembered(recent: Recent, key: str) -> str | None:
    """What an id was used for, if that was lately."""
    for page in recent.pages:
        if key in page.used:
            return page.used[key]
    return None


def used_of(recent: Recent, keys: Sequence[str]) -> set[str]:
    """Those of some keys that were used lately: many are looked for a page at a time."""
    wanted = set(keys)
    return {
        key
        for page in recent.pages
        if not wanted.isdisjoint(page.used)
        for key in wanted & page.used.keys()
    }


def remember(recent: Recent, key: str, what: str, version: int) -> Recent:
    """One more id, used at a version of the stream."""
    return remember_all(recent, {key: what}, version)


def remember_all(recent: Recent, used: Mapping[str, str], version: int) -> Recent:
    """Some more ids, all used by the event that made a version. Many are a page of their own."""
    *full, last = recent.pages or (Page(version, {}),)
    if last.used and len(last.used) + len(used) > PER_PAGE:
        full, last = [*full, last], Page(version, {})
    last = Page(version, {**last.used, **used})
    forgotten = recent.forgotten
    if len(full) >= PAGES:
        forgotten, full = full[0].through, full[1:]
    return Recent((*full, last), forgotten)


# --- by which an id is remembered ---


def movement_key(movement_id: str) -> str:
    return f"movement {movement_id}"


def reversal_key(movement_id: str) -> str:
    return f"reversal {movement_id}"


def claim_key(document: str) -> str:
    return f"claim {document}"


def replaced_key(document: str) -> str:
    return f"replaced {document}"


def change_key(change_id: str) -> str:
    return f"change {change_id}"
