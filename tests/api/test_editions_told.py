"""Aggregates over HTTP: outsiders are told editions, as of any day; operations what is now."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.auth import Principal, Role, RoleKind
from infra.decider import own_id
from infra.execute import request_of
from infra.reading import Reader
from services.ghg import auditors
from services.ghg.aggregates.aggregates_api import Asked
from services.ghg.aggregates.editions import Asker
from services.ghg.aggregates.jobs import ACTOR, KeepingEditions
from services.ghg.aggregates.kept import FacilityKept, KeepEdition, editions_of, stream_of
from services.ghg.aggregates.portfolio import DefinePortfolio, EntityOf
from services.ghg.aggregates.queries import AskedEditions
from services.ghg.aggregates.sums import Entry
from services.ghg.auditors import AuditRow
from services.ghg.plans.filling import PlansFilling
from services.ghg.queries import Queries
from tests.imports.years import PLANTS, YearDesk, years_on
from tests.rules.ghg.test_aggregates import entry, some_apart
from tests.rules.ghg.test_editions import facilities

from .test_ghg_plans import MEMBER, get, post, told_of, verified

YEAR = 2024
FIRST, SECOND = date(2025, 6, 30), date(2025, 12, 31)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[YearDesk]:
    """ghg, of which nothing was verified yet."""
    async with years_on(tmp_path) as made:
        yield made


async def keep(desk: YearDesk, on: date, some: Sequence[Entry]) -> None:
    """An edition of a day."""
    wanted = KeepEdition(on=on, year=YEAR, due_on=on, facilities=facilities(*some))
    await desk.running.writer.execute(request_of(own_id("test", str(on)), wanted, ACTOR))


async def output(client: httpx.AsyncClient, **query: str) -> tuple[str | None, Any]:
    """The day and the output of the only region."""
    status, told = await get(client, "/ghg/aggregates", year=str(YEAR), **query)
    assert status == 200, told
    if not told["rows"]:
        return told["edition"], None
    (row,) = told["rows"]
    return row["edition"], row["output_t"]


async def test_outsiders_are_told_the_edition_of_the_day_they_ask_about(desk: YearDesk) -> None:
    await keep(desk, FIRST, some_apart(5))
    more = [*some_apart(5), *(entry(f"NEW{at}") for at in range(4))]
    await keep(desk, SECOND, more)
    for role in ("member:M7", "subscriber:S1", "verifier:V1"):
        client = desk.signed_in(role)
        assert await output(client) == (str(SECOND), "9000")
        assert await output(client, as_of="2025-12-31") == (str(FIRST), "5000")
        assert await output(client, as_of="2025-06-30") == (None, None)
        assert await output(client, as_of="2150-01-01") == (str(SECOND), "9000")
    status, told = await get(
        desk.signed_in("member:M7"), "/ghg/emission-curve", year=str(YEAR), as_of="2025-12-31"
    )
    assert (status, told["edition"]) == (200, str(FIRST))
    assert told["last_edition"] >= told["edition"]
    assert "edition" in told["outlook"]
    assert sum(step["facilities"] for step in told["steps"]) == 5


async def test_who_is_told_of_no_edition_is_told_why_and_from_when(desk: YearDesk) -> None:
    await define(desk, "SET", some_apart(5), FIRST)
    lender, query = desk.signed_in("subscriber:S1"), {"year": str(YEAR)}
    tomorrow = str(desk.running.times.today() + timedelta(days=1))
    for path in ("/ghg/aggregates", "/ghg/emission-curve", "/ghg/portfolios/S1/SET"):
        status, told = await get(lender, path, **query)
        assert (status, told["edition"], told["next_edition_on"]) == (200, None, tomorrow)
        assert told["because"].startswith(f"no edition of {YEAR} yet: ")
    await keep(desk, FIRST, some_apart(5))
    for path in ("/ghg/aggregates", "/ghg/emission-curve", "/ghg/portfolios/S1/SET"):
        status, told = await get(lender, path, **query)
        assert (status, told["edition"], told["because"]) == (200, str(FIRST), "")
    status, told = await get(lender, "/ghg/aggregates", **query, as_of=str(FIRST))
    assert told["because"] == f"no edition of {YEAR} by {FIRST}: the first is told from 2025-07-01."
    status, told = await get(desk.client, "/ghg/aggregates", **query)
    assert (status, told["because"]) == (200, ""), "operations wait for no edition"


async def test_operations_are_told_what_is_now_and_editions_as_of_a_day(desk: YearDesk) -> None:
    await keep(desk, FIRST, some_apart(5))
    assert await output(desk.client) == (None, None), "nothing of it is verified now"
    assert await output(desk.client, as_of="2025-07-01") == (str(FIRST), "5000")


async def test_operations_are_told_no_less_of_what_was_disclosed_than_others(
    desk: YearDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six of six entities: what regions tell keeps no step of the curve from being told, nor a set
    of any, once all is public."""
    await told_of(desk, *range(1, PLANTS + 1))
    await verified(desk)
    filling = PlansFilling(Queries(desk.running))
    countries = ("NO", "NO", "AU", "NO", "AU", "AU")
    rows = [
        row._replace(entity_id=f"E{at}", country=country, disclosed=row.latest)
        for at, (row, country) in enumerate(
            zip(filling.years({"year": YEAR}), countries, strict=False)
        )
    ]
    monkeypatch.setattr(PlansFilling, "years", lambda *asked: rows)
    kept = Asked(desk.running, Queries(desk.running), filling).to_keep(YEAR)
    wanted = KeepEdition(on=FIRST, year=YEAR, due_on=FIRST, facilities=tuple(kept))
    await desk.running.writer.execute(request_of(own_id("test", "kept"), wanted, ACTOR))
    two = [entry(rows[at].facility_id, entity=f"E{at}") for at in (0, 2, 4)]
    await define(desk, "SET", two)

    for path in ("/ghg/emission-curve", "/ghg/aggregates", "/ghg/portfolios/S1/SET"):
        _, others = await get(desk.signed_in("subscriber:S1"), path, year=str(YEAR))
        status, ours = await get(desk.client, path, year=str(YEAR))
        assert (status, others["edition"], ours["edition"]) == (200, str(FIRST), None)
        for told in ("steps", "suppressed", "output_t"):
            assert ours.get(told) == others.get(told), path
        for row in (*ours.get("rows", ()), *others.get("rows", ())):
            assert (row.pop("edition"), row["facilities"]) in ((None, 3), (str(FIRST), 3))
        assert ours.get("rows") == others.get("rows")
    _, curve = await get(desk.client, "/ghg/emission-curve", year=str(YEAR))
    assert [step["facilities"] for step in curve["steps"]] == [3, 3]


async def test_a_member_is_told_what_is_of_enough_others(desk: YearDesk) -> None:
    """It has one of three: the row less its own would be of two."""
    some = [one._replace(member_id=f"M{at}") for at, one in enumerate(some_apart(3))]
    await keep(desk, FIRST, some)
    assert await output(desk.signed_in("member:M9")) == (str(FIRST), "3000")
    assert await output(desk.signed_in("member:M1")) == (None, None)


def with_plants(*plants: int) -> list[Entry]:
    """Three facilities of three entities, some of them plants that the desk knows."""
    some = [one._replace(member_id=f"M{at + 50}") for at, one in enumerate(some_apart(3))]
    for at, plant in enumerate(plants):
        some[at] = some[at]._replace(facility_id=f"M1.plant-{plant}")
    return some


async def test_a_verifier_is_not_told_the_third_of_two_whose_results_it_verified(
    desk: YearDesk,
) -> None:
    await told_of(desk, *range(1, PLANTS + 1))
    await verified(desk)
    await keep(desk, FIRST, with_plants(1, 2))
    assert await output(desk.signed_in("verifier:V9")) == (str(FIRST), "3000")
    assert await output(desk.signed_in("verifier:V1")) == (None, None)
    status, told = await get(
        desk.signed_in("verifier:V1"), "/ghg/aggregates", year=str(YEAR + 1), by="region"
    )
    assert (status, told["rows"]) == (200, [])


async def test_a_verifier_goes_on_knowing_results_that_were_taken_back(desk: YearDesk) -> None:
    """It is no stranger to what it was given to read; who never was is."""
    await told_of(desk, *range(1, PLANTS + 1))
    for plant in (1, 2):
        of = {"facility_id": f"M1.plant-{plant}", "year": YEAR, "result": 1}
        for command in ("submit_for_verification", "withdraw_submission"):
            given = {"verifier_id": "V1"} if command == "submit_for_verification" else {}
            status, said = await post(desk.client, f"commands/{command}", **MEMBER, **of, **given)
            assert status == 200, said
    queries, both = Queries(desk.running), {"M1.plant-1", "M1.plant-2"}
    lie = "/ghg/verifiers/V1/years"
    for _ in range(600):
        if queries.facilities_once_submitted(["V1"], YEAR) == both:
            if not (await get(desk.client, lie))[1]["items"]:
                break  # they are with their member again
        await asyncio.sleep(0.05)
    assert (await get(desk.client, lie))[1]["items"] == []
    await keep(desk, FIRST, with_plants(1, 2))
    assert await output(desk.signed_in("verifier:V9")) == (str(FIRST), "3000")
    assert await output(desk.signed_in("verifier:V1")) == (None, None)
    assert queries.facilities_once_submitted(["V1"], YEAR + 1) == frozenset()


async def test_an_audit_firm_is_not_told_the_third_of_two_that_it_audits(
    desk: YearDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(desk, FIRST, with_plants(1, 2))
    firm = desk.signed_in("auditor:FIRM-1")
    assert await output(firm) == (str(FIRST), "3000")
    both = ("M1.plant-1", "M1.plant-2")
    audit = AuditRow(
        "A-1", "M1", "FIRM-1", "initial_certification", "booked", both, False, "operations"
    )
    rows = {"audits": [audit]}
    real = Reader.page

    def page(reader: Reader, consumer: str, projection: str, *more: Any) -> list[Any]:
        if consumer == auditors.CONSUMER:
            wanted = more[2]["firm"]
            return [one for one in rows[projection] if one.firm in wanted]
        return real(reader, consumer, projection, *more)

    monkeypatch.setattr(Reader, "page", page)
    assert await output(firm) == (None, None)
    assert await output(desk.signed_in("auditor:FIRM-2")) == (str(FIRST), "3000")
    for over in ("called_off", "concluded"):
        rows["audits"] = [audit._replace(state=over, decided=True, heard_on=date(YEAR, 1, 1))]
        assert await output(firm) == (None, None), "it is over, and the firm remembers"
    rows["audits"] = [audit._replace(member_id="M2")]
    assert await output(firm) == (None, None), "what it read of another owner may still count"
    rows["audits"] = [audit._replace(decided=True, heard_on=date(YEAR - 1, 12, 31))]
    assert await output(firm) == (str(FIRST), "3000"), "it was over before the year began"
    rows["audits"] = [audit._replace(booked_by="firm")]
    assert await output(firm) == (str(FIRST), "3000"), "it never let the firm read"


async def test_a_former_owner_is_not_told_the_third_of_two_that_it_gave_away(
    desk: YearDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may read the results of data that it sent; not those that another sent since."""
    await told_of(desk, 1, 2)
    await keep(desk, FIRST, with_plants(1, 2))
    queries = Queries(desk.running)
    rows = [queries.year(f"M1.plant-{one}", YEAR) for one in (1, 2)]
    gone = [one._replace(member_id="M3", entity_id="E3") for one in rows if one]
    former = Principal("https://login", "m1", frozenset({Role(RoleKind.MEMBER, "M1")}), 0)
    other = [one._replace(latest={**one.latest, "member_id": "M3"}) for one in gone]
    monkeypatch.setattr(Reader, "page", lambda *asked: [])
    for some, known in ((gone, {"M1.plant-1", "M1.plant-2"}), (other, set())):
        monkeypatch.setattr(Queries, "given_away", lambda *asked, found=some: found)
        asker = AskedEditions(desk.running, queries).asker(former, YEAR)
        assert asker.facilities == known


async def define(desk: YearDesk, name: str, some: Sequence[Entry], on: date = FIRST) -> None:
    """A lender's set, on the day of the first edition if on no other."""
    wanted = DefinePortfolio(
        on=on,
        subscriber_id="S1",
        portfolio_id=name,
        facilities=tuple(one.facility_id for one in some),
        entities=tuple(
            EntityOf(facility_id=one.facility_id, entity_id=one.entity_id) for one in some
        ),
    )
    await desk.running.writer.execute(request_of(own_id("test", name), wanted, ACTOR))


async def test_a_lender_is_not_told_of_a_set_of_one_less(desk: YearDesk) -> None:
    some = some_apart(12)
    await keep(desk, FIRST, some)
    await define(desk, "EVERY", some)
    await define(desk, "LESS-ONE", some[1:])
    lender = desk.signed_in("subscriber:S1")

    status, told = await get(lender, "/ghg/portfolios/S1/EVERY", year=str(YEAR))
    assert (status, told["edition"], told["facilities"]) == (200, str(FIRST), 12)
    status, told = await get(lender, "/ghg/portfolios/S1/LESS-ONE", year=str(YEAR))
    assert (status, told["suppressed"], told["edition"]) == (200, True, None)


async def test_an_edition_would_be_made_of_verified_figures(desk: YearDesk) -> None:
    await told_of(desk, *range(1, PLANTS + 1))
    asked = Asked(desk.running, Queries(desk.running), PlansFilling(Queries(desk.running)))
    assert asked.to_keep(YEAR) == [], "nothing is verified"
    await verified(desk)
    found = asked.to_keep(YEAR)
    assert [one.facility_id for one in found] == [f"M1.plant-{at}" for at in range(1, PLANTS + 1)]
    assert not any(one.disclosed for one in found)
    assert all(one.metal and one.metal.tonnes == 199_000 for one in found)


async def test_the_worker_keeps_what_is_due_once_and_nothing_of_too_few(desk: YearDesk) -> None:
    queries = Queries(desk.running)
    figures: dict[int, Sequence[FacilityKept]] = {YEAR: facilities(*some_apart(2))}

    def worker() -> KeepingEditions:
        return KeepingEditions(desk.running, queries, lambda year: figures.get(year, ()))

    assert await worker().once() == 0, "of two entities nothing may be told"
    figures[YEAR] = facilities(*some_apart(4))
    one = worker()
    assert [await one.once(), await one.once(), await worker().once()] == [1, 0, 0]
    (edition,) = editions_of(YEAR, queries.reader.state(stream_of(YEAR)))
    assert edition.kept_on == desk.running.times.today()
    assert len(edition.entries) == 4


async def test_what_everybody_is_told_is_reckoned_once_a_day_before_somebody_asks(
    desk: YearDesk,
) -> None:
    await keep(desk, FIRST, some_apart(5))
    queries = Queries(desk.running)
    told = AskedEditions(desk.running, queries)
    reckoned: list[int] = []

    def reckon(year: int) -> None:
        reckoned.append(year)
        told.reckon(year)

    worker = KeepingEditions(desk.running, queries, lambda _: (), reckon)
    await worker.once()
    await worker.once()
    assert reckoned.count(YEAR) == 1
    today = desk.running.times.today()
    (one,) = told.stages(YEAR, today, Asker(own=frozenset({"M98"})))
    (other,) = told.stages(YEAR, today, Asker(own=frozenset({"M99"})))
    assert one is other, "what does not depend on who asks is kept"


async def test_a_set_is_not_told_of_an_edition_that_was_over_when_it_was_defined(
    desk: YearDesk,
) -> None:
    """Later editions were told without regard to it: it would be asked about after them."""
    await keep(desk, FIRST, some_apart(12))
    await keep(desk, SECOND, [*some_apart(12), *(entry(f"NEW{at}") for at in range(4))])
    await define(desk, "EARLY", some_apart(6), FIRST)
    await define(desk, "LATE", some_apart(12)[6:], date(2026, 2, 1))
    lender = desk.signed_in("subscriber:S1")

    path, query = "/ghg/portfolios/S1/", {"year": str(YEAR), "as_of": "2025-07-01"}
    assert (await get(lender, f"{path}EARLY", **query))[1]["edition"] == str(FIRST)
    assert (await get(lender, f"{path}LATE", **query))[1]["suppressed"]
    assert (await get(lender, f"{path}LATE", year=str(YEAR)))[1]["edition"] == str(SECOND)
