"""Facts, subjects and deadlines rebuilt from a long history in Kafka, beside the bare client.

One process on each side. The peer is confluent-kafka's `consume(10000)` that reads key, headers and
value of the same topics and does nothing with them. Ours decodes, folds, writes, compares every row
with the live tables and switches. Memory is the peak of a process of its own, at a quarter of the
events and at all of them.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from confluent_kafka import Consumer, TopicPartition

from contracts.catalog import CATALOG, TOPICS
from infra.execute import Writer
from infra.kafka import KafkaLog
from infra.kafka_admin import create_topics
from infra.kafka_replay import reader_settings
from infra.local.kafka import KafkaCluster
from infra.projection import ReadModels
from infra.rebuild import Rebuild, Result
from infra.service import create, models_of
from infra.store import Store, open_engine
from services.certification.app import definition

from .facilities import KEY
from .figures import Figures, at_least, at_most, figure
from .filling import Ends, Filled, fill, set_cursors
from .machine import peak_bytes, scratch
from .sizes import Size

CONSUMER = "certification"
SOURCES = ("membership", "audit_scheduling")
QUARTER = 4
SAME = 1.1
AT_ONCE = 10_000
MB = 1e6


def run(size: Size) -> Figures:
    """Rebuild, peer, memory."""
    with scratch() as folder, KafkaCluster() as kafka:
        create_topics(kafka.bootstrap, [TOPICS[source] for source in SOURCES])
        filled = fill(kafka.bootstrap, size.events, size.events // QUARTER, size.subjects)
        ours: list[float] = []
        peer: list[float] = []
        with certification(folder / "timed.sqlite", filled.at_end) as (writer, models):
            first = rebuild(writer, models, kafka.bootstrap)
            for _ in range(size.repeats):
                peer.append(consume(kafka.bootstrap, filled))
                result = rebuild(writer, models, kafka.bootstrap)
                if result.differences:
                    raise SystemExit(f"rebuilt twice, not the same: {result.differences[:3]}")
                ours.append(result.events / result.seconds)
        quarter = _memory(folder / "quarter.sqlite", kafka.bootstrap, filled.at_part)
        end = _memory(folder / "end.sqlite", kafka.bootstrap, filled.at_end)
    name = f"rebuild of certification, {size.events:,} events, Kafka to SQLite"
    return [
        figure(
            name,
            "events/s",
            ours,
            peer,
            f"confluent-kafka consume({AT_ONCE})",
            at_least(0.4),
            note=f"{first.rows:,} rows and {first.facts:,} facts, each compared with the live ones",
        ),
        figure(
            f"rebuild, memory at {filled.events:,} events over {filled.part:,}",
            "times",
            [end / quarter],
            bar=at_most(SAME),
            note=f"{quarter / MB:.0f} MB, then {end / MB:.0f} MB at the most",
        ),
    ]


@contextmanager
def certification(file: Path, ends: Ends) -> Iterator[tuple[Writer, ReadModels]]:
    """A store of certification whose consumer has read up to these ends."""
    service = definition()
    engine = open_engine(f"sqlite:///{file}")
    create(service, engine)
    store = Store(engine, service.name, CATALOG.with_private(*service.private))
    writer = Writer(
        store, service.deciders, service.policies, lambda: datetime.now(UTC), KEY
    ).start()
    set_cursors(writer, CONSUMER, ends)
    try:
        yield writer, models_of(service)[CONSUMER]
    finally:
        writer.close()
        engine.dispose()


def rebuild(writer: Writer, models: ReadModels, bootstrap: list[str]) -> Result:
    """One rebuild, switch included."""
    [consumer] = [one for one in definition().consumers if one.name == CONSUMER]
    log = KafkaLog(bootstrap)
    return Rebuild(consumer, models, writer, lambda _: log).run()


def consume(bootstrap: list[str], filled: Filled) -> float:
    """Records per second of the client alone."""
    consumer = Consumer(reader_settings(bootstrap))
    started, seen, size = time.monotonic(), 0, 0
    consumer.assign(
        [TopicPartition(TOPICS[source].name, number, 0) for source, number in filled.at_end]
    )
    while seen < filled.events:
        for message in consumer.consume(min(AT_ONCE, filled.events - seen), timeout=5.0):
            if message.error() is not None:
                raise SystemExit(f"the peer failed: {message.error()}")
            key, headers, value = message.key(), message.headers(), message.value()
            size += len(key or b"") + len(headers or ()) + len(value or b"")
            seen += 1
    seconds = time.monotonic() - started
    consumer.close()
    return seen / seconds


def _memory(file: Path, bootstrap: list[str], ends: Ends) -> int:
    """Peak memory of a process that rebuilds up to these ends."""
    with certification(file, ends):
        pass
    command = [sys.executable, "-m", "tests.benchmarks.rebuild", str(file), *bootstrap]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=3600).stdout
    return int(orjson.loads(said))


def main(file: Path, bootstrap: list[str]) -> None:
    """What `_memory` runs."""
    with certification(file, {}) as (writer, models):
        rebuild(writer, models, bootstrap)
    print(peak_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
