"""Compare what should be with what is: two trees of plain data, told apart leaf by leaf. Pure.

Both sides are mappings of mappings (or lists) down to text, numbers, switches or None. Nothing is
left out: a key that only one side has is a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

ABSENT = "(absent)"
"""Stands for a value that one side does not have."""


class Difference(NamedTuple):
    """A place where the two sides disagree."""

    path: tuple[str, ...]
    expected: object
    actual: object

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: expected {self.expected}, got {self.actual}"


def differences(expected: object, actual: object) -> list[Difference]:
    """Every place where `actual` is not as `expected`, in the order of their paths."""
    return sorted(_walk((), expected, actual), key=lambda difference: difference.path)


def report(found: Sequence[Difference], limit: int = 20, title: str = "") -> str:
    """The differences as lines for a person: grouped by what they are about, at most `limit`."""
    if not found:
        return f"{title}: no differences".lstrip(": ")
    lines = [f"{title}: {len(found)} differences".lstrip(": ")]
    about: tuple[str, ...] = ()
    for difference in found[:limit]:
        if difference.path[:2] != about:
            about = difference.path[:2]
            lines.append("  " + " ".join(about))
        field = ".".join(difference.path[2:]) or "it"
        lines.append(f"    {field}: expected {difference.expected}, got {difference.actual}")
    if len(found) > limit:
        lines.append(f"  and {len(found) - limit} more")
    return "\n".join(lines)


def _walk(path: tuple[str, ...], expected: object, actual: object) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in sorted({str(key) for key in (*expected, *actual)}):
            yield from _walk((*path, key), expected.get(key, ABSENT), actual.get(key, ABSENT))
    elif _is_list(expected) and _is_list(actual):
        if list(_items(expected)) != list(_items(actual)):
            yield Difference(path, expected, actual)
    elif expected != actual or isinstance(expected, bool) is not isinstance(actual, bool):
        yield Difference(path, expected, actual)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) else ()
