"""NDJSON: one JSON object a line; numbers keep the digits they were written with."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import BinaryIO

import orjson

from infra.errors import Refused

from .rows import MAX_COLUMNS, Broken, Row, Sheet, broken, check_columns

MAX_LINE = 1 << 20
BOM = b"\xef\xbb\xbf"


def columns_of(path: Path) -> tuple[str, ...]:
    """The keys of all objects, in the order in which they first stand; Refused when no line is an
    object."""
    found: dict[str, None] = {}
    with path.open("rb") as content:
        for _, value in _lines(content):
            if isinstance(value, dict):
                found.update(dict.fromkeys(value))
                if len(found) > MAX_COLUMNS:
                    break
    if not found:
        raise Refused("wrong-format", "no line of the file is a JSON object: is it NDJSON?")
    return check_columns(list(found))


def sheet_of(path: Path, columns: tuple[str, ...]) -> Sheet:
    """The file's rows, each with the cells of `columns`."""
    return Sheet(columns, _rows(path, columns))


def _rows(path: Path, columns: tuple[str, ...]) -> Generator[Row]:
    width = len(columns)
    with path.open("rb") as content:
        for number, value in _lines(content):
            if isinstance(value, Broken):
                yield broken(number, value.slug, value.sentence, "", width)
                continue
            try:
                yield Row(number, [_text(value.get(name)) for name in columns], None)
            except TypeError as error:
                yield broken(number, "row-unreadable", str(error), "", width)


def _lines(content: BinaryIO) -> Generator[tuple[int, Mapping[str, object] | Broken]]:
    number = 0
    while raw := content.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise Refused("file-broken", f"line {number} has more than {MAX_LINE} bytes")
        raw = raw.strip().removeprefix(BOM)
        if raw:
            yield number, _object(raw)


def _object(raw: bytes) -> Mapping[str, object] | Broken:
    if b"\\u0000" in raw:
        return Broken("row-unreadable", "the line holds the character U+0000: leave it out")
    try:
        value: object = orjson.loads(raw)
        if isinstance(value, dict):
            # Digits as they were written; and readers disagree on which of two equal keys counts.
            exact = any(type(item) is float for item in value.values())
            if exact or raw.count(b":") > len(value):
                value = json.loads(raw, parse_float=str, object_pairs_hook=_once)
    except orjson.JSONDecodeError as error:
        return Broken("row-unreadable", f"the line is not JSON: {error.msg}")
    except RecursionError:
        return Broken("row-unreadable", "the line is nested too deep")
    except KeyError as error:
        return Broken("row-unreadable", f"the key {error} stands twice: say it once")
    if not isinstance(value, dict):
        return Broken("row-unreadable", "the line is JSON, but not an object")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key[:80])
        found[key] = value
    return found


def _text(value: object) -> str:
    """A JSON value as a cell has it."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return "; ".join(value)
        case _:
            raise TypeError("a value is neither text, a number, true, false, null nor such a list")
