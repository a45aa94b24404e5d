"""Every event that was ever published can be read, by readers old and new."""

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from castmark.schemas import ROOT, generated, stale
from contracts.catalog import CATALOG
from contracts.reading import reader_schema
from tests.contracts_kept.gates import new_reads_old, old_reads_new
from tests.contracts_kept.golden import add, load, missing, private_events, whole_catalog

AGAIN = "make schemas"


def test_the_committed_schemas_are_those_of_the_contracts() -> None:
    differing = [
        str(path.relative_to(ROOT))
        for path, content in generated().items()
        if not path.is_file() or path.read_bytes() != content
    ]
    assert not differing, f"run `{AGAIN}` and look at the diff: {differing}"
    assert not stale(), f"run `{AGAIN}`: nothing is published under {stale()}"


@pytest.mark.parametrize("name", sorted(CATALOG.published))
def test_each_schema_is_one_and_open_to_unknown_fields(name: str) -> None:
    schema = reader_schema(CATALOG.published[name])
    Draft202012Validator.check_schema(schema)
    assert b"additionalProperties" not in orjson.dumps(schema)


def test_every_version_of_every_event_has_golden_payloads() -> None:
    goldens = load()
    names = {golden.type for golden in goldens}
    stored = CATALOG.public_names | {event.TYPE for event in private_events()}
    assert names == stored
    unrecorded = [golden.type for golden in missing(whole_catalog(), goldens)]
    assert not unrecorded, f"run `{AGAIN}` and commit what it adds: {unrecorded}"


def test_golden_payloads_are_what_their_own_schemas_say() -> None:
    faults = [
        f"{golden.type}, {name}: {error.message}"
        for golden in load()
        for name, sample in golden.samples.items()
        for error in Draft202012Validator(golden.schema).iter_errors(sample)
    ]
    assert not faults, "\n".join(faults)


def test_new_readers_read_every_old_payload() -> None:
    faults = new_reads_old(whole_catalog(), load())
    assert not faults, "\n".join(faults)


def test_old_readers_read_every_new_payload() -> None:
    faults = old_reads_new(whole_catalog(), load())
    assert not faults, "\n".join(faults)


def test_the_generator_adds_and_never_overwrites(tmp_path: Path) -> None:
    catalog = whole_catalog()
    first = add(catalog, tmp_path)
    assert len(first) == len(catalog.types)
    kept = first[0]
    kept.write_text(kept.read_text().replace('"required"', '"was_required"', 1))
    changed = kept.read_bytes()
    again = add(catalog, tmp_path)
    assert [path.name for path in again] == [f"{kept.stem}+2.json"]
    assert kept.read_bytes() == changed
    assert add(catalog, tmp_path) == []
