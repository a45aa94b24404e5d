"""One seed for every choice that chance makes in the tests: printed, and repeatable.

| run               | seed         | Hypothesis                                       |
|-------------------|--------------|--------------------------------------------------|
| plain             | `PLAIN_SEED` | profile "test": the same modest examples always  |
| `CASTMARK_SOAK=1` | fresh        | profile "soak": many examples, drawn from it     |
| `CASTMARK_SEED=n` | n, in both   | the profile's number of examples, drawn from n   |

The session's header shows the seed, and so does every failure.
"""

import os
import secrets
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Verbosity, settings

PLAIN_SEED = 20261121
SEED_BELOW = 2**32
SEED = pytest.StashKey[int]()

settings.register_profile(
    "test",
    deadline=None,
    derandomize="CASTMARK_SEED" not in os.environ,
    database=None,
    max_examples=60,
    stateful_step_count=30,
    print_blob=True,
)
settings.register_profile(
    "soak",
    deadline=None,
    derandomize=False,
    database=None,
    max_examples=5_000,
    stateful_step_count=100,
    print_blob=True,
    verbosity=Verbosity.normal,
    suppress_health_check=[HealthCheck.too_slow],
)


def is_soak() -> bool:
    """Whether the long forms were asked for."""
    return os.environ.get("CASTMARK_SOAK") == "1"


def seed_of_environment() -> int:
    """`CASTMARK_SEED` if set, a fresh one for a soak, else the plain one."""
    given = os.environ.get("CASTMARK_SEED")
    if given is not None:
        if not given.isdigit() or int(given) >= SEED_BELOW:
            raise pytest.UsageError(
                f"CASTMARK_SEED={given!r}: want a whole number from 0 to {SEED_BELOW - 1}"
            )
        return int(given)
    return secrets.randbelow(SEED_BELOW) if is_soak() else PLAIN_SEED


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Hypothesis reads its own option, so that it draws from our seed."""
    seed = seed_of_environment()
    config.stash[SEED] = seed
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(seed)
    settings.load_profile("soak" if is_soak() else "test")


def pytest_report_header(config: pytest.Config) -> str:
    """The first thing a reader of a failed run looks for."""
    return f"seed: {config.stash[SEED]} (repeat with CASTMARK_SEED={config.stash[SEED]})"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long forms out of every run but a soak."""
    if is_soak():
        return
    long_forms = [item for item in items if item.get_closest_marker("soak")]
    if long_forms:
        config.hook.pytest_deselected(items=long_forms)
        items[:] = [item for item in items if item not in long_forms]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Every failure names the seed that repeats it."""
    report = yield
    if report.failed:
        report.sections.append(("seed", f"CASTMARK_SEED={item.config.stash[SEED]}"))
    return report


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The session's seed, for simulations and torture tests."""
    return pytestconfig.stash[SEED]
