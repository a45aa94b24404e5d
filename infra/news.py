"""Wakes everyone who waits for a writer's next commit: long polls, streams, pages."""

import asyncio

from .execute import Writer


class News:
    """One per writer and API; for one event loop."""

    def __init__(self, writer: Writer) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        writer.listeners.append(self._tell)

    def _tell(self, _: int) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Taken before looking, so that nothing between looking and waiting is missed."""
        self._loop = asyncio.get_running_loop()
        return self._event

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for it, or for the time to be over (another process may have written)."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
