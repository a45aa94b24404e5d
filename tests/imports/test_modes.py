"""Trying, all or nothing, comparing: what is stored and what is only told."""

from operator import methodcaller
from typing import Any

from tests.imports.desk import ENTITIES, MEMBER, Desk, as_csv, plants

ROWS = [
    *plants(600),
    *plants(1, 5, capacity_kt="77"),  # an earlier row again, otherwise
    *plants(1, 6),  # and one that says the same again
    *plants(2, 900, country="Atlantis"),
    *plants(1, 950, activities="alchemy", capacity_kt="much"),
]
SAME = ("rows", "done", "changed", "unchanged", "refused", "unreadable", "slugs", "notes")


def figures(job: dict[str, Any]) -> dict[str, Any]:
    """What must be equal in a dry run and in the real one."""
    return {name: job[name] for name in SAME}


async def test_a_dry_run_stores_nothing_and_answers_as_the_real_one(desk: Desk) -> None:
    tried = await desk.load("tried", as_csv(ROWS), dry_run=True)
    assert desk.events() == 0
    assert desk.stored()["import_mappings"] == 0
    real = await desk.load("real", as_csv(ROWS))
    assert figures(tried) == figures(real)
    assert (real["changed"], real["unchanged"], real["refused"]) == (601, 1, 3)
    assert await desk.rows("tried") == await desk.rows("real")
    assert desk.events() == 601


async def test_all_faults_of_a_row_are_told(desk: Desk) -> None:
    await desk.load("one", as_csv(plants(1, activities="alchemy", capacity_kt="much")))
    row = (await desk.rows("one"))[0]
    told = [row, *row["more"]]
    assert [(one["column"], one["slug"]) for one in told] == [
        ("activities", "unknown-activity"),
        ("capacity_kt", "invalid-number"),
    ]


async def test_all_or_nothing_takes_nothing_when_one_row_is_refused(desk: Desk) -> None:
    job = await desk.load("one", as_csv(ROWS), all_or_nothing=True)
    assert (job["state"], job["problem"]["slug"]) == ("failed", "rows-refused")
    assert len(await desk.rows("one")) == 3
    assert desk.events() == 0


async def test_all_or_nothing_takes_all_when_none_is_refused(desk: Desk) -> None:
    job = await desk.load("one", as_csv(plants(600)), all_or_nothing=True)
    assert (job["state"], job["done"], job["changed"]) == ("done", 600, 600)
    assert desk.events() == 600


async def test_sync_proposes_what_is_absent_and_closes_nothing(desk: Desk) -> None:
    await desk.load("all", as_csv(plants(20)))
    tried = await desk.load("tried", as_csv(plants(15)), sync=True, dry_run=True)
    assert (tried["proposed"], desk.events()) == (5, 20)
    job = await desk.load("some", as_csv(plants(15)), sync=True)
    assert (job["state"], job["proposed"], desk.events()) == ("done", 5, 25)
    for number in range(1, 21):
        unit = methodcaller("fold", f"facility/{MEMBER}.plant-{number}")
        state = (await desk.running.writer.run(unit)).state
        assert state.closed_on is None
        assert state.proposed == ("not_listed" if number > 15 else None)
    again = await desk.load("again", as_csv(plants(15)), sync=True)
    assert (again["proposed"], desk.events()) == (0, 25)
    assert desk.stored()["import_seen"] == 0


async def test_sync_proposes_nothing_when_a_row_cannot_be_told_apart(desk: Desk) -> None:
    await desk.load("all", as_csv(plants(5)))
    job = await desk.load("some", as_csv([*plants(2), *plants(1, 9, facility_id="")]), sync=True)
    assert (job["proposed"], job["problem"]["slug"]) == (0, "sync-withheld")
    assert job["state"] == "done"


async def test_a_refused_row_is_still_listed_for_sync(desk: Desk) -> None:
    await desk.load("all", as_csv(plants(5)))
    rows = [*plants(4), *plants(1, 5, country="Atlantis")]
    job = await desk.load("some", as_csv(rows), sync=True)
    assert (job["refused"], job["proposed"]) == (1, 0)


async def test_the_entity_may_stand_in_a_column(desk: Desk) -> None:
    rows = [{**row, "entity_id": entity} for row, entity in zip(plants(3), [*ENTITIES, "M1.E9"],
                                                                strict=True)]  # fmt: skip
    job = await desk.load("one", as_csv(rows, tuple(rows[0])), set=[])
    refused = await desk.rows("one")
    assert (job["changed"], job["refused"]) == (2, 1)
    assert (refused[0]["column"], refused[0]["slug"]) == ("entity_id", "unknown-entity")
