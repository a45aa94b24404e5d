"""Who works for a scope, and who has a share in it, day by day. Pure.

A movement or a claim is judged by its own day: metal of a day on which a contractor was listed went
through its works within the scope, whenever that is booked; of another day it did not. Rules:
sources.md 5.6 (4, 5).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.coc_ledger.evidence import Stake

ALL_PERCENT = Decimal(100)
"""All of an output, in per cent."""


class Hired(NamedTuple):
    """A time for which a contractor is listed: its first day, and the last (None: it still is); by
    which name; `of` which scope it came, where one went over."""

    since: date
    through: date | None = None
    name: str = ""
    of: str | None = None


Contractors = Mapping[str, tuple[Hired, ...]]
"""By contractor, in order."""


class Share(NamedTuple):
    """What a holder has from a day on; of 0 per cent: nothing any more. `of` which scope it had it
    before, where one went over; `anew`: others had it before, who went over into the holder."""

    since: date
    stake: Stake
    of: str | None = None
    anew: bool = False


Shares = Mapping[str, tuple[Share, ...]]
"""By holder, in order."""


def hired(
    before: Contractors, contractor_id: str, name: str, since: date, of: str | None
) -> Contractors:
    """With a contractor that is listed from a day on."""
    now = Hired(since, None, name, of)
    return {**before, contractor_id: (*before.get(contractor_id, ()), now)}


def dismissed(before: Contractors, contractor_id: str, through: date) -> Contractors:
    """With one that is listed through a day: on that day it still was."""
    *earlier, last = before[contractor_id]
    return {**before, contractor_id: (*earlier, last._replace(through=through))}


def shared(
    before: Shares, stake: Stake, since: date, of: str | None, *, anew: bool = False
) -> Shares:
    """With what a holder has from a day on."""
    holder = stake.holder_scope_id
    return {**before, holder: (*before.get(holder, ()), Share(since, stake, of, anew))}


def contractors_on(known: Contractors, day: date) -> tuple[str, ...]:
    """Those that were listed on a day."""
    return tuple(
        name
        for name, times in known.items()
        if any(one.since <= day and (one.through is None or day <= one.through) for one in times)
    )


def stakes_on(known: Shares, day: date) -> tuple[Stake, ...]:
    """The shares in a scope's output on a day, never more than the whole. The first one that is
    listed of a holder counts for the days before as well: what left by then was of the same joint
    venture. It does not where others had too much of it on that day, of whom the holder then has
    it, the first listed first; nor does one that comes with a scope that goes over: before that
    day it was a share of the other one's output, or another holder's."""
    found: dict[str, Stake] = {}
    for holder, told in known.items():
        begun = [one.stake for one in told if one.since <= day]
        if begun and begun[-1].share_percent:
            found[holder] = begun[-1]
    first = [told[0] for told in known.values() if told[0].of is None and not told[0].anew]
    ahead = [one for one in first if all(day < told.since for told in known[_holder(one)])]
    for one in sorted(ahead, key=lambda one: (one.since, _holder(one))):
        if (
            sum(stake.share_percent for stake in found.values()) + one.stake.share_percent
            <= ALL_PERCENT
        ):
            found[_holder(one)] = one.stake
    return tuple(found[holder] for holder in known if holder in found)


def _holder(one: Share) -> str:
    return one.stake.holder_scope_id


class ContractorTold(NamedTuple):
    """A contractor was listed from a day through another (None: it still is); it came from another
    scope (None: from none), where that went over."""

    contractor_id: str
    name: str
    since: date
    through: date | None
    from_scope_id: str | None = None


class VentureTold(NamedTuple):
    """A holder has a share of the output from a day through another (None: it still has); it had it
    of another scope (None: of none), where that went over."""

    holder_scope_id: str
    share_percent: Decimal
    since: date
    through: date | None
    from_scope_id: str | None = None


def contractors_told(known: Contractors) -> list[ContractorTold]:
    """Each time of each contractor, by contractor, in order. One that was taken back before its
    first day was none."""
    return [
        ContractorTold(contractor_id, one.name, one.since, one.through, one.of)
        for contractor_id in sorted(known)
        for one in known[contractor_id]
        if one.through is None or one.since <= one.through
    ]


def ventures_told(known: Shares) -> list[VentureTold]:
    """Each share of each holder, by holder, in order; of two that begin on one day the last."""
    found: list[VentureTold] = []
    for holder in sorted(known):
        told = {one.since: one for one in known[holder]}
        ends = [*(since - timedelta(days=1) for since in list(told)[1:]), None]
        found += [
            VentureTold(holder, one.stake.share_percent, since, end, one.of)
            for (since, one), end in zip(told.items(), ends, strict=True)
            if one.stake.share_percent
        ]
    return found
