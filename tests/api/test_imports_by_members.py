"""`castmark import` as members' own systems run it: each kind of file, on a member's token."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from castmark.cli import app
from castmark.local import Host
from infra.decider import derived_id
from infra.importing.web import BESIDE
from tests.door import Door
from tests.embedded import door_of, platform
from tests.imports.desk import as_csv, plants
from tests.imports.years import activity_csv, year

from .test_custody import BEGAN, MILL, SMELTER, opened, who

FILES: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "facilities": (
        "/membership/imports",
        lambda: as_csv(plants(2, 2)),
        (f"entity_id={SMELTER}-E",),
    ),
    "activity": (
        "/ghg/imports",
        lambda: activity_csv(year(1, 2023)),
        (),
    ),
    "movements": (
        "/coc/imports",
        lambda: (
            f"movement_id,movement,mass_t,origin,day\nIN-1,receipt,10,non_coc,{BEGAN}\n"
        ).encode(),
        (f"scope_id={SMELTER}-S", "stage=aluminium"),
    ),
}
"""Of each kind where it is received, a file, and what is said of all its rows."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with platform(tmp_path_factory.mktemp("members")) as host:
        yield host


@pytest.fixture(scope="module")
def door(host: Host) -> Iterator[Door]:
    """A smelter that keeps accounts and has a works that files name, and a mill beside it."""
    with door_of(host) as door:
        door.tick(BEGAN)
        for member_id in (SMELTER, MILL):
            opened(door, member_id)
        door.send(
            who(SMELTER),
            "membership/register_facility",
            member_id=SMELTER,
            entity_id=f"{SMELTER}-E",
            facility_id=f"{SMELTER}.plant-1",
            name="Works",
            activities=["smelting", "casthouse"],
            location={"country": "NO"},
        )
        door.settled()
        yield door


@pytest.mark.parametrize("kind", FILES)
def test_a_member_loads_a_file_by_the_command_line_and_follows_it_again(
    kind: str, host: Host, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = door.headers(who(SMELTER))["authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("CASTMARK_URL", host.url)
    monkeypatch.setenv("CASTMARK_TOKEN", token)
    _, content, constants = FILES[kind]
    file = tmp_path / f"{kind}.csv"
    file.write_bytes(content())
    words = ["import", kind, str(file), "--member", SMELTER, "--import-id", f"by-{kind}"]
    words += [word for constant in constants for word in ("--set", constant)]
    first, again = (CliRunner().invoke(app, words, catch_exceptions=False) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert " 0 refused" in first.output
    assert " 0 new or changed" not in first.output
    assert again.output == first.output, "the same id follows the import that there is"


@pytest.mark.parametrize("kind", FILES)
def test_another_members_import_cannot_be_told_from_one_that_nobody_sent(
    kind: str, door: Door
) -> None:
    path, content, constants = FILES[kind]
    said = [constant.replace("=", ":") for constant in constants]
    query = {"import_id": "theirs", "member_id": SMELTER, "format": "csv", "set": said}
    sent = door.ask(who(SMELTER), "POST", path, params=query, content=content())
    assert sent.status_code == 202, sent.text
    for asked in ("{}", "{}/rows", "{}/rejects"):
        there, nowhere = (
            door.ask(who(MILL), "GET", f"{path}/{asked.format(name)}")
            for name in ("theirs", "nobodys")
        )
        assert (there.status_code, there.json()["slug"]) == (404, "unknown-import")
        assert there.text.replace("theirs", "it") == nowhere.text.replace("nobodys", "it")
    assert door.ask(who(SMELTER), "GET", f"{path}/theirs").status_code == 200


@pytest.mark.parametrize("kind", FILES)
def test_who_may_not_import_is_not_told_of_imports(kind: str, door: Door) -> None:
    answer = door.ask("auditor:FIRM-1", "GET", f"{FILES[kind][0]}/nobodys")
    assert (answer.status_code, answer.json()["slug"]) == (403, "role-missing")


@pytest.mark.parametrize("kind", FILES)
def test_the_same_id_of_two_members_names_two_imports_and_tells_neither_of_the_other(
    kind: str, door: Door
) -> None:
    """Each with a file of its own: that is what would be refused of an id that is one's own."""
    path, content, constants = FILES[kind]
    said = [constant.replace("=", ":") for constant in constants]
    query = {"import_id": "both", "format": "csv", "set": said}
    told = []
    for member_id, body in ((SMELTER, content()), (MILL, content() + b"\n")):
        params = {**query, "member_id": member_id}
        for _ in range(2):
            sent = door.ask(who(member_id), "POST", path, params=params, content=body)
            assert sent.status_code == 202, sent.text
            assert (sent.json()["import_id"], sent.json()["member_id"]) == ("both", member_id)
        own = door.get(who(member_id), f"{path}/both")
        assert (own["import_id"], own["member_id"]) == ("both", member_id)
        told.append(own["sha256"])
        other = door.ask(who(member_id), "POST", path, params=params, content=body + b"\n")
        assert (other.status_code, other.json()["slug"]) == (409, "import-id-reused")
        assert other.json()["facts"] == {"import_id": "both"}
    assert told[0] != told[1], "each follows its own"
    names = [door.ask(who(one), "GET", f"{path}/both/rejects").headers for one in (SMELTER, MILL)]
    assert names[0]["content-disposition"] == names[1]["content-disposition"]


def test_nobody_takes_the_id_under_which_anothers_import_is_kept(door: Door) -> None:
    """Not even who knows how such ids are made, and comes first."""
    path, content, constants = FILES["movements"]
    said = [constant.replace("=", ":") for constant in constants]
    theirs = BESIDE + derived_id("import", MILL, "shared")
    for member_id, import_id in ((SMELTER, "shared"), (SMELTER, theirs), (MILL, "shared")):
        query = {"import_id": import_id, "member_id": member_id, "format": "csv", "set": said}
        sent = door.ask(who(member_id), "POST", path, params=query, content=content())
        assert (sent.status_code, sent.json()["import_id"]) == (202, import_id)
        own = door.get(who(member_id), f"{path}/{import_id}")
        assert (own["import_id"], own["member_id"]) == (import_id, member_id)
    assert door.get(who(MILL), f"{path}/{theirs}")["member_id"] == MILL


@pytest.mark.parametrize("kind", FILES)
def test_operations_import_for_a_member_under_an_id_that_another_one_used(
    kind: str, host: Host, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And follow it: the terminal shows the member's own, not the other's."""
    path, content, constants = FILES[kind]
    said = [constant.replace("=", ":") for constant in constants]
    query = {"import_id": "by-ops", "format": "csv", "set": said, "member_id": SMELTER}
    sent = door.ask(who(SMELTER), "POST", path, params=query, content=content() + b"\n")
    assert sent.status_code == 202, sent.text
    file = tmp_path / f"{kind}.csv"
    file.write_bytes(content())
    token = door.headers("ops")["authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("CASTMARK_URL", host.url)
    monkeypatch.setenv("CASTMARK_TOKEN", token)
    words = ["import", kind, str(file), "--member", MILL, "--import-id", "by-ops"]
    words += [word for constant in constants for word in ("--set", constant)]
    first, again = (CliRunner().invoke(app, words, catch_exceptions=False) for _ in range(2))
    assert "rows read" in first.output, first.output
    assert again.output == first.output
    mine = door.get(who(MILL), f"{path}/by-ops")
    assert (mine["member_id"], mine["import_id"]) == (MILL, "by-ops")
    whose = [door.get("ops", f"{path}/by-ops", member_id=one) for one in (SMELTER, MILL)]
    assert [one["member_id"] for one in whose] == [SMELTER, MILL]
    assert whose[1]["sha256"] == mine["sha256"] != whose[0]["sha256"]
    other = door.ask(who(SMELTER), "GET", f"{path}/by-ops", params={"member_id": MILL})
    assert (other.status_code, other.json()["slug"]) == (403, "not-your-member")
