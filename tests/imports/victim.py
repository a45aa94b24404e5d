"""A process that takes a file in and is killed in the middle of it.

python -m tests.imports.victim DATA FILE before|after CHUNK
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Connection

from infra.importing import jobs
from infra.importing.jobs import Job
from tests.imports.desk import desk_on

advance = jobs.advance


def die() -> None:
    """As if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(data: Path, content: bytes, when: str, chunk: int) -> None:
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

    jobs.advance = dying
    async with desk_on(data) as desk:
        await desk.load("killed", content)


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), sys.argv[3], int(sys.argv[4]))
    )
