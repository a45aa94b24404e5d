"""What runs beside the requests: how far the knowledge of certificates is behind, and the checks
that wait for it.

The consumer cannot say that it stands still, so the log is asked: where its end is ahead of our
cursor, we have been behind since we first saw that. A log that cannot be asked is as good as ahead.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from infra.consumer import START, read_cursors
from infra.decider import derived_id
from infra.errors import Refused, Transient
from infra.execute import request_of
from infra.service import Running
from infra.store import translated

from .document_commands import CheckDocument

EVERY_S = 1.0
SOURCE = "certification"
ACTOR = "castmark:coc"
log = structlog.stdlib.get_logger("castmark.coc")


class Watch:
    """Measures once a second, and sends what waits when it has caught up."""

    def __init__(self, running: Running, consumer: str) -> None:
        self._running = running
        self._consumer = consumer
        self._since: float | None = None
        self._measured = False
        self.waiting: Callable[[], Sequence[CheckDocument]] | None = None

    def behind_s(self) -> int:
        """For how long we have been behind; 0 when we are not."""
        if not self._measured:
            self.measure()
        return 0 if self._since is None else int(time.monotonic() - self._since)

    def measure(self) -> None:
        """Look where the log ends and where we are. May wait for both."""
        behind = True
        try:
            with translated(), self._running.engine.connect() as connection:
                cursors = read_cursors(connection, self._consumer)
            reader = self._running.log_of(SOURCE)
            behind = any(
                reader.reached(cursors.get((SOURCE, part), START)) < end
                for part, end in reader.ends(SOURCE).items()
            )
        except (Transient, OSError, KeyError) as error:
            log.warning("cannot-measure", source=SOURCE, reason=str(error))
        self._measured = True
        if not behind:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()

    async def run(self) -> None:
        """Measure and send until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(self.measure)
                if self._since is None and self.waiting is not None:
                    await self._send(await asyncio.to_thread(self.waiting))
            except Transient as error:
                log.warning("checks-wait", reason=str(error))

    async def _send(self, commands: Sequence[CheckDocument]) -> None:
        for command in commands:
            position = command.checked.known_through_position
            command_id = "~" + derived_id("check", command.number, str(position))
            try:
                await self._running.writer.execute(request_of(command_id, command, ACTOR))
            except Refused as refused:
                log.warning("check-refused", number=command.number, slug=refused.slug)
