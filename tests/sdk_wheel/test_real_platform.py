"""The SDK and the platform understand each other: the embedded one, over real HTTP."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts import certification, membership
from sdk import (
    CertificateClient,
    Command,
    CommandRefused,
    Feed,
    FeedRefused,
    FileCheckpoint,
    GatewayClient,
    HttpFeed,
    LookupRefused,
    SseFeed,
    Subscriber,
)

pytestmark = pytest.mark.timeout(300)
FEEDS: dict[str, Callable[[str, str], Feed]] = {"poll": HttpFeed, "stream": SseFeed}


class Platform(NamedTuple):
    """Where it answers, and tokens for it."""

    url: str
    ops: str
    subscriber: str


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """An empty platform in a process of its own, with one member admitted."""
    data = tmp_path_factory.mktemp("platform")
    environment = os.environ | {"CASTMARK_DATA": str(data)}
    castmark = [sys.executable, "-m", "castmark"]
    running = subprocess.Popen(
        [*castmark, "up", "--port", "0", "--no-world"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    try:
        said = "".join(takewhile(lambda line: "stop with" not in line, running.stdout))
        address = re.search(r"answers at (\S+)", said)
        assert address is not None, said

        def token(role: str) -> str:
            made = [*castmark, "token", "--as", role]
            return subprocess.check_output(made, env=environment, text=True, timeout=60).strip()

        yield Platform(address[1], token("ops"), token("subscriber:demo"))
    finally:
        running.terminate()
        running.wait(60)
        running.stdout.close()


@pytest.fixture(scope="module")
def admitted(platform: Platform) -> str:
    """A member who has joined today and has the duty to certify."""
    member = {"member_id": "M-1"}
    steps: dict[str, dict[str, object]] = {
        "draft_application": {"name": "A Smelter Ltd", "country": "AU"},
        "submit_application": {"membership_class": "PT", "activities": ["smelting"]},
        "start_review": {},
        "approve_application": {"fee_level": "A"},
    }
    with GatewayClient(platform.url, platform.ops) as gateway:
        for name, fields in steps.items():
            assert gateway.send(Command("membership", name, member | fields)).events
        outcome = gateway.send(Command("membership", "admit_member", member))
    kinds = [type(happened.event) for happened in outcome.events]
    assert kinds == [membership.MemberJoined, membership.DutyStarted]
    return "M-1"


@pytest.mark.parametrize("kind", FEEDS)
def test_a_public_event_reaches_a_subscriber_once_and_typed(
    platform: Platform, admitted: str, kind: str, tmp_path: Path
) -> None:
    checkpoint = FileCheckpoint(tmp_path / "seen.json")

    def follow() -> Iterator[certification.DutyStarted]:
        for event in Subscriber(FEEDS[kind](platform.url, platform.subscriber), checkpoint):
            if isinstance(event.event, certification.DutyStarted):
                yield event.event

    (started,) = islice(follow(), 1)
    assert started.member_id == admitted
    assert started.starts_on < started.due_on


def test_a_command_sent_twice_happens_once(platform: Platform) -> None:
    fields = {"member_id": "M-2", "name": "A Casthouse Ltd", "country": "NO"}
    command = Command("membership", "draft_application", fields)
    with GatewayClient(platform.url, platform.ops) as gateway:
        first, second = gateway.send(command), gateway.send(command)
    assert (first.repeated, second.repeated) == (False, True)
    assert (first.position, first.version) == (second.position, second.version)


def test_a_refusal_names_the_field(platform: Platform) -> None:
    command = Command("membership", "draft_application", {"member_id": "M-3", "colour": "red"})
    with (
        GatewayClient(platform.url, platform.ops) as gateway,
        pytest.raises(CommandRefused) as refused,
    ):
        gateway.send(command)
    assert "/colour" in {error.pointer for error in refused.value.errors}
    assert refused.value.slug == "invalid-request"


def test_a_member_is_looked_up_as_of_now_and_as_it_was_known(
    platform: Platform, admitted: str
) -> None:
    with CertificateClient(platform.url, platform.ops) as registry:
        now = registry.member(admitted)
        before = registry.member(admitted, known_at="2001-01-01T00:00:00Z")
    assert (now.certified, now.standing, before.facts) == (False, "active", ())
    assert {fact.attribute for fact in now.facts} >= {"class", "joined"}


def test_an_unknown_certificate_needs_no_token_and_is_said(platform: Platform) -> None:
    with (
        CertificateClient(platform.url) as registry,
        pytest.raises(LookupRefused) as refused,
    ):
        registry.certificate("C-404")
    assert (refused.value.slug, refused.value.status) == ("unknown-certificate", 404)


@pytest.mark.parametrize("kind", FEEDS)
def test_a_stranger_without_a_token_is_refused(
    platform: Platform, kind: str, tmp_path: Path
) -> None:
    feed = FEEDS[kind](platform.url, "no token")
    with pytest.raises(FeedRefused) as refused:
        next(iter(Subscriber(feed, FileCheckpoint(tmp_path / "seen.json"))))
    assert refused.value.status == 401
