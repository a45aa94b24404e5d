"""The command line: the same platform, from an empty folder on."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from castmark.cli import app
from castmark.client import Refusal
from castmark.local import Host
from castmark.world import asked
from tests.embedded import platform

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that commands find."""
    monkeypatch.setenv("CASTMARK_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


@pytest.fixture
def host(folder: Path) -> Iterator[Host]:
    """A platform that runs on it."""
    with platform(folder) as host:
        yield host


def said(*words: str) -> str:
    """What a command prints; it must end well."""
    result = RUN.invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_member_walks_in_by_the_command_line(host: Host) -> None:
    assert "it is 2024-01-10" in said("tick", "--on", "2024-01-10")
    named = ("member_id=M1", "name=Group", "country=DE")
    said("do", "membership/draft_application", *named)
    asked = ("member_id=M1", "membership_class=PT", 'activities=["smelting"]')
    said("do", "membership/submit_application", *asked)
    said("do", "membership/start_review", "member_id=M1")
    said("do", "membership/approve_application", "member_id=M1", "fee_level=small")
    told = orjson.loads(said("do", "membership/admit_member", "member_id=M1"))
    assert [event["type"].split(".")[1] for event in told["events"]] == [
        "member_joined",
        "duty_started",
    ]
    with pytest.raises(Refusal, match="application-out-of-turn"):
        said("do", "membership/start_review", "member_id=M1")
    assert "membership: it is 2026-02-01" in said("tick", "--on", "2026-02-01")
    row = orjson.loads(said("get", "/membership/members/M1"))
    assert (row["standing"], row["duty_state"]) == ("suspended", "missed")
    with pytest.raises(Refusal, match="limit"):
        said("get", "/membership/members?limit=0")  # what the path asks for is asked
    assert "following" in said("consumers")
    assert "rebuilt equals live" in said("rebuild", "certification")
    assert "events" in said("verify")
    assert "not known there" in said("erase", "nobody")


def test_the_world_is_sent_over_connections_that_break() -> None:
    """A server ends a connection just as it is used again: that request is sent again."""
    told: list[str] = []

    def fickle(request: httpx.Request) -> httpx.Response:
        told.append(request.headers["idempotency-key"])
        if len(told) < 3:
            raise httpx.ReadError("connection reset", request=request)
        return httpx.Response(200)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.MockTransport(fickle)) as http:
            return await asked(http, "POST", "http://a/b", b"{}", {"idempotency-key": "k"})

    assert asyncio.run(send()).is_success
    assert told == ["k", "k", "k"]


def test_it_stops_without_a_word_too_many(folder: Path) -> None:
    """Its log is whole, and nothing runs on in a folder that is given back."""
    command = [sys.executable, "-m", "castmark", "up", "--port", "0", "--no-world"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True) as up:
        assert up.stdout is not None
        shown = next(line for line in up.stdout if "stop with" in line)
        time.sleep(1)  # it waits by now
        up.terminate()
        assert up.stdout.read().strip() == "", shown
    assert up.returncode == 0
    assert "Finished server process" in (folder / "castmark.log").read_text().splitlines()[-1]


def test_the_first_command_of_an_empty_folder_spoils_nothing(folder: Path) -> None:
    """Whatever it is, the world that `castmark up` then loads can have its clock moved."""
    said("consumers")
    with platform(folder):
        assert "it is 2024-01-10" in said("tick", "--on", "2024-01-10")
