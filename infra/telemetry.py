"""What a process tells about itself: JSON logs and Prometheus metrics. Nothing happens on import.

Logs carry no token, no subject, no request body and nobody's name: such keys are blanked, such
values are cut out wherever they stand, and of an exception only its first line is kept.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TextIO

import orjson
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from pydantic import ValidationError
from sqlalchemy.exc import StatementError
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"
SECRET_KEYS = frozenset(
    {
        "authorization",
        "body",
        "cookie",
        "database_url",
        "display_name",
        "email",
        "password",
        "sub",
        "subject",
        "text",
        "ticket",
        "token",
    }
)
_SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?<=://)[^/\s@]+@"  # user and password of a URL
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # an e-mail address
    r"|(?<=[?&]ticket=)[^&\s]+|(?<=[?&]code=)[^&\s]+"
)
QUIET_LIBRARIES = ("aiokafka", "faststream", "httpcore", "httpx", "kafka", "uvicorn.access")
FRAMES = 12
MESSAGE_CHARS = 500


def configure_logs(stream: TextIO, level: str = "info") -> None:
    """Send all logs of this process, ours and the libraries', to a stream as JSON lines.

    Called once by a composition root. A server must be told to leave logging alone
    (uvicorn: `log_config=None, access_log=False`, because its access log repeats query strings).
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _exceptions,
        _hide,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _line],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(max(threshold, logging.WARNING))
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )


@contextmanager
def logs_into(file: Path) -> Iterator[None]:
    """All logs of this process go to the end of a file; nowhere once it is closed, though threads
    may still have something to say."""
    root = logging.getLogger()
    with file.open("a") as stream:
        configure_logs(stream)
        ours = root.handlers[:]
        try:
            yield
        finally:
            others = [handler for handler in root.handlers if handler not in ours]
            root.handlers[:] = others or [logging.NullHandler()]


def _line(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _hide(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    hidden = hide(event)
    return hidden if isinstance(hidden, MutableMapping) else {}


def hide(value: object) -> object:
    """A copy without secrets: values of telling keys, tokens, addresses, passwords in URLs."""
    if isinstance(value, str):
        return _SECRETS.sub(HIDDEN, value)
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if str(key).lower() in SECRET_KEYS else hide(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [hide(item) for item in value]
    return value


def _exceptions(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = described(error)
    return event


def described(error: BaseException) -> list[Mapping[str, object]]:
    """An exception and what caused it, outermost first: type, first line, where. No locals."""
    chain: list[Mapping[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < FRAMES:
        chain.append(
            {
                "type": type(current).__qualname__,
                "message": _first_line(current),
                "where": _where(current.__traceback__),
            }
        )
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return chain


def _first_line(error: BaseException) -> str:
    """Messages of these two repeat the values that were refused; only their kind is kept."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
    if isinstance(error, StatementError) and error.orig is not None:
        error = error.orig
    return (str(error).splitlines() or [""])[0][:MESSAGE_CHARS]


def _where(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-FRAMES:]


def new_registry() -> CollectorRegistry:
    """A registry with the process's own figures (memory, CPU, open files) in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


class WriterMeter:
    """What a service's writer reports (the shape of `execute.Meter`). Safe in threads."""

    def __init__(self, metrics: "Metrics", service: str) -> None:
        self._metrics = metrics
        self._service = service
        self._events = metrics.events.labels(service)
        self._position = metrics.store_position.labels(service)

    def committed(self, seconds: float, units: int, events: int, position: int) -> None:
        """A transaction was made durable."""
        self._metrics.commit_seconds.observe(seconds)
        self._metrics.commit_units.observe(units)
        self._events.inc(events)
        self._position.set(position)

    def answered(self, outcome: str, commands: int) -> None:
        """So many commands were answered: `accepted`, or the slug of their refusal."""
        self._metrics.commands.labels(self._service, outcome).inc(commands)


class Metrics:
    """All metrics of a process in the registry it is given; one object for all its services."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.commands = Counter(
            "castmark_commands_total",
            "Commands answered, by outcome: accepted, or the slug of the refusal",
            ["service", "outcome"],
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "castmark_commit_seconds",
            "Time from opening a transaction to its being durable",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )
        self.commit_units = Histogram(
            "castmark_commit_units",
            "Units that shared a transaction",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=registry,
        )
        self.events = Counter(
            "castmark_events_total", "Events stored", ["service"], registry=registry
        )
        self.store_position = Gauge(
            "castmark_store_position", "Last position of the store", ["service"], registry=registry
        )
        self.relay_lag_seconds = Gauge(
            "castmark_relay_lag_seconds",
            "Age of the oldest event that is not yet on the log",
            ["service"],
            registry=registry,
        )
        self.consumer_lag_seconds = Gauge(
            "castmark_consumer_lag_seconds",
            "Age of the oldest event that a consumer has not yet applied",
            ["service", "consumer", "source"],
            registry=registry,
        )
        self.parked_streams = Gauge(
            "castmark_parked_streams",
            "Streams that wait for a person",
            ["service", "consumer"],
            registry=registry,
        )
        self.consumer_partitions = Gauge(
            "castmark_consumer_partitions",
            "Partitions of a consumer in this process, by state: following, waiting, stopped;"
            " and those with something parked, whatever else they do",
            ["service", "consumer", "state"],
            registry=registry,
        )
        self._count_requests()

    def _count_requests(self) -> None:
        registry = self.registry
        self.http_requests = Counter(
            "castmark_http_requests_total",
            "Requests answered",
            ["service", "route", "status"],
            registry=registry,
        )
        self.http_seconds = Histogram(
            "castmark_http_seconds",
            "Time from a request's arrival to the end of its answer",
            ["service", "route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
            registry=registry,
        )

        self.kafka_commands = Counter(
            "castmark_kafka_commands_total",
            "Commands answered over Kafka, by what would be the HTTP status",
            ["service", "status"],
            registry=registry,
        )
        self.kafka_commands_lag = Gauge(
            "castmark_kafka_commands_lag",
            "Commands that groups have sent over Kafka and that are not answered yet",
            ["service"],
            registry=registry,
        )

    def writer(self, service: str) -> WriterMeter:
        """What to hand to the writer of a service."""
        return WriterMeter(self, service)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
