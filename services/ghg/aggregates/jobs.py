"""The worker that keeps the editions of aggregates that are due: once a day, from what rows know of
the days before. Nobody's asking makes an edition, nor is one made anew (`kept`). What everybody is
told that day is then made ready."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

import structlog

from infra.decider import own_id
from infra.errors import Refused, Transient
from infra.execute import request_of
from infra.news import News
from infra.service import Running
from services.ghg.queries import CONSUMER, Queries

from .kept import Editions, FacilityKept, KeepEdition, due_on, is_due, stream_of, tells_enough

ACTOR = "castmark:ghg"
FIRST_YEAR = 1990
LOOK_EVERY_S = 5.0
LOG = structlog.stdlib.get_logger("castmark.ghg")
FiguresOf = Callable[[int], Sequence[FacilityKept]]
"""The verified figures of a year; may wait for the database."""
Reckon = Callable[[int], None]
"""Has ready what is told of a year; may take seconds."""


def leave(year: int) -> None:
    """Have nothing of a year ready: it is reckoned for who asks first."""


class KeepingEditions:
    """Keeps what is due, for as long as the service runs."""

    def __init__(
        self,
        running: Running,
        queries: Queries,
        figures_of: FiguresOf,
        reckon: Reckon = leave,
    ) -> None:
        self._running, self._queries, self._figures_of = running, queries, figures_of
        self._reckon = reckon
        self._news = News(running.writer)
        self._looked_on: date | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            told = self._news.next()
            try:
                await self.once()
            except Transient as error:
                LOG.warning("editions-wait", error=str(error))
            await self._news.wait(told, LOOK_EVERY_S)

    async def once(self) -> int:
        """Once a day: keep the editions that are due; how many there were."""
        times = self._running.times
        today = times.today()
        begun = not times.simulated or times.simulated_on is not None
        if self._looked_on == today or not begun:
            return 0
        if not await asyncio.to_thread(self._has_read, today):
            return 0
        wanted = await asyncio.to_thread(self._wanted, today)
        for one in wanted:
            command_id = own_id("edition", str(one.year), one.due_on.isoformat())
            try:
                await self._running.writer.execute(request_of(command_id, one, ACTOR))
            except Refused as refused:
                LOG.warning("edition-kept-by-another", slug=refused.slug, year=one.year)
        self._looked_on = today
        for year in range(today.year, FIRST_YEAR - 1, -1):
            await asyncio.to_thread(self._reckon, year)
        return len(wanted)

    def _wanted(self, today: date) -> list[KeepEdition]:
        """The editions to keep, of every year that there may be."""
        policy = self._running.definition.policies.on(today)
        found = []
        for year in range(FIRST_YEAR, today.year + 1):
            state: Editions = self._queries.reader.state(stream_of(year))
            if not is_due(state, today, policy):
                continue
            figures = tuple(self._figures_of(year))
            if tells_enough(state, figures, policy):
                due = due_on(today, policy)
                found.append(KeepEdition(on=today, year=year, due_on=due, facilities=figures))
        return found

    def _has_read(self, today: date) -> bool:
        """Whether rows know all that was recorded here before a day."""
        reached = self._queries.reader.through(CONSUMER).get(self._running.name, 0)
        store = self._running.store
        unread = store.read_after(reached, 1)
        return not unread or store.recorded(unread[0]).envelope.recorded_at[:10] >= str(today)
