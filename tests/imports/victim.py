"""A process that takes a file in and is killed in the middle of it.

python -m tests.imports.victim DATA FILE before|after CHUNK [activity]
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Connection

from infra.importing import groups, groupwork, jobs
from infra.importing.jobs import Job
from tests.imports.desk import desk_on
from tests.imports.years import LINES, years_on

advance = jobs.advance


def die() -> None:
    """As if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(data: Path, content: bytes, when: str, chunk: int, what: str) -> None:
    """Load until death."""
    left = chunk

    def dying(connection: Connection, before: Job, after: Job) -> None:
        nonlocal left
        advance(connection, before, after)
        if after.tally.done > before.tally.done:
            left -= 1
            if left == 0 and when == "before":
                die()
            if left == -1:
                die()  # the first thing that the next chunk does

    if what == "activity":
        groups.GROUP_ROWS = groupwork.SMALL = 2 * len(LINES)  # processes, two years a chunk
        async with years_on(data) as desk:
            jobs.advance = dying
            await desk.load("killed", content)
    else:
        jobs.advance = dying
        async with desk_on(data) as plants:
            await plants.load("killed", content)


if __name__ == "__main__":
    _, folder, file, moment, count, *kind = sys.argv
    content = Path(file).read_bytes()
    asyncio.run(main(Path(folder), content, moment, int(count), *(kind or ["facilities"])))
