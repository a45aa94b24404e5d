"""The steps of the world: the same bytes for the same seed, in order, in the services' words."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from castmark.world import weeks
from simulator.__main__ import main
from simulator.steps import step_of, steps
from simulator.world import World, world

from .desks import platform

SMALL = ["--seed", "7", "--members", "30", "--chinese", "8"]


@pytest.fixture(scope="module")
def made() -> World:
    """The world of the brief's size."""
    return world(7)


def written(path: Path, hash_seed: str) -> bytes:
    """What a process of its own writes, with Python's own hashing seeded otherwise."""
    subprocess.run(
        [sys.executable, "-m", "simulator", *SMALL, "--out", str(path)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        timeout=30,
    )
    return path.read_bytes()


def test_the_same_seed_writes_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    assert written(tmp_path / "a", "1") == written(tmp_path / "b", "2")


def test_another_seed_writes_other_bytes(tmp_path: Path) -> None:
    for seed in ("7", "8"):
        main(["--seed", seed, "--members", "30", "--chinese", "8", "--out", str(tmp_path / seed)])
    assert (tmp_path / "7").read_bytes() != (tmp_path / "8").read_bytes()


def test_each_line_is_a_command_to_send(tmp_path: Path) -> None:
    main([*SMALL, "--out", str(tmp_path / "steps.ndjson")])
    lines = (tmp_path / "steps.ndjson").read_text(encoding="ascii").splitlines()
    shown = [json.loads(line) for line in lines]
    wanted = {"on", "service", "command", "command_id", "fields", "note", "sender"}
    assert all(set(step) == wanted for step in shown)
    assert [step["on"] for step in shown] == sorted(step["on"] for step in shown)
    assert {step["service"] for step in shown} == {"membership", "audits", "ghg", "coc"}


def test_no_two_steps_share_a_command_id(made: World) -> None:
    ids = Counter(step.command_id for step in steps(made))
    assert ids.most_common(1)[0][1] == 1


def test_every_kind_of_entry_has_its_command(made: World) -> None:
    told = {type(entry).__name__: step_of(entry).command for entry in made.entries}
    assert len(told) > 30
    assert told["Joined"] == "admit_member"
    assert told["CertificateGranted"] == "decide_certificate"


def test_what_is_sent_at_the_end_of_its_week_is_accepted() -> None:
    """As `castmark up` loads the world: on Friday a payment of Tuesday, for Monday's invoice."""
    running, closed = platform(), None
    for on, sent in weeks(steps(world(7, members=60, chinese=13))):
        while closed is None or closed < on - timedelta(days=1):
            closed = on - timedelta(days=1) if closed is None else closed + timedelta(days=1)
            running.close(closed)
        for step in sent:
            running.send(step._replace(on=on))
    assert running.refusals == []


def test_the_summary_shows_what_the_brief_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--summary"]) == 0
    shown = capsys.readouterr().out
    assert "synthetic world" in shown
    numbers = dict(line.rsplit(maxsplit=1) for line in shown.splitlines()[:6])
    assert numbers["members in force"] == "389"
    assert numbers["  of them in China"] == "87"


def test_asking_for_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--out" in capsys.readouterr().err
