"""An event for those who do not read Python: its JSON Schema (2020-12).

A schema says what a *reader* may rely on: required is what every event of that type has had, ever;
fields that it does not name may come and are to be ignored.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from .envelope import Event

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
