"""The two gates every change of a contract must pass.

New readers read old: each golden payload ever written is read by today's catalogue, and none of
what it said is lost. Old readers read new: each payload that today's events can make satisfies
every schema that was ever handed out for that type, fields it does not know set aside.
"""

from collections.abc import Iterator, Sequence

import orjson
from jsonschema import Draft202012Validator

from contracts.catalog import Catalog, Undecodable, UnknownType
from tests.contracts_kept.golden import MINIMAL, Golden, golden_of
from tests.contracts_kept.samples import Json


def new_reads_old(catalog: Catalog, goldens: Sequence[Golden]) -> list[str]:
    """What today's readers could not read, or would forget, of what was written."""
    return [
        f"{golden.type}, {name}: {fault}"
        for golden in goldens
        for name, sample in golden.samples.items()
        for fault in _misread(
            catalog, golden.type, sample, golden.minimal_reads if name == MINIMAL else sample
        )
    ]


def _misread(catalog: Catalog, name: str, sample: Json, meant: Json) -> Iterator[str]:
    try:
        event = catalog.decode(name, orjson.dumps(sample))
    except (UnknownType, Undecodable) as error:
        yield f"cannot be read any more: {error}"
        return
    if name in catalog.types:  # an old type was lifted; what became of its fields is the lift's
        yield from _lost("", meant, orjson.loads(catalog.encode(event)))


def _lost(pointer: str, said: object, kept: object) -> Iterator[str]:
    """What `said` has and `kept` has not, or has otherwise."""
    if isinstance(said, dict) and isinstance(kept, dict):
        for key, value in said.items():
            if key not in kept:
                yield f"{pointer}/{key} is forgotten"
            else:
                yield from _lost(f"{pointer}/{key}", value, kept[key])
    elif isinstance(said, list) and isinstance(kept, list) and len(said) == len(kept):
        for number, (one, other) in enumerate(zip(said, kept, strict=True)):
            yield from _lost(f"{pointer}/{number}", one, other)
    elif said != kept:
        yield f"{pointer} was {said!r} and is read as {kept!r}"


def old_reads_new(catalog: Catalog, goldens: Sequence[Golden]) -> list[str]:
    """What readers of every earlier day could not read of what today's events say."""
    faults = []
    for golden in goldens:
        event = catalog.types.get(golden.type)
        if event is None:
            continue
        old = Draft202012Validator(
            golden.schema, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for name, sample in golden_of(event).samples.items():
            written = catalog.encode(catalog.decode(golden.type, orjson.dumps(sample)))
            faults += [
                f"{golden.type}, {name}: {error.json_path}: {error.message}"
                for error in old.iter_errors(orjson.loads(written))
            ]
    return faults
