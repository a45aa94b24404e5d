"""The contracts for those who do not read Python: `make schemas`, or `python -m castmark.schemas`.

Writes `contracts/schemas/<type>.json`, one JSON Schema (2020-12) per published event, and
`docs/asyncapi.json`. Both are committed, so a change of contract is a visible diff, and a test
compares them with what would be written.

What a schema says is in `contracts.reading`.
"""

from collections.abc import Mapping
from pathlib import Path

import orjson

from contracts.catalog import CATALOG, Catalog
from contracts.reading import Schema, reader_schema

from .asyncapi import document

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "contracts" / "schemas"
ASYNCAPI = ROOT / "docs" / "asyncapi.json"


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
