"""The wheel, in an empty environment: nothing but `castmark_sdk`, and all of it works.

One build serves all tests here, and one installation; for Kafka a second one, with that extra. The
programs a stranger runs are the examples of `sdk/examples` and what stands in `strangers/`; none of
them sees this repository.
"""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from contracts.catalog import CATALOG, TOPICS
from infra.kafka_admin import create_topics
from infra.kafka_replay import Ends
from infra.local.kafka import KafkaCluster
from tests.logs.kafka_rig import delete_records, send
from tests.plugins.require import needs
from tests.sdk_wheel.feed_server import FeedServer
from tests.sdk_wheel.history import chain, granted, grants, raw, record

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "sdk" / "examples"
STRANGERS = Path(__file__).parent / "strangers"
PATIENCE_S = 30
pytestmark = pytest.mark.timeout(300)


class Stranger(NamedTuple):
    """Somebody else's machine: a Python with the wheel installed."""

    python: Path
    wheel: Path
    site: Path

    def run(
        self, *arguments: str | Path, cwd: Path, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run Python to its end."""
        return subprocess.run(
            [self.python, "-I", *arguments],
            cwd=cwd,
            check=check,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def start(self, *arguments: str | Path, cwd: Path) -> "subprocess.Popen[str]":
        """Start Python and read what it prints."""
        return subprocess.Popen(
            [self.python, "-I", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True
        )


def execute(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Source distribution, from it the wheel, from it an installation, all outside the tree."""
    home = tmp_path_factory.mktemp("stranger")
    unwanted = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    for folder in ("sdk", "contracts"):
        shutil.copytree(ROOT / folder, home / "source" / folder, ignore=unwanted)
    built = home / "built"
    execute(sys.executable, "-m", "build", "--outdir", built, home / "source" / "sdk", cwd=home)
    (wheel,) = built.glob("*.whl")
    execute(sys.executable, "-m", "venv", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    execute(python, "-m", "pip", "install", "--quiet", wheel, cwd=home)
    (site,) = (home / "venv" / "lib").glob("python3*/site-packages")
    return Stranger(python, wheel, site)


@pytest.fixture(scope="module")
def stranger_with_kafka(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Another machine, on which the wheel was installed with what it wants for Kafka."""
    home = tmp_path_factory.mktemp("stranger-with-kafka")
    execute(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    install: list[str | Path] = [stranger.python, "-m", "pip", "--python", python, "install"]
    execute(*install, "--quiet", f"{stranger.wheel}[kafka]", cwd=home)
    (site,) = (home / "venv" / "lib").glob("python3*/site-packages")
    return Stranger(python, stranger.wheel, site)


@pytest.fixture
def broker(kafka: KafkaCluster) -> Iterator[KafkaCluster]:
    """A real broker with the platform's topics; afterwards the public one is empty again."""
    public = TOPICS["certification"]
    create_topics(kafka.bootstrap, [public])
    yield kafka
    delete_records(kafka.bootstrap, public, Ends(kafka.bootstrap).behind(public))


def lines(process: "subprocess.Popen[str]", count: int, last: str = "\0") -> list[str]:
    """The next lines it prints, so many or to one that begins with `last`; then it is killed, as a
    machine that fails would kill it."""
    assert process.stdout is not None
    read: list[str] = []
    while len(read) < count and not (read and read[-1].startswith(last)):
        read.append(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    process.stdout.close()
    return read


def effects(database: Path) -> list[int]:
    """What a stranger applied, in the order in which it did."""
    connection = sqlite3.connect(database)
    try:
        found = connection.execute("SELECT position FROM effect ORDER BY rowid")
        return [row[0] for row in found]
    finally:
        connection.close()


# --- what is inside ---


def test_nothing_but_the_package_lands_at_the_top(stranger: Stranger) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(stranger.wheel).namelist()}
    assert tops == {"castmark_sdk", "castmark_sdk-0.1.0.dist-info"}
    ours = {"contracts", "sdk", "castmark", "infra", "services", "simulator", "tests"}
    assert not {path.name for path in stranger.site.iterdir()} & ours


def test_every_module_of_the_package_is_there_and_no_build_script(stranger: Stranger) -> None:
    inside = set(zipfile.ZipFile(stranger.wheel).namelist())
    modules = {f"castmark_sdk/{path.name}" for path in (ROOT / "sdk").glob("*.py")}
    modules |= {f"castmark_sdk/contracts/{path.name}" for path in (ROOT / "contracts").glob("*.py")}
    modules |= {"castmark_sdk/py.typed", "castmark_sdk/contracts/py.typed"}
    schemas = (ROOT / "contracts" / "schemas").glob("*.json")
    modules |= {f"castmark_sdk/contracts/schemas/{path.name}" for path in schemas}
    packed = {name for name in inside if name.startswith("castmark_sdk/")}
    assert packed == modules - {"castmark_sdk/setup.py"}


def test_every_module_imports_without_the_repository(stranger: Stranger, tmp_path: Path) -> None:
    said = stranger.run(STRANGERS / "import_everything.py", cwd=tmp_path).stdout.split()
    assert {"castmark_sdk.subscriber", "castmark_sdk.contracts.catalog"} <= set(said)
    assert not {name for name in said if name.split(".")[0] in ("contracts", "sdk")}


def test_kafka_is_an_extra_and_its_absence_is_explained(stranger: Stranger, tmp_path: Path) -> None:
    said = stranger.run("-c", "import castmark_sdk.kafka_feed", cwd=tmp_path, check=False)
    assert "pip install castmark-sdk[kafka]" in said.stderr


def test_the_examples_are_typed_as_a_stranger_sees_them(stranger: Stranger, tmp_path: Path) -> None:
    programs = [*sorted(EXAMPLES.glob("*.py")), *sorted(STRANGERS.glob("[!_]*.py"))]
    for program in programs:
        shutil.copy(program, tmp_path)
    mypy: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--config-file", ""]
    mypy += ["--python-executable", stranger.python, "--cache-dir", tmp_path / "cache", "."]
    execute(*mypy, cwd=tmp_path)
    assert len(programs) >= 6


# --- what it does ---


def test_the_example_receives_and_goes_on_where_it_was_killed(
    stranger: Stranger, server: FeedServer, tmp_path: Path
) -> None:
    server.history = grants(3)
    server.token = "secret"
    example = (EXAMPLES / "subscribe_http.py", server.url, "secret")
    first = lines(stranger.start(*example, cwd=tmp_path), 3)
    assert [line.split(" ")[:2] for line in first] == [
        [str(number), "certification.certificate_granted.v1"] for number in (1, 2, 3)
    ]
    server.history = grants(6)
    again = lines(stranger.start(*example, cwd=tmp_path), 4, last="6 ")
    # If it was killed before it could say that 3 was handled, that one comes again; no other does.
    assert [int(line.split(" ")[0]) for line in again] in ([3, 4, 5, 6], [4, 5, 6])


@needs("kafka")
def test_the_example_over_kafka_receives_and_goes_on_where_it_was_killed(
    stranger_with_kafka: Stranger, broker: KafkaCluster, tmp_path: Path
) -> None:
    public, history = TOPICS["certification"], grants(6)
    example = (EXAMPLES / "subscribe_kafka.py", broker.address)
    asyncio.run(send(broker.bootstrap, public, history[:3]))
    first = lines(stranger_with_kafka.start(*example, cwd=tmp_path), 3)
    assert first == [
        f"{number} certification.certificate_granted.v1 certificate/C-{number}\n"
        for number in (1, 2, 3)
    ]
    asyncio.run(send(broker.bootstrap, public, history[3:]))
    again = lines(stranger_with_kafka.start(*example, cwd=tmp_path), 3)
    assert [int(line.split(" ")[0]) for line in again] == [4, 5, 6]
    kept = sqlite3.connect(tmp_path / "certificates.sqlite")
    assert kept.execute("SELECT * FROM granted ORDER BY 1").fetchall() == [
        ("M-0", 2),
        ("M-1", 2),
        ("M-2", 2),
    ]
    kept.close()


def test_effects_happen_exactly_once_however_often_it_is_killed(
    stranger: Stranger, server: FeedServer, tmp_path: Path
) -> None:
    server.history = grants(1000)
    applied = tmp_path / "mine.sqlite"
    for kills in range(8):
        worker = stranger.start(STRANGERS / "apply_once.py", server.url, cwd=tmp_path)
        assert len(lines(worker, 3 + 5 * kills)) > 0
    assert 0 < len(effects(applied)) < 1000
    stranger.run(STRANGERS / "apply_once.py", server.url, cwd=tmp_path)
    assert effects(applied) == list(range(1, 1001))


def test_contracts_that_changed_are_read_as_promised(
    stranger: Stranger, server: FeedServer, tmp_path: Path
) -> None:
    wider = orjson.loads(CATALOG.encode(granted(1))) | {"colour": "green"}
    server.history = chain(
        [
            raw(1, granted(1).TYPE, orjson.dumps(wider)),
            raw(2, "certification.certificate_merged.v1", b'{"into":"C-9"}'),
            raw(3, "certification.mark_seen.v1", b'{"mark":"X"}'),
            record(4),
        ]
    )
    said = stranger.run(STRANGERS / "read_changed.py", server.url, cwd=tmp_path).stdout
    assert [json.loads(line) for line in said.splitlines()] == [
        ["CertificateGranted", "C-1"],
        ["Unknown", "certification.certificate_merged.v1", '{"into":"C-9"}'],
        ["MarkSeen", "X", "nobody"],
        ["CertificateGranted", "C-4"],
    ]


def test_the_example_sends_a_command(
    stranger: Stranger, server: FeedServer, tmp_path: Path
) -> None:
    path = "/membership/commands/draft_application"
    made = {"type": "membership.newer.v1", "version": 1, "position": 5, "data": {}}
    outcome = {"command_id": "K", "stream": "member/M-1", "version": 1, "position": 5}
    outcome |= {"repeated": False, "events": [made]}
    server.answers[path] = lambda _: (200, orjson.dumps(outcome))
    example = (EXAMPLES / "send_command.py", server.url, "token", "membership")
    fields = '{"member_id": "M-1", "share": 0.1}'
    said = stranger.run(*example, "draft_application", fields, cwd=tmp_path).stdout
    assert "version 1 of member/M-1" in said
    assert server.bodies[0][1] == b'{"member_id":"M-1","share":"0.1"}'
    refused = stranger.run(*example, "no_such_command", "{}", cwd=tmp_path, check=False)
    assert refused.returncode == 1
    assert "refused: not-found" in refused.stderr
