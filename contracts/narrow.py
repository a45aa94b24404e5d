"""Reading of many events only the fields that somebody asks for.

Whoever folds a million events uses a few fields of each; checking the others takes most of the
time. A `Narrow` begins with none and learns: an event that lacks a field is read again, whole, and
from then on that field is read of all of its class. What it gives is an event of its own class
with the same values as `Catalog.decode` gives, but not all of them: it is for reading its fields
by name, and not for writing, comparing or handing on.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import CoreSchema, SchemaValidator

from .catalog import Catalog, Undecodable
from .envelope import Event, Record, Recorded

_made = tuple.__new__  # a NamedTuple without its constructor
_THROUGH = frozenset({"default", "nullable", "tuple"})
"""Around a record: the schemas that only hand it on. One with a validator of its own is read whole,
for that may look at every field."""


class Narrow:
    """Reads events of a catalogue, as narrowly as it may."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._asked: dict[type[BaseModel], set[str]] = {}
        self._readers: dict[str, Callable[..., Event] | None] = {}

    def recorded(self, record: Record) -> Recorded:
        """The record with its event, so far as it was asked for; raises as `Catalog.recorded`."""
        name = record.type
        if name not in self._readers:
            self._readers[name] = self._reader(name)
        read = self._readers[name]
        if read is None:
            return self._catalog.recorded(record)
        try:
            return _made(Recorded, (record.envelope, read(record.data, extra="ignore"), record))
        except ValidationError as error:
            raise Undecodable(f"{name}: {error}") from error

    def more(self, recorded: Recorded, lacking: AttributeError) -> Recorded:
        """The same event, whole, after somebody asked for a field that was not read; from now on it
        is. Raises what was raised where it is not about that."""
        asked, field = type(lacking.obj), lacking.name
        if not issubclass(asked, BaseModel) or field not in asked.model_fields:
            raise lacking
        if field in vars(lacking.obj) or recorded.record is None:
            raise lacking
        self._asked.setdefault(asked, set()).add(field)
        self._readers.clear()
        return self._catalog.recorded(recorded.record)

    def _reader(self, name: str) -> Callable[..., Event] | None:
        """Reads an event of a stored name; None where only the catalogue can."""
        event = self._catalog.types.get(name)
        if event is None:
            return None  # an older shape, or none that is known
        schema = event.__pydantic_core_schema__
        if schema["type"] != "model" or schema["schema"]["type"] != "model-fields":
            return None
        # Else the library takes the reader of the whole that the class has already.
        return SchemaValidator(self._narrowed(schema), _use_prebuilt=False).validate_json

    def _narrowed(self, schema: Any) -> CoreSchema:
        """The schema without the fields that nobody asked for, at any depth."""
        kind = schema["type"]
        if kind == "model" and schema["schema"]["type"] == "model-fields" and _plain(schema):
            inner, asked = schema["schema"], self._asked.get(schema["cls"], set())
            kept = {name: field for name, field in inner["fields"].items() if name in asked}
            fields = {
                name: {**field, "schema": self._narrowed(field["schema"])}
                for name, field in kept.items()
            }
            return {**schema, "schema": {**inner, "fields": fields}}
        if kind == "tuple":
            items = [self._narrowed(item) for item in schema["items_schema"]]
            return {**schema, "items_schema": items}
        if kind in _THROUGH:
            return {**schema, "schema": self._narrowed(schema["schema"])}
        whole: CoreSchema = schema
        return whole


def _plain(schema: Any) -> bool:
    """Whether making a record runs no code of its own."""
    return (
        not schema.get("custom_init") and not schema.get("root_model") and "post_init" not in schema
    )
