"""No room for a file: who sends or asks is told so, nothing is left behind, and it works later."""

import errno

import pytest

from tests.imports.desk import Desk, as_csv, as_xlsx, plants

STEPS = ("infra.importing.spool._write", "infra.importing.run.examine", "infra.importing.run.place")
REJECTS = "infra.importing.rejects.xlsxwriter.Workbook"


def full(*_: object, **__: object) -> None:
    """What every write says on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", STEPS)
async def test_an_upload_is_told_and_can_be_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    content = as_csv(plants(3))
    with monkeypatch.context() as scene:
        scene.setattr(step, full)
        answer = await desk.send("one", content)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
    assert left(desk) == []
    assert (await desk.load("one", content))["changed"] == 3


async def test_who_asks_for_rejects_is_told_and_can_ask_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.load("one", as_xlsx(plants(2, country="Atlantis")), "xlsx")
    kept = left(desk)
    with monkeypatch.context() as scene:
        scene.setattr(REJECTS, full)
        answer = await desk.client.get(f"{desk.path}/one/rejects")
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert left(desk) == kept
    assert (await desk.rejects("one")).startswith(b"PK")


def left(desk: Desk) -> list[str]:
    """Names of the files that uploads have left."""
    folder = desk.running.data / "imports"
    return sorted(file.name for file in folder.rglob("*") if file.is_file())
