"""What a command looks like to its sender: the class without the fields that the server fills in.

The same form reads requests and writes the OpenAPI document, so the two cannot disagree.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.json_schema import models_json_schema
from pydantic_core import ErrorDetails

from contracts.values import ID_PATTERN

from .decider import Command
from .faultwords import in_words
from .problems import FieldError, InvalidRequest, pointer
from .strictjson import MAX_INTEGER, read_json

ID_HEADER = "Idempotency-Key"
REQUEST_ID_HEADER = "X-Request-Id"
JSON_TYPE = "application/json"
TOKEN = "token"
"""The name of the security scheme (`web.BEARER`)."""
REF = "#/components/schemas/{model}"
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Dates outside are typing errors, and room is left for what rules add to a date."""
DAY_PATTERN = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
Path = tuple[str | int, ...]
NO_NUL = r"^[^\u0000]*$"


class Form:
    """The fields of a command that its sender gives."""

    def __init__(self, command: type[Command]) -> None:
        self.command = command
        fields: dict[str, Any] = {
            name: (field.annotation, field)
            for name, field in command.model_fields.items()
            if name not in command.FILLED
        }
        self.model: type[BaseModel] = create_model(
            command.__name__,
            __config__=ConfigDict(extra="forbid", frozen=True),
            __doc__=command.__doc__,
            **fields,
        )

    def read(self, body: bytes) -> Mapping[str, object]:
        """The fields of a JSON body, taken strictly: no number for a text, no text for a number,
        dates as YYYY-MM-DD. Raises Refused (see `read_json`) or InvalidRequest naming each faulty
        field."""
        written = read_json(body)
        try:
            # What was read is what is judged: two readers of the same bytes could disagree.
            form = self.model.model_validate_json(orjson.dumps(written), strict=True)
        except ValidationError as error:
            raise self.invalid(error.errors(include_url=False)) from error
        sent = {name: getattr(form, name) for name in self.model.model_fields}
        faults = list(_day_faults(sent, written, ()))
        if faults:
            raise InvalidRequest(faults)
        return sent

    def invalid(self, faults: Sequence[ErrorDetails]) -> InvalidRequest:
        """Faults of the form or of the command, as a refusal."""
        return InvalidRequest(
            [FieldError(pointer(fault["loc"]), "body", self._sentence(fault)) for fault in faults]
        )

    def _sentence(self, fault: ErrorDetails) -> str:
        match fault["type"]:
            case "extra_forbidden" if str(fault["loc"][0]) in self.command.FILLED:
                return "the service sets this itself: leave it out"
            case "extra_forbidden" if len(fault["loc"]) == 1:
                return f"there is no such field; there are {', '.join(self.model.model_fields)}"
            case "string_pattern_mismatch" if said := self._described(fault["loc"]):
                return f"write {said}"
            case "is_instance_of":
                return "write decimals as text ('0.4630')"
            case kind:
                pattern = fault.get("ctx", {}).get("pattern")
                name = str(fault["loc"][-1]) if fault["loc"] else ""
                return in_words(kind, fault["msg"], name, pattern)

    def _described(self, path: Path) -> str | None:
        """What a field of the command says of itself."""
        field = self.model.model_fields.get(str(path[0])) if len(path) == 1 else None
        return field.description if field is not None else None


def _day_faults(value: object, written: object, path: Path) -> Iterator[FieldError]:
    """Dates out of range, and dates that were not written as such: even a strict reader takes the
    text "0" for 1970-01-01."""
    match value:
        case date() if not FIRST_YEAR <= value.year <= LAST_YEAR:
            detail = f"the year {value.year} is out of range: {FIRST_YEAR} to {LAST_YEAR}"
            yield FieldError(pointer(path), "body", detail)
        case date() if isinstance(written, str) and written != value.isoformat():
            yield FieldError(pointer(path), "body", "write dates as YYYY-MM-DD")
        case Mapping():
            for key, item in value.items():
                yield from _day_faults(item, _at(written, key), (*path, str(key)))
        case BaseModel():
            for key, item in value:
                yield from _day_faults(item, _at(written, key), (*path, key))
        case list() | tuple():
            for number, item in enumerate(value):
                yield from _day_faults(item, _at(written, number), (*path, number))
        case _:
            return


def _at(written: object, step: object) -> object:
    """One step into JSON; None where a default stands in for what was not written."""
    if isinstance(written, dict):
        return written.get(step)
    return written[step] if isinstance(written, list) and isinstance(step, int) else None


# --- the document ---

OUTCOME = "CommandOutcome"
OUTCOME_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "description": "What the command did, durable when this answer comes. No events: what it asked"
    " for was so already. `repeated`: the id was carried out before; this is its answer again.",
    "required": ["command_id", "stream", "version", "position", "repeated", "events"],
    "properties": {
        "command_id": {"type": "string"},
        "stream": {"type": "string"},
        "version": {"type": "integer", "description": "of the stream, after the command"},
        "position": {"type": "integer", "description": "of the service's store, likewise"},
        "repeated": {"type": "boolean"},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "version", "position", "data"],
                "properties": {
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "position": {"type": "integer"},
                    "data": {"type": "object", "additionalProperties": True},
                },
            },
        },
    },
}


def schemas_of(forms: Sequence[Form]) -> dict[str, Any]:
    """Components for all forms of a service, what `read` checks beyond the models included."""
    _, document = models_json_schema(
        [(form.model, "validation") for form in forms], ref_template=REF
    )
    schemas: dict[str, Any] = document["$defs"]
    tell(schemas)
    return {**schemas, OUTCOME: OUTCOME_SCHEMA}


def tell(schema: object) -> None:
    """Write into a schema what is refused beyond it: far dates, U+0000, huge numbers."""
    if isinstance(schema, list):
        for item in schema:
            tell(item)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and schema.get("format") == "date":
            schema["pattern"] = DAY_PATTERN
        elif schema.get("type") == "string" and not schema.keys() & {"pattern", "enum", "const"}:
            schema["pattern"] = NO_NUL
        elif schema.get("type") == "integer":
            schema.setdefault("maximum", MAX_INTEGER)
            schema.setdefault("minimum", -MAX_INTEGER)
        for item in list(schema.values()):
            tell(item)


def operation_of(
    form: Form, roles: Iterable[str], example: Mapping[str, object] | None
) -> dict[str, Any]:
    """The OpenAPI operation of a command, beyond what FastAPI knows."""
    content: dict[str, object] = {"schema": {"$ref": REF.format(model=form.model.__name__)}}
    if example is not None:
        content["example"] = example
    return {
        "description": f"{form.command.__doc__ or ''}\n\nFor: {', '.join(sorted(roles))}.".strip(),
        "security": [{TOKEN: []}],
        "parameters": [
            {
                "name": ID_HEADER,
                "in": "header",
                "required": True,
                "description": "The command's id, made by you; a retry sends the same one",
                "schema": {"type": "string", "pattern": ID_PATTERN},
                "example": "7f1d1a6e-9f2b-4a53-8a55-6d1f0c1f7a10",
            },
            {
                "name": REQUEST_ID_HEADER,
                "in": "header",
                "required": False,
                "description": "Correlates what follows from the request, in public events too: a"
                " UUID or 16 to 64 hexadecimal digits. Anything else is dropped, as it might name"
                " somebody, and replaced by an id of ours; the answer carries the one in use",
                "schema": {"type": "string"},
                "example": "4bf92f3577b34da6a3ce929d0e0e4736",
            },
        ],
        "requestBody": {"required": True, "content": {JSON_TYPE: content}},
    }


CANDIDATES = ("{NAME}-1", "1", "AU", "AU-WA", "Example", "0" * 64)


def example_of(form: Form, schemas: Mapping[str, Any]) -> Mapping[str, object] | None:
    """A body with the required fields that the form takes; None where a rule of the class's own
    makes that impossible."""
    body = _example("", schemas[form.model.__name__], schemas)
    try:
        form.read(orjson.dumps(body))
    except InvalidRequest:
        return None
    return body if isinstance(body, Mapping) else None


def _example(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> object:
    if "$ref" in schema:
        return _example(name, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if alternatives in schema:
            return _example(name, schema[alternatives][0], schemas)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            needed = schema.get("required", [])
            return {key: _example(key, schema["properties"][key], schemas) for key in needed}
        case "array":
            return [_example(name, schema["items"], schemas)] * schema.get("minItems", 0)
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case "string" if schema.get("format") == "date":
            return "2026-01-15"
        case "string":
            return _text(name, schema.get("pattern", ""))
        case _:
            return None


def _text(name: str, pattern: str) -> str:
    subject = name.removesuffix("_id").replace("_", "-").upper() or "X"
    texts = [candidate.replace("{NAME}", subject) for candidate in CANDIDATES]
    if pattern == NO_NUL:
        return "Example"
    return next((text for text in texts if re.search(pattern, text)), "Example")
