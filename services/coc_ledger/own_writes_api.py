"""Who was just answered that something is booked, or changed, reads it at once.

Rows follow the events by some milliseconds. Whether somebody may see a row is known from the row;
where there is none yet, a member whose own command wrote the stream would be told that it is none
of theirs. So the stream is asked whose it is: who may see what it tells waits for the row, anybody
else is answered as if there were nothing. Who may see a row that is there waits a little until rows
know the last event of its stream, and then gets what they know.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from infra.errors import Refused

Row = TypeVar("Row")
LOOK_S = 0.02
LOOKS = 100
"""For two seconds; rows that take longer are not on their way (a stream is parked, or rebuilt)."""
LOOKS_FOR_CHANGES = 25
"""For half a second; behind a large import rows take longer, and what they know is told."""


async def followed(
    look: Callable[[], Row | None], is_theirs: Callable[[], bool], what: str
) -> Row | None:
    """The row, as soon as it is there; None where there is none and the stream is not theirs.
    Both may wait for the database. Refused `not-known-yet` where no row follows."""
    row = await asyncio.to_thread(look)
    if row is not None or not await asyncio.to_thread(is_theirs):
        return row
    for _ in range(LOOKS):
        row = await asyncio.to_thread(look)
        if row is not None:
            return row
        await asyncio.sleep(LOOK_S)
    raise Refused(
        "not-known-yet",
        f"{what} is booked, and cannot be shown yet: ask again in a moment.",
        asked=what,
    )


async def caught_up(
    look: Callable[[], Row], last: Callable[[], int], through: Callable[[], int]
) -> Row:
    """The row of somebody who may see it, with all that its stream told when they asked: `last` is
    the position of the stream's last event, `through` that of the last one that rows know; after
    half a second as it is by then. All three may wait for the database."""
    told = await asyncio.to_thread(last)
    for _ in range(LOOKS_FOR_CHANGES):
        if await asyncio.to_thread(through) >= told:
            break
        await asyncio.sleep(LOOK_S)
    return await asyncio.to_thread(look)
