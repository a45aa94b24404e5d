"""The test run itself: a slow one fails, an unproven part is loud, a seed repeats."""

import pytest

PASSING = "def test_passes(): assert True\n"
NEEDY = """
    from tests.plugins.require import demand, needs
    import pytest

    @needs("browser")
    def test_a_page(): assert True

    @pytest.fixture(scope="module")
    def page(): demand("browser")

    def test_one(page): assert True
    def test_two(page): assert True
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project that has only our plugins and no settings of the machine."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("BUDGETS", "REQUIRE", "SEED", "SOAK"):
        monkeypatch.delenv(f"CASTMARK_{name}", raising=False)
    pytester.makeconftest(
        'pytest_plugins = ["tests.plugins.budget", "tests.plugins.require", "tests.plugins.seeds"]'
    )
    pytester.makeini(
        "[pytest]\naddopts = -p _hypothesis_pytestplugin\n"
        "markers =\n    needs(*names): x\n    soak: x\n"
    )
    return pytester


def write(pytester: pytest.Pytester, path: str, code: str) -> None:
    file = pytester.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = code.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    file.write_text("\n".join(line[indent:] for line in lines) + "\n")


def without_browser(pytester: pytest.Pytester) -> None:
    """A machine that has no browser, whatever this one has."""
    conftest = pytester.path / "conftest.py"
    conftest.write_text(
        conftest.read_text() + "\nfrom tests.plugins import require\n"
        "require.NEEDS['browser'] = require.Need('get one', lambda: 'no chromium')\n"
    )


def test_a_kind_of_proof_over_its_budget_is_told_and_fails_a_strict_session(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run, "tests/rules/test_a.py", PASSING)
    conftest = run.path / "conftest.py"
    conftest.write_text(
        conftest.read_text() + "\nfrom tests.plugins import budget\n"
        "budget.BUDGETS = (budget.Budget('rules', 0.0, ('rules',)),)\n"
    )
    for wanted, ends in (("1", pytest.ExitCode.OK), ("strict", pytest.ExitCode.TESTS_FAILED)):
        monkeypatch.setenv("CASTMARK_BUDGETS", wanted)
        result = run.runpytest_subprocess()
        result.stdout.fnmatch_lines(["rules * OVER BUDGET", "slowest 10:", "*1 passed*"])
        assert result.ret == ends


def test_a_kind_of_proof_within_its_budget_passes(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run, "tests/rules/test_a.py", PASSING)
    write(run, "tests/stores/test_b.py", "from tests.plugins.require import needs\n" + PASSING)
    monkeypatch.setenv("CASTMARK_BUDGETS", "1")
    result = run.runpytest_subprocess()
    result.stdout.fnmatch_lines(["rules * s of   180 s", "stores and logs * s of   300 s"])
    assert result.ret == pytest.ExitCode.OK


def test_a_log_test_on_real_kafka_is_paid_for_by_the_budget_of_kafka(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy = "from tests.plugins.require import needs\n@needs('kafka')\n" + PASSING
    write(run, "tests/logs/test_a.py", needy)
    monkeypatch.setenv("CASTMARK_BUDGETS", "1")
    result = run.runpytest_subprocess()
    result.stdout.fnmatch_lines(["kafka and kills * s of   300 s"])
    result.stdout.no_fnmatch_line("stores and logs*")
    assert result.ret == pytest.ExitCode.OK


def test_a_folder_without_a_budget_fails_a_full_run(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run, "tests/misc/test_a.py", PASSING)
    monkeypatch.setenv("CASTMARK_BUDGETS", "1")
    result = run.runpytest_subprocess()
    result.stdout.fnmatch_lines(["tests/misc has no budget*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_the_machine_lacks_is_skipped_and_said_loudly(run: pytest.Pytester) -> None:
    write(run, "tests/browser/test_a.py", NEEDY)
    without_browser(run)
    result = run.runpytest_subprocess()
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(
        ["!*NOT PROVEN ON THIS MACHINE*", "browser: 3 tests did not run (3 in tests/browser)"]
    )
    result.stdout.fnmatch_lines(["*to prove them: get one"])


def test_what_is_required_and_absent_fails(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run, "tests/browser/test_a.py", NEEDY)
    without_browser(run)
    monkeypatch.setenv("CASTMARK_REQUIRE", "kafka,browser")
    result = run.runpytest_subprocess()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*CASTMARK_REQUIRE lists browser, but this machine has no*"])


def test_a_misspelt_requirement_is_refused(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASTMARK_REQUIRE", "kafak")
    result = run.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot need*kafak*"])


def test_a_failure_names_the_seed_that_repeats_it(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run, "tests/rules/test_a.py", "def test_it(seed): assert seed == 0\n")
    monkeypatch.setenv("CASTMARK_SEED", "41")
    result = run.runpytest_subprocess()
    result.stdout.fnmatch_lines(["seed: 41 *", "*assert 41 == 0*", "CASTMARK_SEED=41"])
    result.assert_outcomes(failed=1)


def test_the_same_seed_draws_the_same_examples_and_another_draws_others(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        run,
        "tests/rules/test_a.py",
        """
        from hypothesis import given, strategies as st
        drawn = []
        @given(st.integers())
        def test_draw(number): drawn.append(number)
        def test_show(): print("drawn", hash(tuple(drawn)))
        """,
    )

    def drawn(seed: str | None) -> str:
        if seed is not None:
            monkeypatch.setenv("CASTMARK_SEED", seed)
        lines = run.runpytest_subprocess("-s").outlines
        return next(line for line in lines if "drawn" in line)

    plain = drawn(None)
    assert plain == drawn(None)
    assert drawn("7") == drawn("7")
    assert len({plain, drawn("7"), drawn("8")}) == 3


def test_long_forms_run_only_in_a_soak(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_form = "import pytest\n@pytest.mark.soak\ndef test_long(): assert True\n"
    write(run, "tests/rules/test_a.py", long_form + PASSING)
    run.runpytest_subprocess().assert_outcomes(passed=1, deselected=1)
    monkeypatch.setenv("CASTMARK_SOAK", "1")
    run.runpytest_subprocess().assert_outcomes(passed=2)
