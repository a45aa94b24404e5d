"""Pure files: no clock, no dice, no ids drawn, no I/O. Time and ids are inputs.

Pure are all of contracts/, the pure files of infra/ and every file of a service that is not named
in `IMPURE_NAMES` and does not end in `IMPURE_ENDING`. import-linter sees only imports of contracts,
domain and reactions; this check sees calls as well, and the specialists.
"""

import ast
from collections.abc import Iterator

from tests.tidy.findings import Finding, Source, dotted, imported_modules, names_of_imports
from tests.tidy.findings import package_of as package

# Files of a service that may talk to the world: HTTP, wiring, queries, pages, background work.
IMPURE_NAMES = frozenset(
    {
        "__main__.py",
        "api.py",
        "app.py",
        "exports.py",
        "factorfiles.py",
        "feed.py",
        "imports.py",
        "jobs.py",
        "pages.py",
        "queries.py",
        "sse.py",
        "uploads.py",
        "webhooks.py",
    }
)
# Routes that a service's api.py includes.
IMPURE_ENDING = "_api.py"
# Services that decide nothing: the portal asks others over HTTP.
IMPURE_SERVICES = frozenset({"portal"})
# Files of a service that declare tables: SQLAlchemy allowed, everything else pure.
TABLE_NAMES = frozenset({"projections.py", "rows.py", "tables.py"})
PURE_INFRA = frozenset({"infra/decider.py", "infra/errors.py"})

CLOCK = "take the time as an input (a command's or an envelope's field)"
DICE = "take a seed or the value itself as an input"
IDS = "take the id as an input, or derive it from what it names"
IO = "do I/O in api.py, app.py or infra, and hand the result in"
STORAGE = "SQL, HTTP and Kafka live in infra, queries.py, api.py and app.py"

BANNED_NAMES = {
    "datetime.date.today": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "uuid.uuid1": IDS,
    "uuid.uuid4": IDS,
    "input": IO,
    "open": IO,
    "print": IO,
}
BANNED_METHODS = {
    "now": CLOCK,
    "open": IO,
    "read_bytes": IO,
    "read_text": IO,
    "today": CLOCK,
    "utcnow": CLOCK,
    "write_bytes": IO,
    "write_text": IO,
}
BANNED_MODULES = {
    "aiokafka": STORAGE,
    "asyncio": IO,
    "confluent_kafka": STORAGE,
    "fastapi": STORAGE,
    "faststream": STORAGE,
    "httpx": STORAGE,
    "kafka": STORAGE,
    "logging": "return what happened; the caller logs it",
    "os": IO,
    "psycopg": STORAGE,
    "random": DICE,
    "secrets": DICE,
    "socket": IO,
    "sqlalchemy": STORAGE,
    "sqlite3": STORAGE,
    "starlette": STORAGE,
    "structlog": "return what happened; the caller logs it",
    "subprocess": IO,
    "threading": IO,
    "time": CLOCK,
}


def is_pure(source: Source) -> bool:
    """Whether a file must be pure."""
    parts = source.path.split("/")
    if not source.is_python:
        return False
    if parts[0] == "services":
        name = parts[-1]
        impure = name in IMPURE_NAMES or name.endswith(IMPURE_ENDING)
        return len(parts) > 2 and parts[1] not in IMPURE_SERVICES and not impure
    return parts[0] == "contracts" or source.path in PURE_INFRA


def check_purity(source: Source) -> Iterator[Finding]:
    """Every clock, die, drawn id and piece of I/O in a pure file."""
    if not is_pure(source):
        return
    yield from _imports(source)
    names = names_of_imports(source.tree, package(source))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            full = dotted(node, names)
            if full in BANNED_NAMES:
                yield source.finding(node.lineno, f"{full} in a pure file: {BANNED_NAMES[full]}")
                continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if method in BANNED_METHODS and dotted(node.func, names) not in BANNED_NAMES:
                instead = BANNED_METHODS[method]
                yield source.finding(node.lineno, f".{method}() in a pure file: {instead}")


def _imports(source: Source) -> Iterator[Finding]:
    tables = source.path.split("/")[-1] in TABLE_NAMES
    seen: set[tuple[int, str]] = set()
    for line, name in imported_modules(source.tree, package(source)):
        module = name.split(".")[0]
        if module not in BANNED_MODULES or (tables and module == "sqlalchemy"):
            continue
        if (line, module) not in seen:
            seen.add((line, module))
            what = f"import of {module} in a pure file: {BANNED_MODULES[module]}"
            yield source.finding(line, what)


def check_floats(source: Source) -> Iterator[Finding]:
    """Floats in a contract: written, annotated or converted to. (Refusing one is fine.)"""
    if not source.is_python or not source.path.startswith("contracts/"):
        return
    what = "a float in a contract: Decimal, written as text, or integer kilograms"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.finding(node.lineno, what)
        elif isinstance(node, ast.Call) and _names_float(node.func):
            yield source.finding(node.lineno, what)
        for annotation in _annotations(node):
            if any(_names_float(part) for part in ast.walk(annotation)):
                yield source.finding(annotation.lineno, what)


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
    elif isinstance(node, ast.arg) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield node.returns


def _names_float(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "float"
