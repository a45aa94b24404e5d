"""What the README tells people to type, typed: each command in turn, in a fresh clone.

A clone gets an environment of its own, as `make run` makes it, and the whole synthetic world. What
is not typed: `make test`, which is running, and the clusters, which have tests of their own.
"""

import re
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from castmark.folder import STATE_FILE, address_in
from simulator.world import AS_OF
from tests.door import eventually

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
WORLD_S, QUIET_S, WALK_S, FOLLOW_S = 3_000, 20, 900, 20
ADDRESS = "http://127.0.0.1:8000"
TOLD = "trap 'echo \"ENDED WITH $?: $BASH_COMMAND\"' ERR\n"
EXPECTED = (
    (1, "import facilities"),  # the row that the README has refused
    (124, "subscribe_http.py"),  # it follows until it is stopped
)
"""How a command ends that does not end with 0."""
Run = Callable[..., str]


def walk() -> str:
    """The commands between the first user's ten minutes and the clusters."""
    told = (ROOT / "README.md").read_text()
    told = told[told.index("## The first ten minutes") : told.index("## Distributed")]
    return "".join(textwrap.dedent(found[2]) for found in FENCE.finditer(told))


@contextmanager
def cloned(folder: Path) -> Iterator[Run]:
    """A fresh clone with its environment; runs commands in it."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True, timeout=60)

    def run(*words: str, within_s: float = 600) -> str:
        done = subprocess.run(
            words,
            cwd=folder,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within_s,
        )
        return done.stdout

    run("make", "setup")
    yield run
    run("make", "clean")
    assert not (folder / "var").exists()


@contextmanager
def running(folder: Path, run: Run) -> Iterator[str]:
    """What `make run` starts, on a free port; its address."""
    up = [".venv/bin/castmark", "up", "--port", "0"]
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(up, cwd=folder, stdout=said, stderr=said)
    try:
        eventually((folder / "var" / STATE_FILE).exists, bool, 60)  # not to be locked before
        found = eventually(lambda: address_in(folder / "var"), bool, 60)
        assert found is not None
        yield found.urls[""]
    finally:
        run("make", "stop")
        assert process.wait(60) == 0


def until_loaded(run: Run) -> None:
    """The world's last day has come, and nothing more comes."""
    clock = ("get", "/coc/operations/clock")
    eventually(lambda: run(".venv/bin/castmark", *clock), lambda said: str(AS_OF) in said, WORLD_S)
    last = ""
    while last != (last := run(".venv/bin/castmark", "get", "/feed/newest?limit=1")):
        time.sleep(QUIET_S)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    with cloned(clone) as run, running(clone, run) as url:
        until_loaded(run)
        follow = ".venv/bin/python sdk/examples"
        typed = (
            walk()
            .replace(ADDRESS, url)
            .replace("/tmp/", f"{tmp_path}/")
            .replace(follow, f"timeout -s INT {FOLLOW_S} {follow}")
        )
        said = run("bash", "-c", TOLD + typed, within_s=WALK_S)
    ended = re.findall(r"ENDED WITH (\d+): (.*)", said)
    wrong = [
        f"{status}: {command}"
        for status, command in ended
        if not any(int(status) == other and part in command for other, part in EXPECTED)
    ]
    assert wrong == [], said
    assert "Traceback" not in said, said
    assert "200,000" in said or "200000" in said, said  # the clerk may sell 200 t
