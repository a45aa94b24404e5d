"""Files that cannot be read: each gets a 4xx with a slug, and nothing is taken from it."""

import io
import struct
import zipfile
import zlib
from contextlib import nullcontext
from pathlib import Path

import pytest

from infra.errors import Refused
from infra.importing.early import Lines
from infra.importing.formats import MAX_ROWS, Format
from tests.imports.desk import PATH, Desk, as_csv, as_xlsx, plants

GOOD = as_csv(plants(3))
HEADER = GOOD.split(b"\n")[0] + b"\n"


def bomb(rows: int) -> bytes:
    """A small XLSX that unpacks to a lot."""
    packed = io.BytesIO(as_xlsx(plants(1)))
    with (
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(rows):
            part.write(b" " * (1 << 20))
    return packed.getvalue()


def far_cell() -> bytes:
    """An XLSX of two cells with a whole sheet between them."""
    packed = io.BytesIO()
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    good = io.BytesIO(as_xlsx(plants(1)))
    with zipfile.ZipFile(good) as before, zipfile.ZipFile(packed, "w") as after:
        for part in before.infolist():
            content = before.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", far)
            after.writestr(part, content)
    return packed.getvalue()


def lying_part() -> bytes:
    """An XLSX whose sheet says that it ends after ten bytes, with the checksum of these."""
    good = as_xlsx(plants(1))
    with zipfile.ZipFile(io.BytesIO(good)) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
        head = package.read(part)[:10]
    was = struct.pack("<III", part.CRC, part.compress_size, part.file_size)
    now = struct.pack("<III", zlib.crc32(head), part.compress_size, len(head))
    assert was in good
    return good.replace(was, now)


TEXTS = {
    "nothing at all": (b"", "csv", "file-empty"),
    "only a header": (HEADER, "csv", "file-without-rows"),
    "no header": (b"1,2,3\n4,5,6\n", "csv", "columns-missing"),
    "an empty first row": (b"\n" + GOOD, "csv", "header-missing"),
    "a nameless column": (b"facility_id,,name\n1,2,3\n", "csv", "header-blank"),
    "a header twice": (b"name,Name\n1,2\n", "csv", "header-repeats"),
    "a NUL byte": (GOOD + b"plant-9,\0,smelter,DE,1,1\n", "csv", "file-not-text"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "csv", "file-not-text"),
    "latin-1": (GOOD + "plant-9,Øst,smelter,DE,1,1\n".encode("latin-1"), "csv", "wrong-encoding"),
    "half a line": (GOOD + b'plant-9,"Half a', "csv", "file-broken"),
    "a huge cell": (GOOD + b'plant-9,"' + b"x" * 200_000 + b'"\n', "csv", "file-broken"),
    "an archive as CSV": (as_xlsx(plants(1)), "csv", "wrong-format"),
    "CSV as XLSX": (GOOD, "xlsx", "wrong-format"),
    "CSV as NDJSON": (GOOD, "ndjson", "wrong-format"),
    "half an XLSX": (as_xlsx(plants(50))[:3000], "xlsx", "file-broken"),
    "a part that lies": (lying_part(), "xlsx", "file-broken"),
    "a cell far away": (far_cell(), "xlsx", "xlsx-too-large"),
    "201 columns": (b",".join(b"c%d" % n for n in range(201)) + b"\n1\n", "csv",
                    "too-many-columns"),
    "no unit": (GOOD.replace(b"capacity_kt", b"capacity_t_a_yr"), "csv", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in TEXTS if TEXTS[name][2]])
async def test_a_broken_file_is_refused_whole(desk: Desk, name: str, tmp_path: Path) -> None:
    content, form, slug = TEXTS[name]
    answer = await desk.send("one", content, form)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["slug"] == slug, answer.text
    assert set(desk.stored().values()) == {0}
    assert list((tmp_path / "imports").iterdir()) == [], "its bytes are not kept"


async def test_rows_too_many_are_refused_while_they_come_in(desk: Desk, tmp_path: Path) -> None:
    """No column of it could be bound: nobody looked, the count was enough."""
    answer = await desk.send("one", b"a\n" * (MAX_ROWS + 2))
    assert (answer.status_code, answer.json()["slug"]) == (413, "too-many-rows")
    assert answer.json()["facts"]["rows"] == MAX_ROWS
    assert list((tmp_path / "imports").iterdir()) == []


@pytest.mark.parametrize(
    ("form", "content", "refused"),
    [
        ("csv", b"a\n1\n2\n3\n", False),
        ("csv", b"a\n1\n2\n3\n4\n", True),
        ("csv", b'a\n"1\n2\n3\n4\n"\n', False),
        ("ndjson", b"1\n2\n3\n", False),
        ("ndjson", b'"1"\n2\n3\n4\n', True),
        ("xlsx", b"\n" * 9, False),
    ],
)
def test_lines_are_counted_as_far_as_they_are_rows(
    form: Format, content: bytes, refused: bool
) -> None:
    lines = Lines(form, 3)
    for piece in content[:-1].splitlines(keepends=True):
        lines(piece)
    with pytest.raises(Refused, match="too-many-rows") if refused else nullcontext():
        lines(content[-1:])


async def test_a_zip_bomb_is_not_unpacked_into_memory(desk: Desk) -> None:
    packed = bomb(401)
    assert len(packed) < 1_000_000
    answer = await desk.send("one", packed, "xlsx")
    assert (answer.status_code, answer.json()["slug"]) == (413, "xlsx-too-large")


@pytest.mark.parametrize(
    ("options", "slug"),
    [
        ({"map": ["name=facility_id"]}, "invalid-mapping"),
        ({"map": ["soul:name"]}, "invalid-mapping"),
        ({"map": ["name:name", "name:facility_id"]}, "invalid-mapping"),
        ({"map": ["name:title"]}, "unknown-column"),
        ({"map": ["capacity_t_per_year:name"]}, "unit-missing"),
        ({"set": ["capacity_unit:firkin", "entity_id:E1"]}, "unknown-unit"),
        ({"form": "csv", "colour": "red"}, "invalid-request"),
        ({"dry_run": "perhaps"}, "invalid-request"),
        ({"format": "pdf"}, "invalid-request"),
        ({"import_id": "../x"}, "invalid-request"),
        ({"set": []}, "columns-missing"),
    ],
)
async def test_options_that_make_no_sense_are_refused(
    desk: Desk, options: dict[str, object], slug: str
) -> None:
    query = {
        "import_id": "one",
        "member_id": "M1",
        "format": "csv",
        "set": ["entity_id:M1.E1"],
        **options,
    }
    post = desk.client.post
    answer = await post(PATH, content=GOOD, params=query)  # type: ignore[arg-type]  # as sent
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["slug"] == slug, answer.text
    assert set(desk.stored().values()) == {0}


async def test_a_broken_row_is_answered_and_the_others_are_taken(desk: Desk) -> None:
    lines = GOOD.splitlines(keepends=True)
    content = lines[0] + b'"a"b,c\n' + b"".join(lines[1:]) + b"\n,,,,,\nplant-9,Nine\n"
    job = await desk.load("one", content)
    assert (job["changed"], job["refused"], job["unreadable"]) == (3, 2, 2)
    assert [(row["row"], row["slug"]) for row in await desk.rows("one")] == [
        (2, "row-unreadable"),
        (8, "wrong-number-of-cells"),
    ]


async def test_broken_lines_of_ndjson_are_answered(desk: Desk) -> None:
    good = b'{"facility_id":"a","name":"A","activities":["smelter","casthouse"],"country":"DE",'
    content = (
        good + b'"capacity_kt":0.10}\n{"half": \n[1]\n{"name":"x","name":"y"}\n'
        b'{"facility_id":{"a":1}}\n{"facility_id":NaN}\n{"name":"\\u0000"}\n{"name":"\\ud800"}\n'
    )
    job = await desk.load("one", content, "ndjson")
    assert (job["changed"], job["refused"], job["unreadable"]) == (1, 7, 7)
    assert [row["row"] for row in await desk.rows("one")] == [2, 3, 4, 5, 6, 7, 8]
    assert desk.facilities()["facility/M1.a"]["capacity_t_per_year"] == "100"


@pytest.mark.parametrize("delimiter", [";", "\t"])
async def test_other_delimiters_and_a_byte_order_mark_are_read(desk: Desk, delimiter: str) -> None:
    content = b"\xef\xbb\xbf" + GOOD.replace(b";", b"|").replace(b",", delimiter.encode())
    job = await desk.load("one", content.replace(b"\n", b"\r\n"))
    assert (job["changed"], job["refused"]) == (3, 0)


async def test_rows_of_xlsx_are_numbered_as_the_sheet_shows_them(desk: Desk) -> None:
    content = as_xlsx([*plants(2), *plants(1, 9, country="Atlantis")], above=3)
    job = await desk.load("one", content, "xlsx")
    assert (job["changed"], job["refused"]) == (2, 1)
    assert [row["row"] for row in await desk.rows("one")] == [7]


async def test_of_several_sheets_with_rows_none_is_guessed(desk: Desk) -> None:
    content = as_xlsx(plants(2), before={"Read me": ["how to fill this"], "Nothing": []})
    answer = await desk.send("one", content, "xlsx")
    assert (answer.status_code, answer.json()["slug"]) == (422, "several-sheets")
    assert "Read me" in answer.json()["detail"]
    assert (await desk.client.get(f"{PATH}/one")).status_code == 404


@pytest.mark.parametrize(
    ("before", "hidden"), [({"Nothing": []}, False), ({"Lists": ["smelting", "refining"]}, True)]
)
async def test_an_empty_or_a_hidden_sheet_before_the_rows_hides_none_of_them(
    desk: Desk, before: dict[str, list[str]], hidden: bool
) -> None:
    job = await desk.load("one", as_xlsx(plants(2), before=before, hidden=hidden), "xlsx")
    assert (job["changed"], job["refused"]) == (2, 0)
