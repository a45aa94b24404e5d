"""Sample payloads of an event, built from its reader's schema: the same ones every time.

`minimal` has the required fields only and the smallest values; `full` has every field; each
`variant-N` takes the next member of every enumeration and the other end of every range, so that
together they show every word an event may say.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]
FIRST_DAY = date(2026, 1, 1)
PATTERNS: Mapping[str, str] = {
    r"^[a-z]{2}$": "en",
    r"^[A-Z]{2}$": "AU",
    r"^[A-Z]{2}-[A-Z0-9]{1,3}$": "AU-WA",
    r"^[0-9a-f]{64}$": "0f" * 32,
    r"^[0-9a-f]{128}$": "0f" * 64,
    r"^-?\d+(\.\d+)?$": "12.5",
}
"""A text for each pattern that the contracts use; ids are made from the field's name instead."""


def samples(schema: Json) -> dict[str, Json]:
    """Name -> payload."""
    full = {"full": _Builder(schema, 0).whole()}
    variants = {
        f"variant-{turn}": _Builder(schema, turn).whole() for turn in range(1, _turns(schema))
    }
    return {"minimal": _Builder(schema, 0, minimal=True).whole()} | full | variants


def _turns(schema: object) -> int:
    """How many turns show every member of the longest enumeration."""
    if isinstance(schema, dict):
        mine = len(schema["enum"]) if isinstance(schema.get("enum"), list) else 1
        if schema.get("type") == "boolean" or "maximum" in schema:
            mine = 2
        return max([mine, *(_turns(value) for value in schema.values())])
    if isinstance(schema, list):
        return max([1, *(_turns(item) for item in schema)])
    return 1


class _Builder:
    """Builds one payload; `turn` chooses among what is allowed."""

    def __init__(self, schema: Json, turn: int, *, minimal: bool = False) -> None:
        self._schema = schema
        self._turn = turn
        self._minimal = minimal
        self._days = 0

    def whole(self) -> Json:
        """The payload."""
        return self._object(self._schema)

    def _object(self, schema: Json) -> Json:
        required = schema.get("required", ())
        return {
            name: self._value(name, field)
            for name, field in schema.get("properties", {}).items()
            if not self._minimal or name in required
        }

    def _value(self, name: str, schema: Json) -> object:
        if "$ref" in schema:
            return self._value(name, self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return self._choice(name, schema["anyOf"])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][self._turn % len(schema["enum"])]
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return self._list(name, schema)
            case "boolean":
                return self._turn % 2 == 0
            case "integer":
                return self._number(schema)
            case "string":
                return self._text(name, schema)
            case _:
                raise LookupError(f"{name}: no sample for {schema}: teach samples.py to make one")

    def _choice(self, name: str, options: list[Json]) -> object:
        something = [option for option in options if option.get("type") != "null"]
        if self._minimal and len(something) < len(options):
            return None
        return self._value(name, something[self._turn % len(something)])

    def _list(self, name: str, schema: Json) -> list[object]:
        count = schema.get("minItems", 0) if self._minimal else max(schema.get("minItems", 0), 2)
        items: list[object] = []
        for _ in range(count):
            items.append(self._value(f"{name}-{len(items) + 1}", schema["items"]))
            self._turn += 1
        self._turn -= count
        return items

    def _number(self, schema: Json) -> int:
        if self._turn % 2 and "maximum" in schema:
            return int(schema["maximum"])
        return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))

    def _text(self, name: str, schema: Json) -> str:
        if schema.get("format") == "date":
            self._days += 1
            return (FIRST_DAY + timedelta(days=self._days)).isoformat()
        pattern = schema.get("pattern")
        if pattern is None:
            return f"{name} {self._turn + 1}"[: schema.get("maxLength", 100)]
        own = f"{name}-{self._turn + 1}"
        for made in (PATTERNS.get(pattern, own), f"kind:{own}"):
            if re.search(pattern, made):
                return made
        raise LookupError(f"{name}: no text is known for {pattern}; add one to samples.py")
