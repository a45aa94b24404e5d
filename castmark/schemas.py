"""The contracts for those who do not read Python: `make schemas`, or `python -m castmark.schemas`.

Writes `contracts/schemas/<type>.json`, one JSON Schema (2020-12) per published event, and
`docs/asyncapi.json`. Both are committed, so a change of contract is a visible diff, and a test
compares them with what would be written.

A schema says what a *reader* may rely on: required is what every event of that type has had, ever;
fields that it does not name may come and are to be ignored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from contracts.catalog import CATALOG, Catalog
from contracts.envelope import Event

from .asyncapi import document

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "contracts" / "schemas"
ASYNCAPI = ROOT / "docs" / "asyncapi.json"
Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        return False


def reader_schema(event: type[Event]) -> Schema:
    """The schema of an event's data as a reader may rely on it: open to unknown fields."""
    made = _opened(event.model_json_schema(schema_generator=_Plain))
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:castmark:event:{event.TYPE}",
        "title": made.pop("title"),
    }
    return head | made


def _opened(schema: JsonSchemaValue) -> Schema:
    """The schema and all within it, no longer closed to unknown fields."""
    opened: Schema = {}
    for key, value in schema.items():
        if key == "additionalProperties" and value is False:
            continue
        if isinstance(value, dict):
            opened[key] = _opened(value)
        elif isinstance(value, list):
            opened[key] = [_opened(item) if isinstance(item, dict) else item for item in value]
        else:
            opened[key] = value
    return opened


def generated(catalog: Catalog = CATALOG) -> Mapping[Path, bytes]:
    """Every file that follows from the contracts, with its content."""
    schemas = {name: reader_schema(event) for name, event in sorted(catalog.published.items())}
    files = {SCHEMAS / f"{name}.json": _written(schema) for name, schema in schemas.items()}
    return files | {ASYNCAPI: _written(document(schemas))}


def stale(catalog: Catalog = CATALOG) -> list[Path]:
    """Schemas of types that are no longer published under any name. The schema of an old version
    stays, since its events do."""
    names = {f"{name}.json" for name in catalog.public_names}
    return [path for path in sorted(SCHEMAS.glob("*.json")) if path.name not in names]


def write(catalog: Catalog = CATALOG) -> None:
    """Write what is generated, remove what is stale."""
    for path, content in generated(catalog).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in stale(catalog):
        path.unlink()


def _written(content: Schema) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    write()
