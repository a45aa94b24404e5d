"""Who was just answered that something is booked reads it at once.

Rows follow the events by some milliseconds. Whether somebody may see a row is known from the row;
where there is none yet, a member whose own command wrote the stream would be told that it is none
of theirs. So the stream is asked whose it is: who may see what it tells waits for the row, anybody
else is answered as if there were nothing.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from infra.errors import Refused

Row = TypeVar("Row")
LOOK_S = 0.02
LOOKS = 100
"""For two seconds; rows that take longer are not on their way (a stream is parked, or rebuilt)."""


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
