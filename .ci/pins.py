"""Writes requirements.txt and requirements-dev.txt from the names in pyproject.toml.

Asks pip which versions it would install into an empty environment (nothing is installed) and
keeps plain `name==version` lines. The development file repeats the runtime pins by reference.
Anything after `--` on the command line goes to pip, for instance `-c FILE` to hold versions back.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Written by `make pins` from pyproject.toml: change the names there, not the versions."


def resolve(names: Sequence[str], *options: str) -> dict[str, str]:
    """Name -> version of everything that `names` need, transitively."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    command += ["--only-binary", ":all:", "--report", "-", *options, *names]
    report = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    found = [entry["metadata"] for entry in json.loads(report.stdout)["install"]]
    return {entry["name"].lower().replace("_", "-"): entry["version"] for entry in found}


def write(name: str, first: Sequence[str], pins: dict[str, str]) -> None:
    """Writes one file: head, then `first`, then the pins by name."""
    lines = [HEAD, *first, *(f"{package}=={pins[package]}" for package in sorted(pins))]
    (ROOT / name).write_text("\n".join(lines) + "\n")


def main(options: Sequence[str]) -> None:
    """Resolves both lists; the second on top of the first, so that no version differs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = resolve(project["project"]["dependencies"], *options)
    write("requirements.txt", (), runtime)
    held = ("-c", str(ROOT / "requirements.txt"))
    everything = resolve(project["dependency-groups"]["dev"], *held, *options)
    extra = {name: version for name, version in everything.items() if name not in runtime}
    write("requirements-dev.txt", ("-r requirements.txt",), extra)


if __name__ == "__main__":
    main([argument for argument in sys.argv[1:] if argument != "--"])
