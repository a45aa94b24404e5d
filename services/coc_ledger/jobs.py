"""What runs beside the requests: how far the knowledge of certificates is behind, the checks that
wait for it, and what earlier builds left undone.

The consumer cannot say that it stands still, so the log is asked: what we know is as old as the
last look at which we had all that was in it. A log that cannot be asked tells us nothing new, and
who has never caught up knows of no age at all.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from infra.consumer import START, read_cursors
from infra.decider import Command, derived_id, own_id
from infra.errors import Refused, Transient
from infra.execute import request_of
from infra.service import Running
from infra.store import translated

from .documents.commands import CheckDocument
from .evidence import UNKNOWN_S

EVERY_S = 1.0
STALE_S = 5
"""A look that is older is taken anew."""
REPAIR_EVERY_S = 3600
"""How often it is looked what earlier builds left undone: at the start, and after a rebuild."""
SOURCE = "certification"
ACTOR = "castmark:coc"
log = structlog.stdlib.get_logger("castmark.coc")


class Watch:
    """Measures once a second, and sends what waits when it has caught up."""

    def __init__(self, running: Running, consumer: str) -> None:
        self._running = running
        self._consumer = consumer
        self._looked: float | None = None
        self._fresh: float | None = None
        self._asked: tuple[float, Mapping[int, int]] | None = None
        self._repaired: float | None = None
        self.waiting: Callable[[], Sequence[CheckDocument]] | None = None
        self.undone: Callable[[], Sequence[Command]] | None = None

    def behind_s(self) -> int:
        """How old what we know is: for so long we may have missed something; 0 when we have it all.
        `UNKNOWN_S` until we have caught up once: a process that starts anew cannot know for how
        long nobody read. May wait for the database."""
        now = time.monotonic()
        # (Until we have caught up once each asker looks: who starts keeps nobody waiting longer.)
        if self._looked is None or self._fresh is None or now - self._looked > STALE_S:
            self.measure()
        if self._fresh is None:
            return UNKNOWN_S
        if self._fresh == self._looked:
            return 0
        return int(time.monotonic() - self._fresh)

    def measure(self) -> None:
        """Look where the log ends and where we are. May wait for both. Where the log grows all the
        time we never stand at its end: then we know all that was there at an earlier look."""
        now = time.monotonic()
        try:
            ends, reached = self.seen()
        except (Transient, OSError, KeyError) as error:
            log.warning("cannot-measure", source=SOURCE, reason=str(error))
        else:
            if self._asked is not None and _there(reached, self._asked[1]):
                self._fresh, self._asked = self._asked[0], None
            if _there(reached, ends):
                self._fresh, self._asked = now, None
            elif self._asked is None:
                self._asked = now, ends
        self._looked = now

    def seen(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Where the log ends, by partition, and then where we are in it."""
        reader = self._running.log_of(SOURCE)
        ends = reader.ends(SOURCE)
        with translated(), self._running.engine.connect() as connection:
            cursors = read_cursors(connection, self._consumer)
        return ends, {part: reader.reached(cursors.get((SOURCE, part), START)) for part in ends}

    async def run(self) -> None:
        """Measure and send until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(self.measure)
                behind_s = await asyncio.to_thread(self.behind_s)
                if behind_s <= STALE_S and self.waiting is not None:
                    await self._send(await asyncio.to_thread(self.waiting))
                if behind_s <= STALE_S:
                    await self.repair()
            except Transient as error:
                log.warning("checks-wait", reason=str(error))

    async def repair(self) -> None:
        """Have done what earlier builds left undone, once an hour. Nothing is done twice: its
        decider says nothing where it is done."""
        now = time.monotonic()
        due = self._repaired is None or now - self._repaired >= REPAIR_EVERY_S
        if self.undone is None or not due:
            return
        for command in await asyncio.to_thread(self.undone):
            command_id = own_id("repair", *digest_of(command))
            try:
                await self._running.writer.execute(request_of(command_id, command, ACTOR))
            except Refused as refused:
                log.warning("repair-refused", stream=command.stream, slug=refused.slug)
        self._repaired = now

    async def _send(self, commands: Sequence[CheckDocument]) -> None:
        for command in commands:
            position = command.checked.known_through_position
            command_id = "~" + derived_id("check", command.number, str(position))
            try:
                await self._running.writer.execute(request_of(command_id, command, ACTOR))
            except Refused as refused:
                log.warning("check-refused", number=command.number, slug=refused.slug)


def digest_of(command: Command) -> tuple[str, str]:
    """What makes a command of our own the same one: its name and all that it says."""
    return command.NAME, command.model_dump_json()


def _there(reached: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return all(reached.get(part, 0) >= end for part, end in ends.items())
