"""What a log still has of a history, for a rebuild: all up to some cursors, or between two."""

from collections.abc import Callable, Generator

from contracts.catalog import BROADCAST
from contracts.cloudevents import Received

from .bus import Log
from .cursors import START, Cursor
from .readmodel import Consumer

REPLAY = 2_000  # records of a partition before it is another one's turn
Cursors = dict[tuple[str, int], Cursor]
"""By source and partition."""


class History:
    """The history of the sources of a consumer."""

    def __init__(self, consumer: Consumer, log_of: Callable[[str], Log]) -> None:
        self._passes_all = consumer.passes_all
        self._log_of = log_of

    def up_to(self, until: Cursors) -> Generator[list[Received]]:
        """Everything up to cursors. The partitions of a source take turns, so that its positions
        come nearly in order: facts are then added at the end of their table, and not all over it.
        """
        for source in dict.fromkeys(source for source, _ in until):
            reading = [
                self.between(of, partition, START, cursor)
                for (of, partition), cursor in until.items()
                if of == source
            ]
            try:
                while reading:
                    for each in tuple(reading):
                        if (found := next(each, None)) is None:
                            reading.remove(each)
                        else:
                            yield found
            finally:
                for each in reading:
                    each.close()

    def between(
        self, source: str, partition: int, after: Cursor, until: Cursor
    ) -> Generator[list[Received]]:
        """Records of a partition behind one cursor up to another, without repeats and without what
        this consumer is not handed. RuntimeError when the log has lost any of them: tables made
        of what is left must not take the place of the live ones."""
        at, passes_all, where = after.position, self._passes_all, f"{source}/{partition}"
        if at >= until.position:
            return
        for batch in self._log_of(source).replay(source, partition, after, REPLAY):
            found: list[Received] = []
            for received in batch.received:
                position = received.record.envelope.position
                if position > until.position:
                    break
                if position <= at:
                    continue
                if received.previous > at:
                    raise RuntimeError(f"{where} has a hole before {position}: {_lost(source, at)}")
                at = position
                if passes_all or received.record.type not in BROADCAST:
                    found.append(received)
            yield found
            if at >= until.position:
                return
        raise RuntimeError(f"{where} ends before {until.position}: {_lost(source, at)}")


def _lost(source: str, at: int) -> str:
    """The rest of the sentence for whoever must mend it."""
    return (
        "the log lost records that the live tables have seen;"
        f" castmark relay {source} --from {at} sends them again"
    )
