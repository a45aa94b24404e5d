"""Golden payloads: what each event looked like when it was first written, kept for ever.

`golden/<type>.json` holds the reader's schema of that day and samples. When an event grows, the
generator adds `<type>+2.json` and leaves the first as it is: files are only ever added. It writes
nothing for a shape that is there already.

    make schemas

An event that no store outside a developer's machine holds may still change its mind: delete its
golden file, run it again, and let the diff say so.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import orjson

import services
from contracts.catalog import CATALOG, Catalog
from contracts.envelope import Event
from contracts.reading import reader_schema
from tests.contracts_kept.samples import Json, samples

FOLDER = Path(__file__).parent / "golden"
WORDS_FOR_PEOPLE = frozenset({"description", "title", "$id", "$schema"})
MINIMAL = "minimal"


class Golden(NamedTuple):
    """One shape of one type, as it was. `minimal_reads` is what the minimal sample meant, what it
    left out filled in: a default that changes would change the past."""

    type: str
    schema: Json
    minimal_reads: Json
    samples: dict[str, Json]


def private_events() -> Iterable[type[Event]]:
    """The events that services keep to themselves: stored for ever too."""
    for service in iter_modules(services.__path__):
        root = Path(services.__path__[0], service.name)
        if (root / "domain.py").is_file():
            yield from getattr(import_module(f"services.{service.name}.domain"), "PRIVATE", ())


def whole_catalog() -> Catalog:
    """Everything that may lie in a store."""
    return CATALOG.with_private(*private_events())


def golden_of(event: type[Event]) -> Golden:
    """What the event looks like today."""
    schema, alone = reader_schema(event), Catalog([event])
    made = samples(schema)
    minimal = alone.decode(event.TYPE, orjson.dumps(made[MINIMAL]))
    return Golden(event.TYPE, schema, orjson.loads(alone.encode(minimal)), made)


def shape(schema: Any) -> Any:
    """The schema without what changes nothing for a reader."""
    if isinstance(schema, dict):
        return {
            key: {name: shape(field) for name, field in value.items()}
            if key in ("properties", "$defs")
            else shape(value)
            for key, value in schema.items()
            if key not in WORDS_FOR_PEOPLE
        }
    if isinstance(schema, list):
        return [shape(item) for item in schema]
    return schema


def load(folder: Path = FOLDER) -> list[Golden]:
    """Every golden shape there is."""
    found = []
    for path in sorted(folder.glob("*.json")):
        golden = Golden(**orjson.loads(path.read_bytes()))
        if path.stem.partition("+")[0] != golden.type:
            raise ValueError(f"{path.name} is about {golden.type}")
        found.append(golden)
    return found


def missing(catalog: Catalog, known: Sequence[Golden]) -> list[Golden]:
    """Today's shapes that no golden file has yet."""
    today = [golden_of(event) for event in catalog.types.values()]
    return [
        golden
        for golden in today
        if shape(golden.schema)
        not in [shape(old.schema) for old in known if old.type == golden.type]
    ]


def add(catalog: Catalog, folder: Path = FOLDER) -> list[Path]:
    """Write what is missing; touches no file that exists."""
    folder.mkdir(exist_ok=True)
    written = []
    for golden in missing(catalog, load(folder)):
        number = 1 + len(
            [*folder.glob(f"{golden.type}.json"), *folder.glob(f"{golden.type}+*.json")]
        )
        path = folder / (f"{golden.type}.json" if number == 1 else f"{golden.type}+{number}.json")
        with path.open("xb") as file:
            file.write(_text(golden))
        written.append(path)
    return written


def _text(golden: Golden) -> bytes:
    """JSON with one sample a line."""
    lines = b",\n    ".join(
        orjson.dumps(name) + b": " + orjson.dumps(sample) for name, sample in golden.samples.items()
    )
    head = b",\n  ".join(
        orjson.dumps(key) + b": " + orjson.dumps(getattr(golden, key))
        for key in ("type", "schema", "minimal_reads")
    )
    return b'{\n  %s,\n  "samples": {\n    %s\n  }\n}\n' % (head, lines)


if __name__ == "__main__":
    add(whole_catalog())
