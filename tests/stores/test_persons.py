"""People are found again by a reference that says nothing, until they are erased for good."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contracts.catalog import CATALOG
from infra.auth import Principal
from infra.engines import retire
from infra.errors import Refused, Transient
from infra.local.postgres import ServiceDatabase
from infra.persons import METADATA, Persons
from infra.store import Store, open_engine
from tests.plugins.require import needs

MARKER = "Zacharias-Marker"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs("postgres"))])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The database of a service, opened as the service opens it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'service.sqlite'}"
        owner = open_engine(url)
        Store.create(owner, "membership", METADATA)
    else:
        fresh: Callable[[], ServiceDatabase] = request.getfixturevalue("fresh_database")
        database = fresh()
        url = database.app_url
        owner = open_engine(database.owner_url)
        role = open_engine(url)
        assert role.url.username is not None
        Store.create(owner, "membership", METADATA, app_role=role.url.username)
        retire(role)
    retire(owner)
    engine = open_engine(url)
    assert Store(engine, "membership", CATALOG).source == "membership"
    yield engine
    retire(engine)


def test_the_same_subject_has_one_reference_and_it_says_nothing(engine: Engine) -> None:
    persons, others = Persons(engine), Persons(engine)
    ref = persons.ref_of("https://login", MARKER, "A Name")
    assert ref == persons.ref_of("https://login", MARKER) == others.ref_of("https://login", MARKER)
    assert MARKER not in ref
    assert ref != persons.ref_of("https://other", MARKER)
    assert ref != persons.ref_of("https://login", "somebody else")
    person = others.person(ref)
    assert person is not None
    assert (person.display_name, person.erased_at) == ("A Name", None)
    assert others.person("person-0") is None


async def test_the_actor_of_a_command_is_known_without_asking_twice(engine: Engine) -> None:
    persons = Persons(engine)
    principal = Principal("https://login", MARKER, frozenset(), 0)
    ref = await persons.actor(principal)
    engine.dispose()
    persons._engine = open_engine("sqlite:////nowhere/at/all.sqlite")
    assert await persons.actor(principal) == ref
    with pytest.raises(Transient):
        await persons.actor(Principal("https://login", "new", frozenset(), 0))


def test_first_visits_at_the_same_moment_agree(engine: Engine) -> None:
    refs: list[str] = []
    gate = threading.Barrier(8)

    def visit() -> None:
        persons = Persons(engine)
        gate.wait(60)
        refs.append(persons.ref_of("https://login", MARKER))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refs) == 8
    assert len(set(refs)) == 1


def test_a_note_lies_beside_its_person(engine: Engine) -> None:
    persons = Persons(engine)
    ref = persons.ref_of("https://login", MARKER)
    note = persons.add_note(ref, f"{MARKER} was late; größer ☂")
    assert persons.note(note) == f"{MARKER} was late; größer ☂"
    assert persons.note("note-0") is None
    for text in ("", "  ", "x" * 10_001, "a\x00b"):
        with pytest.raises(Refused, match="invalid-note"):
            persons.add_note(ref, text)
    with pytest.raises(Refused, match="unknown-person"):
        persons.add_note("person-0", "text")


def test_an_erased_person_is_nobody(engine: Engine) -> None:
    persons, others = Persons(engine), Persons(engine)
    ref = persons.ref_of("https://login", MARKER, MARKER)
    kept = persons.ref_of("https://login", "kept", "Kept")
    note, other = persons.add_note(ref, MARKER), persons.add_note(kept, "stays")
    assert persons.erase(ref)
    for each in (persons, others):
        person = each.person(ref)
        assert person is not None
        assert person.display_name is None
        assert person.erased_at is not None
        assert each.note(note) is None
        assert each.note(other) == "stays"
    with pytest.raises(Refused, match="unknown-person"):
        persons.add_note(ref, "again")
    assert persons.ref_of("https://login", MARKER) != ref  # who comes back is somebody new
    assert persons.ref_of("https://login", "kept") == kept


def test_erasing_twice_is_harmless_and_keeps_the_first_date(engine: Engine) -> None:
    persons = Persons(engine)
    ref = persons.ref_of("https://login", MARKER)
    assert persons.erase(ref)
    first = persons.person(ref)
    assert persons.erase(ref)
    assert persons.person(ref) == first
    assert not persons.erase("person-0")


def test_nothing_of_an_erased_person_is_left_in_any_table(engine: Engine) -> None:
    persons = Persons(engine)
    ref = persons.ref_of(f"https://{MARKER}", MARKER, MARKER)
    persons.add_note(ref, MARKER)
    persons.erase(ref)
    with engine.connect() as connection:
        for table in METADATA.tables.values():
            for row in connection.execute(table.select()):
                assert MARKER not in str(row)


def test_nothing_of_an_erased_person_is_left_in_the_file(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'service.sqlite'}")
    Store.create(engine, "membership", METADATA)
    persons = Persons(engine)
    for number in range(50):
        persons.ref_of("https://login", f"somebody-{number}")
    refs = [persons.ref_of(f"https://login/{n}", f"{MARKER}-{n}", MARKER) for n in range(20)]
    for ref in refs:
        persons.add_note(ref, f"{MARKER} {'long ' * 500}")
    assert any(MARKER.encode() in path.read_bytes() for path in tmp_path.iterdir())
    for ref in refs:
        persons.erase(ref)
    for path in tmp_path.iterdir():
        assert MARKER.encode() not in path.read_bytes(), path.name
    engine.dispose()


def test_an_erasure_that_a_reader_holds_up_says_so(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'service.sqlite'}")
    Store.create(engine, "membership", METADATA)
    persons = Persons(engine)
    ref = persons.ref_of("https://login", MARKER)
    with engine.connect() as reader, engine.connect() as busy:
        busy.exec_driver_sql("PRAGMA busy_timeout=50")
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT * FROM persons").all()
        busy.close()  # back to the pool, for `erase` to take
        with pytest.raises(Transient, match="erase once more"):
            persons.erase(ref)
        reader.exec_driver_sql("ROLLBACK")
    assert persons.erase(ref)
    for path in tmp_path.iterdir():
        assert MARKER.encode() not in path.read_bytes(), path.name
    engine.dispose()
