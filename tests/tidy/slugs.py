"""Every slug that a client can get is explained, in the place where it is raised.

Found by reading the code: a slug stands before its sentence (`Refused("slug", "...")`, a pair of a
table), in the place of a parameter called `slug`, or in a table called `SLUG_OF_...`. What is
raised otherwise could not be found, and is a finding itself. Poison is not looked at: it parks an
event and answers nobody.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from tests.tidy.findings import Finding, Source

SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)+$")
RAISERS = frozenset({"Refused", "Conflict"})
NOT_RAISED = frozenset({"Problem", "Poison"})
KEYWORDS = frozenset({"slug", "problem_slug"})
COMMON = "infra"
IMPORTS = "infra/importing"

Place = tuple[Source, int]


def check_slugs(sources: Sequence[Source]) -> Iterator[Finding]:
    """No slug without a `Problem`, no `Problem` without a slug, no slug that cannot be read."""
    code = [source for source in sources if _home(source)]
    parameters = _parameters(code)
    raised: dict[str, dict[str, Place]] = {}
    declared: dict[str, dict[str, Place]] = {}
    for source in code:
        home = str(_home(source))
        yield from _unreadable(source)
        for slug, line in _raised(source, parameters):
            raised.setdefault(home, {}).setdefault(slug, (source, line))
        for slug, line in _declared(source):
            declared.setdefault(home, {}).setdefault(slug, (source, line))
    for home, slugs in raised.items():
        explained = {slug for one in (home, IMPORTS, COMMON) for slug in declared.get(one, ())}
        for slug, (source, line) in slugs.items():
            if slug not in explained:
                what = f"{slug} is explained nowhere: add a Problem to {home}/problems.py"
                yield source.finding(line, what)
    for home, slugs in declared.items():
        told = {slug for one in raised if _explains(home, one) for slug in raised[one]}
        for slug, (source, line) in slugs.items():
            if slug not in told:
                yield source.finding(line, f"{slug} is explained, but nobody raises it: remove it")


def _home(source: Source) -> str | None:
    """Whose slugs those of a file are: a service's, the importer's, or the machinery's."""
    parts = source.path.split("/")
    if not source.is_python or parts[0] not in ("services", COMMON) or len(parts) < 2:
        return None
    if parts[0] == "services" or source.path.startswith(IMPORTS + "/"):
        return "/".join(parts[:2])
    return COMMON


def _explains(home: str, raising: str) -> bool:
    return home in (COMMON, raising) or (home == IMPORTS and raising.startswith("services/"))


def _declared(source: Source) -> Iterator[tuple[str, int]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Problem" and node.args:
            if slug := _text(node.args[0]):
                yield slug, node.lineno


def _raised(source: Source, parameters: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for node in ast.walk(source.tree):
        plain = False  # whether one word may be a slug
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                if (name := _name(func)) in NOT_RAISED:
                    continue
                at = parameters.get(name, 0 if _is_pair(args[:2]) else None)
                found = [] if at is None else args[at : at + 1]
                found += [one.value for one in keywords if one.arg in KEYWORDS]
                plain = name in RAISERS
            case ast.Tuple(elts=elements) if len(elements) == 2 and _is_pair(elements):
                found = elements[:1]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(values=values)) if (
                name.startswith("SLUG_OF_")
            ):
                found = list(values)
            case _:
                continue
        for one in found:
            slug = _text(one)
            if slug and (plain or SLUG.match(slug)):
                yield slug, one.lineno


def _unreadable(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _name(node.func) in RAISERS and node.args:
            if isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
                what = "a slug put together from parts cannot be found: use a table SLUG_OF_..."
                yield source.finding(node.lineno, what)


def _parameters(code: Sequence[Source]) -> Mapping[str, int]:
    """Functions and records that take a slug, and at which place."""
    found = dict.fromkeys(RAISERS, 0)
    for source in code:
        for node in ast.walk(source.tree):
            names: list[str] = []
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
            elif isinstance(node, ast.ClassDef):
                fields = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
                names = [one.id for one in fields if isinstance(one, ast.Name)]
            else:
                continue
            if "slug" in names and node.name not in NOT_RAISED:
                found[node.name] = names.index("slug")
    return {name: at for name, at in found.items() if not name.startswith("__")}


def _is_pair(elements: Sequence[ast.expr]) -> bool:
    """A slug and a sentence."""
    if len(elements) != 2:
        return False
    slug, sentence = _text(elements[0]), elements[1]
    told = isinstance(sentence, ast.JoinedStr) or " " in (_text(sentence) or "")
    return bool(slug and SLUG.match(slug) and told)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
