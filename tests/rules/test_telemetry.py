"""Logs are JSON and keep secrets; metrics have the names that dashboards know."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from contracts.values import Id
from infra.telemetry import (
    HIDDEN,
    Metrics,
    configure_logs,
    described,
    hide,
    logs_into,
    new_registry,
)

JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
MARKER = "Zacharias"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What the process says, from here on; put back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = list(root.handlers), root.level
    configure_logs(stream, "debug")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Every line is one JSON object."""
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_our_logs_and_the_libraries_are_the_same_json(logs: io.StringIO) -> None:
    structlog.stdlib.get_logger("castmark.relay").info("relay-sent", events=3)
    logging.getLogger("somebody").warning("%d left", 2)
    ours, theirs = lines(logs)
    assert ours["event"] == "relay-sent"
    assert (ours["level"], ours["logger"], ours["events"]) == ("info", "castmark.relay", 3)
    assert str(ours["at"]).endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("2 left", "warning", "somebody")


def test_a_log_that_is_closed_is_written_to_no_more(
    logs: io.StringIO, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logs_into(tmp_path / "log"):
        logging.getLogger("somebody").warning("heard")
    logging.getLogger("somebody").warning("too late")
    [line] = (tmp_path / "log").read_text().splitlines()
    assert orjson.loads(line)["event"] == "heard"
    assert (capsys.readouterr().err, logs.getvalue()) == ("", "")


def test_libraries_that_chatter_are_quiet(logs: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://x?ticket=1")
    logging.getLogger("uvicorn.access").info("GET /signin?ticket=1")
    assert logs.getvalue() == ""


def test_what_is_bound_goes_with_every_line(logs: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(correlation_id="r1"):
        structlog.stdlib.get_logger("castmark.web").info("one")
        logging.getLogger("somebody").warning("two")
    assert [line["correlation_id"] for line in lines(logs)] == ["r1", "r1"]


def test_no_secret_gets_into_a_line(logs: io.StringIO) -> None:
    structlog.stdlib.get_logger("castmark.web").warning(
        f"sent {JWT} to eve@example.org",
        token=JWT,
        Authorization=f"Bearer {JWT}",
        subject=MARKER,
        display_name=MARKER,
        nested={"body": {"name": MARKER}, "list": [f"Bearer {JWT}", {"password": MARKER}]},
        url="postgresql+psycopg://app:hunter2@db/castmark",
        link=f"http://127.0.0.1/signin?ticket={MARKER}&x=1",
        back=f"http://127.0.0.1/signin/callback?state=1&code={MARKER}",
        count=3,
    )
    logging.getLogger("somebody").error("cannot use %s", JWT)
    told = logs.getvalue()
    for secret in (JWT, MARKER, "hunter2", "eve@example.org", "eyJ"):
        assert secret not in told
    first = lines(logs)[0]
    assert first["count"] == 3
    assert first["token"] == HIDDEN
    assert first["url"] == f"postgresql+psycopg://{HIDDEN}db/castmark"


def test_hiding_leaves_the_rest_as_it_was() -> None:
    kept = {"stream": "member/M1", "position": 7, "streams": ["a", "b"], "none": None}
    assert hide(kept) == kept


def fail(about: str) -> None:
    """Fails with a value in a local variable."""
    secret = about
    raise RuntimeError("it broke\nsecond line " + secret)


def test_an_exception_is_told_by_type_place_and_first_line(logs: io.StringIO) -> None:
    log = structlog.stdlib.get_logger("castmark.web")
    try:
        fail(MARKER)
    except RuntimeError as error:
        log.error("request-failed", exc_info=error)
        log.exception("request-failed")
        logging.getLogger("somebody").exception("request-failed")
    for line in lines(logs):
        assert isinstance(line["exception"], list)
        (told,) = line["exception"]
        assert (told["type"], told["message"]) == ("RuntimeError", "it broke")
        assert told["where"][-1].endswith(" fail")
    assert len(lines(logs)) == 3
    assert MARKER not in logs.getvalue()


def test_causes_are_told_and_refused_values_are_not() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(dict[str, Id]).validate_python({"a": f"{MARKER} {MARKER}"})
    error = KeyError("outer")
    error.__cause__ = refused.value
    outer, inner = described(error)
    assert outer["type"] == "KeyError"
    assert inner["message"] == "a: string_pattern_mismatch"
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as failed:
        connection.execute(text("SELECT * FROM nowhere WHERE x = :x"), {"x": MARKER})
    engine.dispose()
    assert described(failed.value)[0]["message"] == "no such table: nowhere"
    assert MARKER not in str(described(failed.value))


def test_metrics_have_the_names_that_dashboards_know() -> None:
    metrics = Metrics(CollectorRegistry())
    meter = metrics.writer("membership")
    meter.committed(0.004, 3, 5, 42)
    meter.answered("accepted", 1)
    meter.answered("facility-closed", 1)
    metrics.relay_lag_seconds.labels("membership").set(1.5)
    metrics.consumer_lag_seconds.labels("certification", "facts", "membership").set(2)
    metrics.parked_streams.labels("certification", "facts").set(1)
    metrics.consumer_partitions.labels("certification", "facts", "waiting").set(1)
    metrics.http_requests.labels("membership", "/x", "200").inc()
    metrics.http_seconds.labels("membership", "/x").observe(0.1)
    exposed = metrics.exposition().decode()
    for line in (
        'castmark_commands_total{outcome="accepted",service="membership"} 1.0',
        'castmark_commands_total{outcome="facility-closed",service="membership"} 1.0',
        "castmark_commit_seconds_count 1.0",
        "castmark_commit_units_sum 3.0",
        'castmark_events_total{service="membership"} 5.0',
        'castmark_store_position{service="membership"} 42.0',
        'castmark_relay_lag_seconds{service="membership"} 1.5',
        'castmark_consumer_lag_seconds{consumer="facts",service="certification",'
        'source="membership"} 2.0',
        'castmark_parked_streams{consumer="facts",service="certification"} 1.0',
        'castmark_consumer_partitions{consumer="facts",service="certification",'
        'state="waiting"} 1.0',
        'castmark_http_requests_total{route="/x",service="membership",status="200"} 1.0',
        'castmark_http_seconds_count{route="/x",service="membership"} 1.0',
    ):
        assert line in exposed


def test_registries_are_apart_and_know_the_process() -> None:
    first, second = Metrics(new_registry()), Metrics(new_registry())
    first.commands.labels("a", "accepted").inc()
    assert 'service="a"' not in second.exposition().decode()
    assert "process_resident_memory_bytes" in second.exposition().decode()
