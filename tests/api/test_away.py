"""A database that is away: callers are told so, nothing is half done, work resumes by itself."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Engine, event

from castmark.local import Host
from tests.api.test_bad_requests import FACILITY, REGISTER
from tests.api.test_fuzz import populate
from tests.door import CLOCKS, Door, eventually
from tests.embedded import door_of, platform

STORES = ("audit_scheduling", "membership", "ghg", "certification", "coc_ledger")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One platform."""
    with platform(tmp_path_factory.mktemp("away")) as host:
        yield host


@pytest.fixture(scope="module")
def door(host: Host) -> Iterator[Door]:
    """Its users; something is in it."""
    with door_of(host) as door:
        populate(door)
        yield door


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """The database refuses every statement, as a full disk or a lost server would."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    def listen(change: Callable[..., None]) -> None:
        change(engine, "do_connect", refuse)
        change(engine, "before_cursor_execute", refuse)

    listen(event.listen)
    try:
        yield
    finally:
        listen(event.remove)


def _reads(document: dict[str, Any]) -> Iterator[str]:
    """Every address that can be read, with ids of things that exist."""
    ids = {"{member_id}": "M1", "{facility_id}": "M1-F1", "{audit_id}": "M1-A"}
    ids |= {"{certificate_id}": "M1-C", "{deadline_id}": "initial_certification:M1"}
    ids |= {"{key}": "M1-C", "{policy_id}": "membership-2017-12-01"}
    for path, methods in document["paths"].items():
        if "get" in methods and not path.endswith(("/stream", "/health")):
            for name, value in ids.items():
                path = path.replace(name, value)
            if "{" not in path:
                needed = [p for p in methods["get"].get("parameters", ()) if p.get("required")]
                query = {p["name"]: _made_up(p["schema"]) for p in needed if p["in"] == "query"}
                yield path + ("?" + urlencode(query) if query else "")


def _made_up(schema: Mapping[str, Any]) -> str:
    """A value of a parameter's kind."""
    kinds = {str(one.get("format") or one.get("type")) for one in schema.get("anyOf", [schema])}
    return "2024-01-10" if "date" in kinds else "2024" if "integer" in kinds else "x"


@pytest.mark.parametrize(("service", "store"), [*zip(CLOCKS, STORES, strict=True)])
def test_a_database_that_is_away_is_told_as_such(
    host: Host, door: Door, service: str, store: str
) -> None:
    document = door.get("ops", f"/{service}/openapi.json")
    paths = list(_reads(document))
    assert len(paths) > 5
    told: dict[str, int] = {}
    with away(host.process.running[store].engine):
        for path in paths:
            told[path] = door.ask("ops", "GET", path).status_code
    assert {path: status for path, status in told.items() if status not in (200, 404, 503)} == {}
    assert 503 in told.values()


def test_work_goes_on_when_the_databases_are_back(host: Host, door: Door) -> None:
    """Clocks, consumers and the watchdog have waited; nobody has to start anything."""
    with ExitStack() as stack:
        for running in host.process.running.values():
            stack.enter_context(away(running.engine))
        refused = door.attempt(
            "member:M1", REGISTER, command_id="away", **{**FACILITY, "facility_id": "M1-F5"}
        )
        judge_away(refused)
        time.sleep(2)  # every loop has looked at least once
    fields = {**FACILITY, "facility_id": "M1-F5"}
    eventually(
        lambda: door.attempt("member:M1", REGISTER, command_id="away", **fields),
        lambda answer: answer.status_code == 200,
    )
    for service in (*CLOCKS, "feed"):
        ask = partial(door.ask, None, "GET", f"/{service}/ready")
        ready = eventually(ask, lambda answer: answer.status_code == 200)
        assert not ready.json()["facts"]["failed"]
    today = door.get("ops", "/membership/operations/clock")["today"]
    door.tick(date.fromisoformat(today) + timedelta(days=1))
    door.settled()


def judge_away(answer: httpx.Response) -> None:
    """The sender is told to come again, and when."""
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
