"""Each import rule of pyproject.toml refuses what it is for, in a house built for it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.findings import ROOT

PACKAGES = ("castmark", "contracts", "infra", "sdk", "services", "simulator", "tests")
GOOD = {
    "services/membership/__init__.py": "",
    "services/membership/domain.py": "import contracts\nfrom datetime import date\n",
    "services/membership/api.py": "import fastapi\nimport infra\n",
    "services/ghg/__init__.py": "",
    "infra/store.py": "import sqlalchemy\nimport contracts\n",
    "castmark/cli.py": "import services.membership.api\nimport simulator\n",
    "sdk/client.py": "import contracts\n",
    "simulator/world.py": "import sdk\nimport contracts\n",
    "tests/everything.py": "import castmark\nimport simulator\n",
}


# File, wrong import, the rule that must refuse it, and the line that proves it was this import.
BAD = (
    ("infra/relay.py", "import services.membership", "one way", "infra.relay -> services.members"),
    ("contracts/dates.py", "import infra", "one way", "contracts.dates -> infra"),
    ("services/ghg/app.py", "import castmark", "one way", "services.ghg.app -> castmark"),
    ("infra/bus.py", "import tests.everything", "one way", "infra.bus -> tests.everything"),
    ("services/ghg/api.py", "import services.membership.api", "meet only", "ghg.api -> services.m"),
    ("sdk/extra.py", "import infra.store", "SDK stands", "sdk.extra -> infra.store"),
    ("simulator/oracle.py", "import services.ghg", "simulator knows", "oracle -> services.ghg"),
    ("infra/clock.py", "import simulator.world", "not lean on", "infra.clock -> simulator.world"),
    ("contracts/values.py", "import time", "do no I/O", "contracts.values -> time"),
    ("services/ghg/domain.py", "import sqlalchemy", "do no I/O", "ghg.domain -> sqlalchemy"),
    ("services/ghg/reactions.py", "import infra.store", "do no I/O", "ghg.reactions -> infra.sto"),
)


def build(house: Path, files: dict[str, str]) -> Path:
    shutil.copy(ROOT / "pyproject.toml", house)
    for package in PACKAGES:
        (house / package).mkdir()
        (house / package / "__init__.py").touch()
    for path, code in files.items():
        (house / path).parent.mkdir(exist_ok=True)
        (house / path).write_text(f"{code}\n")
    return house


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.path.insert(0, '.'); "
        "from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=house,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of a house with every wrong import in it: rule -> its complaints."""
    house = build(tmp_path_factory.mktemp("bad"), GOOD | {path: code for path, code, *_ in BAD})
    linted = lint_imports(house)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    said = linted.stdout.partition("Broken contracts")[2]
    parts = re.split(r"^(.+)\n-{5,}$", said, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_house_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    linted = lint_imports(build(tmp_path, GOOD))
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize(("path", "code", "rule", "proof"), BAD)
def test_a_wrong_import_is_refused(
    refused: dict[str, str], path: str, code: str, rule: str, proof: str
) -> None:
    complaints = [text for name, text in refused.items() if rule in name]
    assert len(complaints) == 1, f"{path}: {code}\n{list(refused)}"
    assert proof in complaints[0]
