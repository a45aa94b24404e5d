"""What a test needs of the machine, and what it means when the machine lacks it.

    @needs("kafka")                       # a test, a class, or pytestmark = needs("kafka")
    pytest.param("kafka", marks=needs("kafka"))
    demand("postgres")                    # inside a fixture

Absent: the test is skipped, and the summary says loudly what was not proven and how to have it.
Absent but listed in `CASTMARK_REQUIRE=kafka,postgres,browser,npm`: the test fails. No other skip
exists in this project (tests/tidy sees to it).
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.plugins.budget import folder_of

JAVA_AT_LEAST = 17
JARS = Path(__file__).resolve().parents[2] / "var" / "kafka" / "jars"
POSTGRES_HOME = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a machine may lack: what to install, and how its absence is found.

    `lacking` answers with the reason why it cannot be had, or None when it can.
    """

    install: str
    lacking: Callable[[], str | None]


def java_version() -> int | None:
    """Major version of the Java on this machine, None without one."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


def _kafka_lacking() -> str | None:
    version = java_version()
    if version is None or version < JAVA_AT_LEAST:
        return f"no Java {JAVA_AT_LEAST} or newer (found: {version or 'none'})"
    jars = Path(os.environ.get("CASTMARK_KAFKA_JARS", JARS))
    if shutil.which("mvn") is None and not any(jars.glob("**/*.jar")):
        return "neither Maven to fetch Kafka's jars nor the jars themselves"
    return None


def _postgres_lacking() -> str | None:
    if any(POSTGRES_HOME.glob("*/bin/initdb")) or shutil.which("initdb"):
        return None
    return f"no initdb, neither under {POSTGRES_HOME} nor on the PATH"


def _browser_lacking() -> str | None:
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} on the PATH" if missing else None


def _mount_lacking() -> str | None:
    if os.geteuid() != 0:
        return "no root, who alone may mount a file system"
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=30)
        if tried.returncode != 0:
            return f"no right to mount a file system ({tried.stderr.strip()})"
        subprocess.run(["umount", folder], check=True, timeout=30)
    return None


def _npm_lacking() -> str | None:
    return None if shutil.which("npm") else "no npm on the PATH"


NEEDS = {
    "kafka": Need("apt-get install default-jre-headless maven", _kafka_lacking),
    "postgres": Need("apt-get install postgresql", _postgres_lacking),
    "browser": Need("apt-get install chromium chromium-driver", _browser_lacking),
    "npm": Need("apt-get install npm", _npm_lacking),
    "mount": Need("be root, in a container with the capability SYS_ADMIN", _mount_lacking),
}


@cache
def lacking(name: str) -> str | None:
    """Why this machine cannot give `name`; None when it can. Looked up once a session."""
    return NEEDS[name].lacking()


def required() -> frozenset[str]:
    """What `CASTMARK_REQUIRE` says this machine must have."""
    wanted = os.environ.get("CASTMARK_REQUIRE", "")
    return frozenset(name.strip() for name in wanted.split(",") if name.strip())


def needs(*names: str) -> pytest.MarkDecorator:
    """Marks tests that run only where the machine has all of `names`."""
    _known(names)
    return pytest.mark.needs(*names)


def demand(*names: str) -> None:
    """Stops the current test unless the machine has all of `names`: skipped, or failed if required.

    The words "needs NAME:" at the start of the reason are how the summary counts it.
    """
    _known(names)
    for name in names:
        reason = lacking(name)
        if reason is None:
            continue
        if name in required():
            pytest.fail(f"CASTMARK_REQUIRE lists {name}, but this machine has {reason}", False)
        pytest.skip(f"needs {name}: {reason}")


def _known(names: tuple[str, ...] | frozenset[str]) -> None:
    unknown = sorted(set(names) - set(NEEDS))
    if unknown:
        raise pytest.UsageError(f"cannot need {unknown}; known are {sorted(NEEDS)}")


class RequirementKeeper:
    """Holds each marked test to its needs, remembers what was not proven."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unproven: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture runs."""
        for mark in item.iter_markers("needs"):
            demand(*mark.args)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a skip that a need caused."""
        if not report.skipped or not isinstance(report.longrepr, tuple):
            return
        found = re.match(r"(?:Skipped: )?needs (\w+): ", report.longrepr[2])
        if found:
            folder = folder_of(self._root / report.nodeid.split("::")[0], self._root)
            self._unproven[found[1]][folder] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Loud, and last before the result."""
        if not self._unproven:
            return
        terminalreporter.section("NOT PROVEN ON THIS MACHINE", sep="!", red=True, bold=True)
        for name, folders in sorted(self._unproven.items()):
            where = ", ".join(f"{count} in tests/{folder}" for folder, count in folders.items())
            terminalreporter.write_line(
                f"{name}: {sum(folders.values())} tests did not run ({where})", red=True, bold=True
            )
            terminalreporter.write_line(f"    because there is {lacking(name)}")
            terminalreporter.write_line(f"    to prove them: {NEEDS[name].install}")


def pytest_configure(config: pytest.Config) -> None:
    """A misspelt requirement would require nothing: refused."""
    _known(required())
    config.pluginmanager.register(RequirementKeeper(config.rootpath), "castmark-needs-keeper")
