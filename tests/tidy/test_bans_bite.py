"""Each ban catches what it is for, and lets its replacement pass.

The banned words are put together from halves, so that this file keeps the rules itself.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.tidy import purity, shape, slugs, text, tree
from tests.tidy.findings import Finding, Source

DOMAIN = "services/membership/domain.py"
SPECIALIST = "services/membership/duty.py"
CONTRACT = "contracts/membership.py"
MACHINERY = "infra/store.py"
TEST = "tests/rules/test_duty.py"

Check = Callable[[Source], Iterator[Finding]]


def found(check: Check, path: str, code: str) -> list[str]:
    return [finding.what for finding in check(Source(path, code))]


@pytest.mark.parametrize("path", [DOMAIN, SPECIALIST, CONTRACT, "infra/decider.py"])
@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\nx = datetime.now()\n",
        "import datetime\nx = datetime.datetime.utcnow()\n",
        "import datetime as dt\nx = dt.date.today()\n",
        "from datetime import datetime as dt\nx = field(default_factory=dt.now)\n",
        "def f(clock):\n    return clock.now()\n",
        "import time\n",
        "from time import monotonic\n",
        "from uuid import uuid4\nx = uuid4()\n",
        "import uuid\nx = Field(default_factory=uuid.uuid1)\n",
        "import random\n",
        "from secrets import token_hex\n",
        "import os\nx = os.environ['HOME']\n",
        "from os import environ\n",
        "open('policy.json')\n",
        "def f(path):\n    return path.read_text()\n",
        "print('hello')\n",
        "import logging\n",
        "from sqlalchemy import select\n",
        "def f():\n    import kafka\n",
    ],
)
def test_a_clock_a_die_or_io_in_a_pure_file_is_found(path: str, code: str) -> None:
    assert len(found(purity.check_purity, path, code)) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("services/membership/api.py", "import time\nx = open('f')\n"),
        ("services/portal/client.py", "import httpx\n"),
        ("services/certification/projections.py", "from sqlalchemy import Column\n"),
        ("infra/store.py", "import time\n"),
        (DOMAIN, "from datetime import date\nx = date(2026, 2, 28)\n"),
        (DOMAIN, "from uuid import UUID, uuid5\nx = uuid5(UUID(int=0), 'a')\n"),
        (DOMAIN, "def f(state):\n    return state.open_audits, state.today\n"),
    ],
)
def test_purity_is_asked_of_pure_files_only_and_lets_inputs_pass(path: str, code: str) -> None:
    assert found(purity.check_purity, path, code) == []


def test_a_file_of_tables_may_declare_sql_but_read_no_clock() -> None:
    code = "import sqlalchemy\nimport time\n"
    findings = found(purity.check_purity, "services/certification/tables.py", code)
    assert [finding.split()[2] for finding in findings] == ["time"]


@pytest.mark.parametrize(
    "code",
    [
        "share = 0.5\n",
        "class Mass:\n    mass_kg: float\n",
        "def f(x: float) -> None: ...\n",
        "def f() -> float | None: ...\n",
        "x = float('1')\n",
    ],
)
def test_a_float_in_a_contract_is_found(code: str) -> None:
    assert found(purity.check_floats, CONTRACT, code) != []
    assert found(purity.check_floats, MACHINERY, code) == []


def test_a_contract_may_refuse_floats() -> None:
    assert found(purity.check_floats, CONTRACT, "ok = not isinstance(x, float)\n") == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("requirements.txt", "--index-url https://py" + "pi.org/simple"),
        ("package-lock.json", '"resolved": "https://regis' + "try.npm" + 'js.org/a"'),
        ("infra/deploy/Dockerfile", "RUN curl http://deb.deb" + "ian.org/"),
        ("infra/deploy/kafka/settings.xml", "<url>https://repo.ma" + "ven.apache.org/</url>"),
        ("README.md", "cd /wo" + "rk/main"),
        ("infra/settings.py", "VAR = '/wo" + "rk/main/var'"),
        ("README.md", "To be done: TO" + "DO"),
        ("infra/store.py", "x = 1  # FIX" + "ME later"),
        ("requirements.txt", "python-" + "jose==3.3.0"),
        ("infra/auth.py", "from jo" + "se import jwt"),
    ],
)
def test_words_that_no_file_may_say_are_found(path: str, line: str) -> None:
    assert len(found(text.check_words, path, f"first\n{line}\n")) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("infra/deploy/kafka/pom.xml", '<project xmlns="http://maven.apache.org/POM/4.0.0">'),
        ("README.md", "see https://example.org/wo" + "rk/flow and ./wo" + "rk/x"),
        ("tests/data/assets.csv", "XX" + "X,unknown"),
        ("docs/decisions/0001.md", "rejected: python-" + "jose, unmaintained"),
    ],
)
def test_words_that_only_look_alike_pass(path: str, line: str) -> None:
    assert found(text.check_words, path, line) == []


def test_long_lines_and_long_files_are_found() -> None:
    assert found(text.check_lengths, "infra/a.py", "x" * 101) != []
    assert found(text.check_lengths, "infra/a.py", "x" * 100) == []
    assert found(text.check_lengths, "README.md", "x" * 200) == []
    assert found(text.check_lengths, "infra/a.py", "x = 1\n" * 401) != []
    assert found(text.check_lengths, "infra/a.py", "x = 1\n" * 400) == []


def test_a_silenced_type_error_needs_its_code_and_its_reason() -> None:
    silenced = "x = f()  # type: " + "ignore"
    assert found(text.check_ignored_types, MACHINERY, f"{silenced}\n") != []
    assert found(text.check_ignored_types, MACHINERY, f"{silenced}[arg-type]\n") != []
    assert found(text.check_ignored_types, MACHINERY, f"{silenced}[arg-type]  # stub\n") == []


def test_a_long_function_is_found() -> None:
    def written(lines: int) -> str:
        return "async def f() -> None:\n" + "    x = 1\n" * (lines - 1)

    assert found(shape.check_functions, MACHINERY, written(61)) != []
    assert found(shape.check_functions, MACHINERY, written(60)) == []


@pytest.mark.parametrize(
    "handler",
    [
        "except:\n    raise",
        "except Exception:\n    pass",
        "except (ValueError, Exception):\n    ...",
        "except BaseException as error:\n    'never mind'",
    ],
)
def test_a_swallowed_error_is_found(handler: str) -> None:
    assert found(shape.check_exceptions, MACHINERY, f"try:\n    f()\n{handler}\n") != []


def test_an_error_that_is_named_or_acted_on_passes() -> None:
    named = "try:\n    f()\nexcept KeyError:\n    pass\n"
    acted_on = "try:\n    f()\nexcept Exception:\n    alarm()\n    raise\n"
    assert found(shape.check_exceptions, MACHINERY, named + acted_on) == []


def test_suppressing_every_error_is_found() -> None:
    code = "import contextlib\nwith contextlib.suppress(Exception):\n    f()\n"
    assert found(shape.check_exceptions, MACHINERY, code) != []
    assert found(shape.check_exceptions, MACHINERY, code.replace("Exc", "KeyExc")) == []


def test_a_subscriber_that_acknowledges_first_is_found() -> None:
    first = "x = AckPolicy.ACK_" + "FIRST\n"
    silent = "from faststream.kafka import KafkaBroker\nb.subscriber('t', batch=True)\n"
    manual = silent.replace("True", "True, ack_policy=AckPolicy.MANUAL")
    assert found(shape.check_delivery, MACHINERY, first) != []
    assert found(shape.check_delivery, MACHINERY, silent) != []
    assert found(shape.check_delivery, MACHINERY, manual) == []


def test_code_that_only_says_that_it_is_missing_is_found() -> None:
    code = "def f() -> None:\n    raise NotImplemented" + "Error('later')\n"
    assert found(shape.check_unwritten, MACHINERY, code) != []


@pytest.mark.parametrize(
    "code",
    [
        "import pytest\n@pytest.mark.skip\ndef test_a(): assert 1\n",
        "import pytest\n@pytest.mark.xfail(reason='x')\ndef test_a(): assert 1\n",
        "import pytest as p\np.importorskip('kafka')\n",
        "from pytest import skip\nskip('not today')\n",
    ],
)
def test_a_test_that_does_not_run_is_found(code: str) -> None:
    assert len(found(shape.check_skips, TEST, code)) == 1
    assert found(shape.check_skips, shape.MAY_SKIP, code) == []


@pytest.mark.parametrize(
    ("body", "empty"),
    [
        ("print(f())", True),
        ("x = f()\n    x.close()", True),
        ("assert f()", False),
        ("with pytest.raises(KeyError):\n        f()", False),
        ("spec.given().when(c).refused('slug')", False),
        ("assert_same(a, b)", False),
    ],
)
def test_a_test_that_cannot_fail_is_found(body: str, empty: bool) -> None:
    code = f"def test_it():\n    {body}\n"
    assert bool(found(shape.check_assertions, TEST, code)) is empty


def test_a_folder_of_code_without_its_package_marker_is_found() -> None:
    lone = [Source("services/__init__.py", '"""x"""'), Source(DOMAIN, "x = 1\n")]
    assert [finding.path for finding in tree.check_markers(lone)] == ["services/membership"]
    marked = [*lone, Source("services/membership/__init__.py", '"""x"""')]
    assert list(tree.check_markers(marked)) == []


def test_a_folder_of_tests_without_a_budget_is_found() -> None:
    assert len(list(tree.check_budgets([Source("tests/misc/test_a.py", "")]))) == 1
    assert len(list(tree.check_budgets([Source("tests/test_a.py", "")]))) == 1
    assert list(tree.check_budgets([Source(TEST, "")])) == []


def test_a_module_that_only_tests_enter_is_found() -> None:
    house = [
        Source("castmark/cli.py", "from infra import store\n"),
        Source("Makefile", "kafka:\n\tpython -m infra.local.kafka up\n"),
        Source("infra/store.py", "from infra.errors import Refused\n"),
        Source("infra/errors.py", "class Refused(Exception): ...\n"),
        Source("infra/local/kafka.py", ""),
        Source("services/membership/app.py", "from services.membership.domain import decide\n"),
        Source(DOMAIN, "import services.membership.domain\n"),
        Source("infra/forgotten.py", "from infra import forgotten\n"),
        Source(TEST, "from infra.forgotten import f\n"),
    ]
    assert [finding.path for finding in tree.check_lived_in(house)] == ["infra/forgotten.py"]
    assert list(tree.check_lived_in(house[1:])) == []


# --- slugs ---

EXPLAINED = 'PROBLEMS = (Problem("no-room", "No room", "Come back later."),)'
HOME = "services/membership"


def judged(code: str, explained: str = EXPLAINED, path: str = f"{HOME}/duty.py") -> list[str]:
    files = (Source(f"{HOME}/problems.py", explained), Source(path, code))
    return [finding.what for finding in slugs.check_slugs(files)]


@pytest.mark.parametrize(
    "code",
    [
        'raise Refused("no-room", sentence)',
        'wrong = "no-room", f"{count} are too many"',
        'def check(day, slug):\n    raise Refused(slug, "is wrong")\ncheck(today, "no-room")',
        'class Fault(NamedTuple):\n    field: str\n    slug: str\nFault("name", "no-room")',
        'SLUG_OF_KIND = {"house": "no-room"}',
        'job._replace(problem_slug="no-room")',
    ],
)
def test_a_slug_without_an_explanation_and_the_reverse_are_found(code: str) -> None:
    assert judged(code) == []
    (unexplained,) = judged(code, "PROBLEMS = ()")
    assert unexplained.startswith("no-room is explained nowhere")
    assert judged("pass") == ["no-room is explained, but nobody raises it: remove it"]


def test_a_slug_of_another_service_explains_nothing_here() -> None:
    elsewhere = judged('raise Refused("no-room", sentence)', path="services/ghg/domain.py")
    assert len(elsewhere) == 2
    machinery = Source("infra/problems.py", EXPLAINED)
    code = Source("services/ghg/domain.py", 'raise Refused("no-room", sentence)')
    assert not list(slugs.check_slugs((machinery, code)))


def test_a_slug_that_is_put_together_cannot_be_found() -> None:
    (finding,) = judged('raise Refused(f"no-{what}", s)\nRefused("no-room", s)')
    assert finding.startswith("a slug put together")
