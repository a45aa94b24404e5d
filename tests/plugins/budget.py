"""Keeps the whole test run short: each kind of proof has a budget in seconds.

Counted only with `CASTMARK_BUDGETS=1` (`make test` sets it): a part of the run says nothing about
the whole. The summary then shows time used and budget for each kind of proof, loudly where one is
over, and the slowest ten tests. A test folder without a budget fails the session; being over one
does so only with `CASTMARK_BUDGETS=strict`, because a busy machine is no fault of the code.
Time is what setup, call and teardown took, so a server started for a test counts where it is used.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SLOWEST = 10


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that the tests of some folders under tests/ may take together."""

    name: str
    limit_s: float
    folders: tuple[str, ...]


KAFKA = Budget("kafka and kills", 300, ("kafka", "kills"))
BUDGETS = (
    Budget("rules", 180, ("rules",)),
    Budget("stores and logs", 300, ("stores", "logs")),
    KAFKA,
    Budget("api", 180, ("api",)),
    Budget("browser", 120, ("browser",)),
    Budget("contracts kept", 120, ("contracts_kept",)),
    Budget("simulation", 180, ("simulation",)),
    Budget("imports", 180, ("imports",)),
    Budget("sdk wheel", 180, ("sdk_wheel",)),
    Budget("benchmarks", 120, ("benchmarks",)),
    Budget("tidy", 120, ("tidy",)),
)


def budget_of(item: pytest.Item) -> Budget | None:
    """The budget that pays for a test; None if its folder has none.

    A store or log test that needs a real Kafka is paid for by Kafka's budget.
    """
    folder = folder_of(item.path, item.config.rootpath)
    if folder in ("stores", "logs"):
        needed = {name for mark in item.iter_markers("needs") for name in mark.args}
        if "kafka" in needed:
            return KAFKA
    return next((budget for budget in BUDGETS if folder in budget.folders), None)


def folder_of(path: Path, root: Path) -> str:
    """The folder under tests/ in which a test file lies ("." for tests/ itself)."""
    inside = path.relative_to(root).parts
    return inside[1] if len(inside) > 2 else "."


class BudgetKeeper:
    """Adds up what each test took, judges at the end of the session."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self._budgets: dict[str, Budget] = {}
        self._homeless: set[str] = set()
        self._took_s: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Finds the budget of every test that will run."""
        for item in session.items:
            budget = budget_of(item)
            if budget is None:
                self._homeless.add(folder_of(item.path, item.config.rootpath))
            else:
                self._budgets[item.nodeid] = budget

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts one phase of one test."""
        self._took_s[report.nodeid] += report.duration  # type: ignore[assignment]  # typed int

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that passed has failed all the same when somebody's time is not paid for."""
        faults = [*self._faults_of_time(), *self._homeless] if self.strict else self._homeless
        if session.exitstatus == pytest.ExitCode.OK and faults:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, the slowest ten, the faults."""
        write = terminalreporter.write_line
        terminalreporter.section("time used, by kind of proof")
        for budget, used_s in self._used():
            over = used_s > budget.limit_s
            text = f"{budget.name:<18}{used_s:8.1f} s of {budget.limit_s:5.0f} s"
            write(f"{text}  OVER BUDGET" if over else text, red=over)
        write(f"slowest {SLOWEST}:")
        for nodeid, took_s in self._took_s.most_common(SLOWEST):
            write(f"{took_s:8.1f} s  {nodeid}")
        for fault in self._faults():
            write(fault, red=True, bold=True)

    def _used(self) -> Iterator[tuple[Budget, float]]:
        for budget in BUDGETS:
            mine = [node for node, owner in self._budgets.items() if owner is budget]
            if mine:
                yield budget, sum(self._took_s[node] for node in mine)

    def _faults_of_time(self) -> Iterator[str]:
        for budget, used_s in self._used():
            if used_s > budget.limit_s:
                yield (
                    f"{budget.name}: {used_s:.1f} s used, {budget.limit_s:.0f} s allowed; "
                    "make the slowest faster or move their long form to `make soak`"
                )

    def _faults(self) -> Iterator[str]:
        yield from self._faults_of_time()
        for folder in sorted(self._homeless):
            yield f"tests/{folder} has no budget: give it one in tests/plugins/budget.py"


def pytest_configure(config: pytest.Config) -> None:
    """Counts only when asked to."""
    wanted = os.environ.get("CASTMARK_BUDGETS")
    if wanted in ("1", "strict"):
        keeper = BudgetKeeper(strict=wanted == "strict")
        config.pluginmanager.register(keeper, "castmark-budget-keeper")
