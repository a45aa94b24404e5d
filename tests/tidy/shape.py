"""The shape of code: short functions, no swallowed errors, no skipped or empty tests."""

import ast
from collections.abc import Iterator

from tests.tidy.findings import Finding, Source, dotted, names_of_imports, package_of

FUNCTION_AT_MOST = 60
# The one place that may skip: it says loudly what was not proven.
MAY_SKIP = "tests/plugins/require.py"
SKIPS = frozenset(
    {
        "pytest.importorskip",
        "pytest.mark.skip",
        "pytest.mark.skipif",
        "pytest.mark.xfail",
        "pytest.skip",
        "pytest.xfail",
        "unittest.skip",
    }
)
# Calls that prove something without the word assert.
PROVING_CALLS = frozenset({"fail", "nothing", "nothing_happens", "raises", "refused", "then"})
PROVING_PREFIXES = ("assert", "check", "expect", "verify")
PROVING_NODES = (ast.Assert, ast.With, ast.AsyncWith)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check_functions(source: Source) -> Iterator[Finding]:
    """Functions over 60 lines."""
    for function in functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_AT_MOST:
            what = f"{function.name} has {length} lines: at most {FUNCTION_AT_MOST}; name its parts"
            yield source.finding(function.lineno, what)


def check_exceptions(source: Source) -> Iterator[Finding]:
    """Errors caught and forgotten."""
    if not source.is_python:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield source.finding(node.lineno, "a bare except: name what is expected to fail")
            elif _is_everything(node.type) and all(_does_nothing(step) for step in node.body):
                yield source.finding(
                    node.lineno, "every error swallowed: name the one expected, or act on it"
                )
        elif isinstance(node, ast.Call) and _last_name(node.func) == "suppress":
            if any(_is_everything(argument) for argument in node.args):
                what = "every error suppressed: name the one that is expected"
                yield source.finding(node.lineno, what)


def check_delivery(source: Source) -> Iterator[Finding]:
    """Kafka subscribers that may lose a message: FastStream's default acknowledges first."""
    if not source.is_python:
        return
    listens = "faststream" in {name.split(".")[0] for name in _imports(source).values()}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr == "ACK_" + "FIRST":
            what = "acknowledged before it is applied: AckPolicy.MANUAL, after the commit"
            yield source.finding(node.lineno, what)
        if not listens or source.is_test or not isinstance(node, ast.Call):
            continue
        named = {keyword.arg for keyword in node.keywords}
        if _last_name(node.func) == "subscriber" and not named & {"ack_policy", None}:
            what = "the default acknowledges first: say ack_policy=AckPolicy.MANUAL"
            yield source.finding(node.lineno, what)


def check_unwritten(source: Source) -> Iterator[Finding]:
    """Code that only says that it is missing."""
    if not source.is_python:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if _last_name(raised) == "NotImplemented" + "Error":
                yield source.finding(node.lineno, "not written: write it, or declare a Protocol")


def check_skips(source: Source) -> Iterator[Finding]:
    """Tests that do not run."""
    if not source.is_python or source.path == MAY_SKIP:
        return
    names = _imports(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and dotted(node, names) in SKIPS:
            what = "a test that does not run: needs(...) of tests/plugins/require.py, or mend it"
            yield source.finding(node.lineno, what)


def check_assertions(source: Source) -> Iterator[Finding]:
    """Tests that cannot fail."""
    name = source.path.rpartition("/")[2]
    if not source.is_test or not name.startswith("test_"):
        return
    for function in functions(source):
        if function.name.startswith("test_") and not _proves(function):
            what = f"{function.name} asserts nothing: say what must be true, or delete it"
            yield source.finding(function.lineno, what)


def functions(source: Source) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    if source.is_python:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _proves(function: Function) -> bool:
    for node in ast.walk(function):
        if isinstance(node, PROVING_NODES):
            return True
        if isinstance(node, ast.Call):
            called = _last_name(node.func)
            if called in PROVING_CALLS or called.startswith(PROVING_PREFIXES):
                return True
    return False


def _imports(source: Source) -> dict[str, str]:
    return names_of_imports(source.tree, package_of(source))


def _is_everything(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(_is_everything(part) for part in node.elts)
    return _last_name(node) in ("Exception", "BaseException")


def _does_nothing(step: ast.stmt) -> bool:
    if isinstance(step, ast.Pass | ast.Continue):
        return True
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
