"""JSON from strangers, read without guessing. Pure.

The standard reader lets the last of two equal keys win, takes NaN, and passes on characters that
no database stores; each of these is refused instead, before anything else looks at the value.
"""

import json
import math
from collections.abc import Iterable
from typing import NoReturn

from .errors import Refused

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""Larger ones are not the same number in every reader (RFC 8259, section 6)."""
MAX_DIGITS = 17


def read_json(body: bytes) -> object:
    """The value of a JSON text in UTF-8.

    Raises Refused: `malformed-json` (not JSON, NaN, numbers out of range, lone surrogates, U+0000,
    deeper than MAX_DEPTH) or `duplicate-key`.
    """
    if not body.strip():
        raise Refused("malformed-json", "the body is empty: send a JSON object")
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_constant,
            parse_float=_fraction,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise Refused(
            "malformed-json",
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            line=error.lineno,
            column=error.colno,
        ) from error
    except UnicodeDecodeError as error:
        raise Refused(
            "malformed-json", f"the body is not UTF-8: see byte {error.start}", byte=error.start
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    _check(value)
    return value


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(
                "duplicate-key", f"the key {key[:80]!a} stands twice in one object: say it once"
            )
        found[key] = value
    return found


def _constant(name: str) -> object:
    raise Refused("malformed-json", f"{name} is not JSON: write a finite number")


def _fraction(text: str) -> float | int:
    """`2.0` is the integer 2, as JSON Schema has it."""
    value = float(text)
    if not math.isfinite(value) or (value.is_integer() and abs(value) > MAX_INTEGER):
        _out_of_range(text)
    return int(value) if value.is_integer() else value


def _integer(text: str) -> int:
    value = int(text) if len(text) <= MAX_DIGITS else MAX_INTEGER + 1
    return value if abs(value) <= MAX_INTEGER else _out_of_range(text)


def _out_of_range(text: str) -> NoReturn:
    raise Refused(
        "malformed-json", f"the number {text[:20]}... is too large: integers go up to 2^53 - 1"
    )


def _check(value: object) -> None:
    """Look at all texts and at the depth, without recursion."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        texts = [item for item in level if isinstance(item, str)]
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                texts += item
                below += item.values()
            elif isinstance(item, list):
                below += item
        _check_texts(texts)
        if not below:
            return
        level = below
    raise _too_deep()


def _check_texts(texts: Iterable[str]) -> None:
    for text in texts:
        if "\x00" in text:
            raise Refused("malformed-json", "a text holds the character U+0000: leave it out")
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise Refused("malformed-json", "a text holds half of a surrogate pair")


def _too_deep() -> Refused:
    return Refused("malformed-json", f"the body is nested deeper than {MAX_DEPTH} levels")
