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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from castmark.cli import app
from castmark.client import Refusal
from castmark.folder import listen
from castmark.local import Host
from castmark.world import asked
from infra.heads import append_head, sign
from infra.settings import Misconfigured
from tests.embedded import door_of, platform

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


def test_a_member_walks_in_by_the_command_line(host: Host, folder: Path) -> None:
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
    assert "not known there" in said("erase", "nobody")
    with pytest.raises(Refusal, match="nothing-relayed"):
        said("relay", "membership", "--from", "0")
    check_history(host, folder)


def check_history(host: Host, folder: Path) -> None:
    """`verify` says what it cannot find, and finds a head that does not fit."""
    honest = said("verify")
    assert "0 signed heads" in honest
    assert "this finds accidents, not a forger" in honest
    with door_of(host) as door:
        store_id = door.post("ops", "/membership/operations/verify")["store_id"]
    elsewhere = folder / "elsewhere.ndjson"
    append_head(elsewhere, sign(Ed25519PrivateKey.generate(), store_id, 1, bytes(32)))
    with pytest.raises(Refusal, match="log-does-not-verify"):
        said("verify", "--heads", str(elsewhere))
    append_head(
        elsewhere.with_name("strange"), sign(Ed25519PrivateKey.generate(), "x", 1, bytes(32))
    )
    with pytest.raises(Refusal, match="heads-of-nobody"):
        said("verify", "--heads", str(elsewhere.with_name("strange")))
    elsewhere.write_bytes(elsewhere.read_bytes() + b"no head")
    with pytest.raises(Refusal, match="heads-unreadable"):
        said("verify", "--heads", str(elsewhere))
    mistyped = RUN.invoke(app, ["verify", "--heads", str(folder / "mistyped")])
    assert (mistyped.exit_code, "does not exist" in mistyped.output) == (2, True)


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


def test_it_answers_where_the_environment_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("CASTMARK_PORT", port)
        with pytest.raises(Misconfigured, match=f"cannot listen on 127.0.0.1:{port} "):
            RUN.invoke(app, ["up", "--no-world"], catch_exceptions=False)


def test_a_service_of_its_own_is_for_development_only_where_that_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CASTMARK_ENV", "CASTMARK_OIDC_ISSUER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Misconfigured, match="CASTMARK_OIDC_ISSUER"):
        RUN.invoke(app, ["serve", "membership"], catch_exceptions=False)
