"""The same file, the same import, another file: what is repeated and what is not."""

from tests.imports.desk import PATH, Desk, as_csv, as_ndjson, as_xlsx, plants


async def test_files_a_b_a_end_in_a(desk: Desk) -> None:
    a, b = as_csv(plants(30)), as_csv(plants(30, capacity_kt="1", activities="mine"))
    await desk.load("first", a)
    after_a = desk.facilities()
    await desk.load("second", b)
    assert desk.facilities() != after_a
    job = await desk.load("third", a)
    assert (job["changed"], job["refused"]) == (30, 0)
    assert desk.facilities() == after_a


async def test_the_same_file_twice_adds_no_events(desk: Desk) -> None:
    content = as_csv(plants(700))
    await desk.load("first", content)
    before = desk.events()
    job = await desk.load("second", content)
    assert (job["changed"], job["unchanged"], desk.events()) == (0, 700, before)


async def test_the_same_import_sent_again_is_the_same_job(desk: Desk) -> None:
    content = as_csv(plants(10))
    first = await desk.load("once", content)
    answer = await desk.send("once", content)
    assert (answer.status_code, answer.json()) == (202, first)
    assert desk.stored()["import_jobs"] == 1


async def test_an_import_id_names_one_file_and_one_way_to_read_it(desk: Desk) -> None:
    content = as_csv(plants(10))
    await desk.load("once", content)
    for answer in (
        await desk.send("once", as_csv(plants(11))),
        await desk.send("once", content, dry_run=True),
        await desk.send("once", content, map=["name:facility_id"]),
    ):
        assert (answer.status_code, answer.json()["slug"]) == (409, "import-id-reused")
    assert desk.stored()["import_jobs"] == 1


async def test_every_format_gives_the_same(desk: Desk) -> None:
    rows = [*plants(40), *plants(2, 90, country="Atlantis")]
    await desk.load("csv", as_csv(rows))
    taken, before = desk.facilities(), desk.events()
    by_csv = [{**row, "row": row["row"] - 1} for row in await desk.rows("csv")]
    for form, content in (("xlsx", as_xlsx(rows)), ("ndjson", as_ndjson(rows))):
        job = await desk.load(form, content, form)
        assert (job["unchanged"], job["refused"]) == (40, 2)
        below = 1 if form == "xlsx" else 0
        found = [{**row, "row": row["row"] - below} for row in await desk.rows(form)]
        assert found == by_csv
    assert (desk.facilities(), desk.events()) == (taken, before)


async def test_rejects_of_every_format_can_be_sent_again(desk: Desk) -> None:
    rows = plants(5, country="Atlantis")
    for form, content in (
        ("csv", as_csv(rows)),
        ("xlsx", as_xlsx(rows)),
        ("ndjson", as_ndjson(rows)),
    ):
        await desk.load(form, content, form)
        job = await desk.load(f"{form}-again", await desk.rejects(form), form)
        assert (job["rows"], job["slugs"]) == (5, {"unknown-country": 5})
        assert job["ignored"] == [], "the columns with the faults are not asked about"


async def test_a_mapping_is_remembered_for_the_same_columns(desk: Desk) -> None:
    content = as_csv([{"number": "a", "what": "smelter", "land": "DE", "title": "A"}],
                     ("number", "what", "land", "title"))  # fmt: skip
    said = ["facility_id:number", "activities:what", "country:land", "name:title"]
    assert (await desk.send("unsaid", content)).json()["slug"] == "columns-missing"
    await desk.load("tried", content, map=said, dry_run=True)
    assert (await desk.send("unsaid", content)).json()["slug"] == "columns-missing"
    await desk.load("said", content, map=said)
    job = await desk.load("unsaid", content, set=[])
    assert {one["how"] for one in job["mapping"]} == {"remembered"}
    assert job["unchanged"] == 1


async def test_imports_belong_to_their_member(desk: Desk) -> None:
    await desk.load("mine", as_csv(plants(1)))
    async with desk.signed_in("member:M2") as other:
        for path in ("mine", "mine/rows", "mine/rejects", "unknown"):
            assert (await other.get(f"{PATH}/{path}")).status_code == 404
        query = {"import_id": "x", "member_id": "M1", "format": "csv"}
        answer = await other.post(PATH, params=query, content=as_csv(plants(1)))
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-member")
