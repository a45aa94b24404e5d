"""What leaves the ledger over HTTP: statements, EPCIS, paper, the report, the flow; for whom."""

import csv
import io
import re
from datetime import date
from functools import partial
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from castmark import coc
from castmark.local import Host
from infra.errors import Transient
from infra.reading import Reader
from services.coc_ledger.documents import verdict
from services.coc_ledger.jobs import Watch
from tests.api.test_custody import (
    BEGAN,
    MILL,
    MILL_POOL,
    POOL,
    SMELTER,
    TONNE,
    balance,
    book,
    confirmed,
    document,
    who,
)
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually


@pytest.fixture(scope="module")
def traded(door: Door) -> Door:
    """One document confirmed, one replaced, one booking taken back."""
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 1000))
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-1", 1000))
    eventually(lambda: balance(door, MILL), lambda seen: seen["accounts"]["stock"])
    door.send(who(SMELTER), "coc/issue_document", **document("D-2", 70))
    correction = document("D-3", 60, replaces="D-2", correction_reason="weighed-again")
    door.send(who(SMELTER), "coc/issue_document", **correction)
    book(door, "book_loss", "LOSS-1", mass_kg=7)
    door.settled()
    book(door, "reverse_movement", "BACK-1", reverses="LOSS-1")
    door.settled()
    return door


def test_a_statement_ends_in_the_balance_of_the_pool(traded: Door) -> None:
    path = f"/coc/pools/{POOL}/statement"
    items = traded.get(who(SMELTER), path, form="json")["items"]
    now = balance(traded)
    assert items[-1]["stock_kg"] == now["accounts"]["stock"]
    assert items[-1]["available_kg"] == now["available_kg"]
    assert sum(item["designated_kg"] for item in items) == now["designated_kg"] == 1060 * TONNE

    answered = traded.ask(who(SMELTER), "GET", path)
    rows = list(csv.DictReader(io.StringIO(answered.text)))
    assert answered.headers["content-type"].startswith("text/csv")
    assert [row["available_kg"] for row in rows] == [str(item["available_kg"]) for item in items]

    sheet = traded.ask(who(SMELTER), "GET", path, params={"form": "xlsx"})
    read = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0)
    assert len(read.to_python()) == len(items) + 1


def test_a_statement_names_the_other_side_of_each_document(traded: Door) -> None:
    ours = traded.get(who(SMELTER), f"/coc/pools/{POOL}/statement", form="json")["items"]
    found = {(one["kind"], one["document"]): one["counterparty"] for one in ours if one["document"]}
    assert found == {
        ("designation", "D-1"): f"{MILL}-S",
        ("designation", "D-2"): f"{MILL}-S",
        ("designation_released", "D-2"): f"{MILL}-S",
        ("designation", "D-3"): f"{MILL}-S",
    }
    theirs = traded.get(who(MILL), f"/coc/pools/{MILL_POOL}/statement", form="json")["items"]
    [got] = [one["counterparty"] for one in theirs if one["document"] == "D-1"]
    assert got == f"{SMELTER}-S"


def test_a_statement_names_the_other_side_of_a_document_that_was_issued_just_now(
    traded: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows follow some milliseconds later: they know none of the documents yet."""
    known = Reader.rows

    def behind(reader: Reader, consumer: str, projection: str, keys: Any) -> Any:
        return {} if projection == "documents" else known(reader, consumer, projection, keys)

    monkeypatch.setattr(Reader, "rows", behind)
    path = f"/coc/pools/{POOL}/statement"
    ours = traded.get(who(SMELTER), path, form="json")["items"]
    assert {one["counterparty"] for one in ours if one["document"]} == {f"{MILL}-S"}


def test_statements_are_their_owners(traded: Door) -> None:
    for path in (f"/coc/pools/{POOL}/statement", f"/coc/pools/{POOL}/epcis"):
        refused = traded.ask(who(MILL), "GET", path)
        assert (refused.status_code, refused.json()["slug"]) == (403, "not-your-member")
    unknown = traded.ask(who(MILL), "GET", f"/coc/pools/{MILL_POOL}x/statement")
    assert unknown.json()["slug"] == "not-your-member"


def test_a_pool_is_told_as_epcis_page_by_page(traded: Door) -> None:
    path = f"/coc/pools/{POOL}/epcis"
    whole = traded.ask(who(SMELTER), "GET", path)
    assert whole.headers["content-type"].startswith("application/ld+json")
    told = whole.json()["epcisBody"]["eventList"]
    found: list[dict[str, Any]] = []
    after: str | None = "0"
    while after is not None:
        part = traded.ask(who(SMELTER), "GET", path, params={"after": after, "limit": 2})
        found += part.json()["epcisBody"]["eventList"]
        after = part.headers.get("next-after")
    assert found == told, "an error is declared of a booking that another page told"
    [declared] = [event for event in told if "errorDeclaration" in event]
    assert declared["castmark:movement"] == "LOSS-1"


def test_a_replaced_document_is_told_by_both_sides(traded: Door) -> None:
    for side in (SMELTER, MILL):
        document_ = traded.get(who(side), "/coc/documents/D-2/epcis")
        told = document_["epcisBody"]["eventList"]
        instead = traded.get(who(side), "/coc/documents/D-3/epcis")["epcisBody"]["eventList"]
        assert [one["type"] for one in (*told, *instead)] == ["TransactionEvent"] * 3
        first, declared = told
        assert first["eventID"] == declared["eventID"]
        assert declared["errorDeclaration"]["correctiveEventIDs"] == [instead[0]["eventID"]]


def test_the_course_of_a_replaced_document_says_once_that_it_was_replaced(traded: Door) -> None:
    one = traded.get(who(SMELTER), "/coc/documents/D-2")
    listed = traded.get(who(SMELTER), f"/coc/members/{SMELTER}/documents", limit=100)["items"]
    [other] = [row for row in listed if row["number"] == "D-2"]
    for row in (one, other):
        assert [state for _, _, state, _ in row["course"]] == ["issued", "superseded"]


def test_a_trace_names_the_document_in_whose_place_another_stands(traded: Door) -> None:
    told = {
        number: traded.get(who(SMELTER), f"/coc/documents/{number}/trace")["replaced_by"]
        for number in ("D-1", "D-2", "D-3")
    }
    assert told == {"D-1": None, "D-2": "D-3", "D-3": None}


def test_a_document_is_printed_the_same_each_time(traded: Door) -> None:
    path = "/coc/documents/D-1/paper"
    one, other = (
        traded.ask(who(side), "GET", path, params={"form": "pdf"}) for side in (MILL, SMELTER)
    )
    assert one.headers["content-type"] == "application/pdf"
    assert one.content == other.content
    assert one.content.startswith(b"%PDF-")
    said = traded.get(who(MILL), path)
    assert said["number"] == "D-1"
    assert said["valid"]
    replaced = traded.get(who(MILL), "/coc/documents/D-2/paper")
    assert not replaced["valid"]


def test_the_yearly_report_has_a_line_for_each_stage(traded: Door) -> None:
    [line] = traded.get(who(SMELTER), f"/coc/scopes/{SMELTER}-S/report", year=2024)["items"]
    assert (line["stage"], line["activities"]) == ("aluminium", ["casthouse"])
    assert line["inflow_kg"] == 10_000 * TONNE
    assert line["eligible_scrap_kg"] == line["input_coc_kg"] == 5_000 * TONNE
    assert line["output_kg"] == 9_800 * TONNE
    assert line["output_coc_kg"] == 1_060 * TONNE
    assert line["post_consumer_content"] == "0.5"
    assert line["metal_yield"] == "1"
    asked = {"year": 2024, "by": "activity"}
    [one] = traded.get(who(SMELTER), f"/coc/scopes/{SMELTER}-S/report", **asked)["items"]
    assert (one["activity"], one["shares_pool_with"]) == ("casthouse", [])
    assert (one["inflow_kg"], one["output_kg"]) == (line["inflow_kg"], line["output_kg"])
    assert (one["scrap_kg"], line["scrap_kg"]) == (800 * TONNE, 800 * TONNE)
    [before] = traded.get(who(SMELTER), f"/coc/members/{SMELTER}/report", year=2023)["items"]
    assert (before["inflow_kg"], before["recycled_content"]) == (0, None)
    refused = traded.ask(who(MILL), "GET", f"/coc/members/{SMELTER}/report?year=2024")
    assert refused.json()["slug"] == "not-your-member"


def test_a_proof_that_is_named_for_two_suppliers_is_listed_for_clerk_and_operations(
    traded: Door,
) -> None:
    path = f"/coc/scopes/{SMELTER}-S/proofs"
    assert traded.get(who(SMELTER), path, year=2024)["items"] == []
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1"}
    book(traded, "receive_material", "AGAIN-1", mass_kg=7, supplier_id="YARD-9", **scrap)
    traded.settled()
    for role in (who(SMELTER), "ops"):
        lines = traded.get(role, path, year=2024)["items"]
        assert [(one["supplier_id"], one["mass_kg"], one["remarks"]) for one in lines] == [
            ("YARD", 5000 * TONNE, ["proof-of-more-than-one-supplier"]),
            ("YARD-9", 7, ["proof-of-more-than-one-supplier"]),
        ]
    table = traded.ask(who(SMELTER), "GET", f"{path}?year=2024&form=csv").text
    assert table.splitlines()[0].startswith("origin_ref,remarks,scope_id,supplier_id,movements")
    assert "note-1,proof-of-more-than-one-supplier" in table
    book(traded, "reverse_movement", "AGAIN-2", reverses="AGAIN-1")
    traded.settled()
    assert traded.get(who(SMELTER), path, year=2024)["items"] == []
    assert traded.ask(who(MILL), "GET", f"{path}?year=2024").status_code == 403


def flows(door: Door, role: str) -> dict[str, int]:
    seen = door.get(role, "/coc/flow", first="2024-01-01", last="2024-12-31")
    return {f"{one['source']}>{one['target']}/{one['status']}": one["kg"] for one in seen["links"]}


def test_the_command_line_reads_these_answers(traded: Door) -> None:
    out = Console(file=io.StringIO(), width=200)
    coc.balance(balance(traded), out)
    coc.trace(traded.get(who(MILL), "/coc/documents/D-1/trace"), out)
    assert isinstance(out.file, io.StringIO)
    told = out.file.getvalue()
    assert "available" in told
    assert "100.0000" in told


def test_everybody_sees_the_flow_through_its_own_pools(traded: Door) -> None:
    pool = "pool:aluminium:europe"
    smelter, mill, all_ = (flows(traded, role) for role in (who(SMELTER), who(MILL), "ops"))
    assert mill == {f"coc_market:aluminium>{pool}/coc": 1000 * TONNE}
    assert smelter[f"{pool}>coc_market:aluminium/coc"] == 1060 * TONNE
    assert smelter[f"{pool}>non_coc_market:aluminium/non_coc"] == (9000 - 1060) * TONNE
    assert f"{pool}>losses:aluminium/non_coc" not in smelter, "it was taken back"
    assert all_ == {**mill, **smelter}
    refused = traded.ask(who(MILL), "GET", "/coc/flow?first=2024-02-01&last=2024-01-01")
    assert refused.json()["slug"] == "period-out-of-range"


def test_the_flow_lies_where_the_works_stand_not_where_their_entity_is_registered(
    traded: Door,
) -> None:
    """The mill's entity is of DE; its works turn out to stand in Australia."""
    facility = {"facility_id": f"{MILL}-F1", "member_id": MILL, "entity_id": f"{MILL}-E"}
    known = {"name": "Works 1", "activities": ["smelting"]}
    for country, region in (("AU", "oceania"), ("DE", "europe")):
        place = {"country": country, "latitude": "50.1", "longitude": "8.7"}
        traded.send(who(MILL), "membership/change_facility", **facility, **known, location=place)
        traded.settled()
        assert list(flows(traded, who(MILL))) == [
            f"coc_market:aluminium>pool:aluminium:{region}/coc"
        ]


@pytest.mark.parametrize(
    ("role", "choice", "kg"),
    [
        ("ops", f"member_id={MILL}", 1000),
        ("ops", f"member_id={MILL}&member_id={SMELTER}", 1000 + 19_800),
        ("ops", f"scope_id={MILL}-S", 1000),
        ("ops", f"entity_id={SMELTER}-E", 19_800),
        ("ops", f"entity_id={SMELTER}-E&scope_id={MILL}-S", 0),
        (who(SMELTER), f"scope_id={SMELTER}-S", 19_800),
        (who(SMELTER), f"entity_id={MILL}-E", 0),
        (who(SMELTER), "stage=aluminium&region=europe", 19_800),
        (who(SMELTER), "stage=alumina", 0),
        (who(SMELTER), "region=gulf", 0),
    ],
)
def test_a_viewer_chooses_among_what_it_may_see_over_any_period(
    traded: Door, role: str, choice: str, kg: int
) -> None:
    """Of what nobody may see there is nothing, in the same words as of what there is not."""
    seen = traded.ask(role, "GET", f"/coc/flow?first=1990-01-01&last=2050-12-31&{choice}").json()
    assert sum(link["kg"] for link in seen["links"]) == kg * TONNE


@pytest.mark.parametrize(
    "choice", [f"member_id={SMELTER}", f"member_id={MILL}&member_id={SMELTER}"]
)
def test_the_flow_of_another_member_is_not_chosen(traded: Door, choice: str) -> None:
    refused = traded.ask(who(MILL), "GET", f"/coc/flow?{choice}")
    assert (refused.status_code, refused.json()["slug"]) == (403, "not-your-member")
    for name in (f"{SMELTER}-S", "NO-SUCH"):
        refused = traded.ask(who(MILL), "GET", f"/coc/flow?scope_id={name}")
        assert refused.json()["slug"] == "not-your-member", name


def test_the_page_of_the_flow_renews_itself_when_something_is_booked(
    host: Host, traded: Door
) -> None:
    """It reads without a script; with one it is told, and then shows what was booked."""
    assert host.issuer is not None
    chosen = f"/custody/flow?first=2024-01-01&scope={SMELTER}-S&stage=aluminium&region=europe"
    with httpx.Client(base_url=host.url, follow_redirects=True) as browser:
        browser.get(f"/signin?ticket={host.issuer.ticket([who(SMELTER)])}")
        before = browser.get(chosen).text
        [live] = re.findall('data-live="([^"]+)"', before)
        assert f"<option selected>{SMELTER}-S</option>" in before
        with browser.stream("GET", live) as stream:
            book(traded, "book_loss", "LOSS-2", mass_kg=13 * TONNE)
            told = next(line for line in stream.iter_lines() if line.startswith("event:"))
        assert told == "event: changed"
        losses = f'<data value="{13 * TONNE}">'
        assert losses not in before
        assert eventually(lambda: losses in browser.get(chosen).text, bool)
        assert losses not in browser.get(chosen.replace("europe", "gulf")).text
    traded.settled()
    book(traded, "reverse_movement", "BACK-2", reverses="LOSS-2")
    traded.settled()


def test_who_checks_a_document_is_told_how_old_the_knowledge_behind_it_is(
    traded: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = traded.get(who(MILL), "/coc/documents/D-1/paper")["link"]
    path = f"/coc/public/documents/D-1/{link.rpartition('/')[2]}"
    both = [(None, path), (who(MILL), "/coc/documents/D-1/standing")]

    def told(role: str | None, at: str) -> dict[str, Any]:
        answer = traded.get(role, at)
        found: dict[str, Any] = answer.get("standing", answer)
        return found

    for role, at in both:
        fresh = told(role, at)
        assert (fresh["state"], fresh["behind_s"], fresh["late"]) == ("confirmed", 0, None)

    def away(_: Watch) -> None:
        raise Transient("unavailable", "the log is away")

    monkeypatch.setattr(Watch, "seen", away)
    monkeypatch.setattr(verdict, "LATE_S", 1)
    for role, at in both:
        late = eventually(partial(told, role, at), lambda seen: seen["late"])
        assert f"{late['behind_s']} s old" in late["late"]


def test_the_public_sees_nothing_of_two_members(traded: Door) -> None:
    """Two are fewer than may be published, in a quarter and in a year."""
    before = traded.ask(None, "GET", "/coc/public/flow")
    assert before.json()["links"] == []
    refused = traded.ask(None, "GET", "/coc/public/flow", params={"period": "2024-Q1"})
    assert refused.json()["slug"] == "flow-off-grid"
    traded.tick(date(BEGAN.year + 1, 4, 1))
    for period in ("2024-Q1", "2024"):
        told = traded.get(None, "/coc/public/flow", period=period)
        assert (told["links"], told["nodes"]) == ([], [])
        assert told["withheld"] != []


def test_what_the_public_is_told_is_kept_before_it_is_told(host: Host, traded: Door) -> None:
    """As events: another process, or this one after a restart, tells the same."""
    traded.tick(date(BEGAN.year + 1, 4, 1))
    first = traded.get(None, "/coc/public/flow")
    kept = history(host, "public_flow/all")
    assert BEGAN.year in {one["through_year"] for one in kept}
    assert first["published_through"] == f"{BEGAN.year}-Q4"
    assert traded.get(None, "/coc/public/flow") == first
    assert history(host, "public_flow/all") == kept


def history(host: Host, stream: str) -> list[dict[str, Any]]:
    """What a stream of the ledger holds."""
    service = host.process.running["coc_ledger"]
    return [one.event.model_dump(mode="json") for one in Reader(service).history(stream)]


def test_the_seller_alone_sees_of_what_its_scrap_was_made(traded: Door) -> None:
    """The smelter's metal is post-consumer scrap by the half; its mill buys pre-consumer scrap."""
    scrap = document("D-9", 10, material="coc_preconsumer_scrap")
    traded.send(who(SMELTER), "coc/issue_document", **scrap)
    traded.settled()
    path = "/coc/documents/D-9"
    assert traded.get(who(SMELTER), path)["document"]["carried"]["post_kg"] > 0
    theirs = traded.get(who(MILL), path)["document"]
    received = traded.get(who(MILL), f"/coc/members/{MILL}/documents", side="received")["items"]
    by_scope = traded.get(who(MILL), f"/coc/scopes/{MILL}-S/documents", side="received")["items"]
    listed = [one["document"] for one in (*received, *by_scope) if one["number"] == "D-9"]
    assert len(listed) == 2
    for seen in (theirs, *listed):
        assert (seen["carried"]["pre_kg"], seen["carried"]["post_kg"]) == (10 * TONNE, 0)
        assert seen["supplement"]["post_consumer_percent"] == "0"
    [told] = traded.get(who(MILL), f"{path}/epcis")["epcisBody"]["eventList"]
    assert told["castmark:postConsumerKg"] == 0
    answer = traded.send(who(MILL), "coc/confirm_document", **confirmed("D-9", 10))
    assert [one["data"]["claimed"]["post_kg"] for one in answer["events"][1:]] == [0]
