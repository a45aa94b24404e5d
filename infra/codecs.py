"""How rows of read models are written and read: values of NamedTuples as columns, both ways."""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson


class Codec(NamedTuple):
    """How a row class is written: column types, and both directions."""

    fields: tuple[str, ...]
    kinds: tuple[type[Any], ...]
    optional: tuple[bool, ...]
    make: Callable[..., Any]

    def write(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """A row as column values."""
        return self.write_all([row])[0]

    def write_all(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows as column values, a column after the other: half the cost of one row after the
        other."""
        columns = map(_written, zip(*rows, strict=True), self.kinds)
        return list(zip(*columns, strict=True))

    def read(self, values: Sequence[Any]) -> Any:
        """Column values as a row."""
        return self.make(
            value
            if value is None or kind in (str, int)
            else bool(value)
            if kind is bool
            else date.fromisoformat(value)
            if kind is date
            else _frozen(orjson.loads(value))
            for value, kind in zip(values, self.kinds, strict=True)
        )


def _written(values: Sequence[Any], kind: type[Any]) -> Sequence[Any]:
    """Values of a column as they are kept."""
    if kind in (str, int, bool):
        return values
    if kind is date:
        days = {value: value and value.isoformat() for value in set(values)}  # few are of many rows
        return [days[value] for value in values]
    option = orjson.OPT_NON_STR_KEYS
    return [
        None if value is None else orjson.dumps(value, option=option).decode() for value in values
    ]


def _frozen(value: Any) -> Any:
    """JSON's arrays as the tuples that they were, at any depth."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def codec_of(row: type[Any]) -> Codec:
    """The codec of a NamedTuple class, from its annotations."""
    hints = typing.get_type_hints(row)
    kinds: list[type[Any]] = []
    optional: list[bool] = []
    for hint in (hints[field] for field in row._fields):
        parts = typing.get_args(hint) if _is_union(hint) else (hint,)
        plain = [part for part in parts if part is not type(None)]
        kind = typing.get_origin(plain[0]) or plain[0]
        if kind not in (str, int, bool, date):
            kind = tuple if isinstance(kind, type) and issubclass(kind, tuple) else _scalar(kind)
        kinds.append(kind)
        optional.append(len(plain) < len(parts))
    return Codec(row._fields, tuple(kinds), tuple(optional), row._make)


def _is_union(hint: object) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _scalar(kind: Any) -> type[Any]:
    if isinstance(kind, type) and issubclass(kind, str):
        return str
    if isinstance(kind, type) and issubclass(kind, (dict, Mapping)):
        return dict
    raise TypeError(f"a column cannot hold {kind!r}: use str, int, bool, date, dict or tuple")
