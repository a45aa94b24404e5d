"""The end of an aiokafka consumer: nothing of it stays open, however it is interrupted.

aiokafka's own `stop` ends its tasks one after the other, and closes its connections last. It breaks
off half way when one of the tasks is cancelled where that task does not expect it (in the rest
after a fetch that failed, when a broker has just died) or has failed before. FastStream passes
over that, the connections stay, and a task opens them anew for as long as the process lives. A
start that is cancelled forgets the connection by which it asks for the brokers; a connection whose
end was heard but not yet seen to is dropped for a new one, open, with all who wait for its answers.
docs/decisions/0003 says why we live with aiokafka; here we clear up behind it, at its fields, for
want of a door.
"""

import asyncio
import traceback
from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]  # it ships no types
from aiokafka.cluster import ClusterMetadata  # type: ignore[import-untyped]  # same
from aiokafka.conn import AIOKafkaConnection  # type: ignore[import-untyped]  # same
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]  # same
from faststream.kafka import KafkaBroker

LOG = structlog.stdlib.get_logger("castmark.kafka")
AGAIN_S = 1.0


class _Connections(dict[tuple[object, object], AIOKafkaConnection]):
    """An aiokafka client's: closed when they are dropped."""

    def __delitem__(self, key: tuple[object, object]) -> None:
        self[key].close()
        super().__delitem__(key)


def close_what_is_dropped(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer close each connection that it takes for dead."""
    consumer._client._conns = _Connections(consumer._client._conns)


async def begun(starting: asyncio.Task[None], patience_s: float) -> None:
    """Wait for a start to end, well or not; one that a silent broker holds up, or for which nobody
    waits any more, is cancelled, and what it held is closed."""
    try:
        await asyncio.wait([starting], timeout=patience_s)
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        _close_half_open(starting)


def _close_half_open(starting: asyncio.Task[None]) -> None:
    try:
        starting.result()
    except asyncio.CancelledError as cancelled:
        for frame, _ in traceback.walk_tb(cancelled.__traceback__):
            for held in frame.f_locals.values():
                if isinstance(held, AIOKafkaConnection):
                    held.close()
    except Exception as error:  # whoever waited for the start was told
        LOG.debug("start-failed", reason=str(error))


async def stop(broker: KafkaBroker, consumer: AIOKafkaConsumer | None) -> None:
    """Stop a broker with its one consumer, None when it had not got that far."""
    try:
        await broker.stop()
    except* KafkaError as failed:  # its tasks had failed before; it is given up anyway
        LOG.warning("stop-failed", reasons=[str(error) for error in failed.exceptions])
    finally:
        await _cancel(task for one in broker.subscribers for task in getattr(one, "tasks", ()))
        if consumer is not None:
            await _let_go(consumer)


async def _let_go(consumer: AIOKafkaConsumer) -> None:
    """End what `stop` has left: tasks, membership of the group, connections; or find all ended."""
    coordinator, fetcher, client = consumer._coordinator, consumer._fetcher, consumer._client
    if coordinator is not None:
        await _cancel(
            (
                coordinator._coordination_task,
                coordinator._heartbeat_task,
                coordinator._commit_refresh_task,
            )
        )
    if fetcher is not None:
        await _cancel((fetcher._fetch_task, *fetcher._pending_tasks))
    if coordinator is not None:
        await coordinator._maybe_leave_group()
    client.cluster = ClusterMetadata()  # it knows no broker: no task gets a connection any more
    async with client._get_conn_lock:  # and who was opening one has it, so that it is closed too
        await client.close()
    consumer._closed = True  # FastStream, broken off as it waited, may not have come to its `stop`


async def _cancel(tasks: Iterable[asyncio.Task[object] | None]) -> None:
    pending = {task for task in tasks if task is not None and not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
