"""Data that come in hear which certificates for power are used already, and which other data name;
in a dry run too (sources.md 4.6, R-12)."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.decider import Command
from infra.transaction import Request
from services.ghg.power_certificates.cancelling import Cancelling
from services.ghg.power_certificates.power_certificate import ClaimPowerCertificate, Holding
from services.ghg.queries import Queries
from tests.imports.desk import as_csv
from tests.imports.years import COLUMNS, YearDesk, year, years_on

GREEN = {
    "step": "electrolysis",
    "item": "power.ppa_contract",
    "quantity": "10",
    "unit": "GWh",
    "factor": "0",
    "factor_unit": "kg CO2e/kWh",
    "proofs": "contract; certificate_cancellation",
}
ALL = (*COLUMNS, "proofs", "certificates")


def green(plant: int, certificate: str) -> list[dict[str, str]]:
    """A smelter's year with a green contract."""
    rows = year(plant)
    return [*rows, {**rows[0], **GREEN, "certificates": f"{certificate}: 10000"}]


def file(*rows: Mapping[str, str]) -> bytes:
    return as_csv([{name: row.get(name, "") for name in ALL} for row in rows], ALL)


def by_r12(told: Mapping[str, Any]) -> Sequence[str]:
    return [one["sentence"] for one in told["findings"] if one["rule"] == "R-12"]


async def done(desk: YearDesk, command: Command) -> None:
    """The command is carried out."""
    await desk.running.writer.execute(Request("claim-1", command, "ops", "claim-1", "claim-1"))


async def test_a_draft_hears_of_others_that_name_its_certificate(tmp_path: Path) -> None:
    async with years_on(tmp_path) as desk:
        both = [*green(1, "GEC-1"), *green(2, "gec-1"), *green(3, "GEC-3")]
        job = await desk.load("tried", file(*both), dry_run=True)
        assert job["notes"]["certificate-named-elsewhere"] == 2
        first, second, third = [one["told"] for one in await desk.groups("tried")]
        assert first["named_elsewhere"] == {"GEC-1": ["M1.plant-2:2024"]}
        assert second["named_elsewhere"] == {"GEC-1": ["M1.plant-1:2024"]}
        assert "named_elsewhere" not in third
        assert not any(map(by_r12, (first, second, third))), "nobody has claimed it"

        await desk.load("first", file(*green(1, "GEC-1")))
        holding = Holding(facility_id="M1.plant-1", year=2024, data_version=1)
        await heard(desk, holding)
        await desk.load("alone", file(*green(2, "GEC-1")), dry_run=True)
        [alone] = [one["told"] for one in await desk.groups("alone")]
        assert alone["named_elsewhere"] == {"GEC-1": ["M1.plant-1:2024"]}

        today = desk.running.times.today()
        claim = ClaimPowerCertificate(on=today, certificate_id="GEC-1", claimed_by=holding)
        await done(desk, claim)
        for import_id, dry_run in (("used-dry", True), ("used", False)):
            job = await desk.load(import_id, file(*green(2, "GEC-1")), dry_run=dry_run)
            assert job["notes"]["finding R-12 (block)"] == 1
            [told] = [one["told"] for one in await desk.groups(import_id)]
            [sentence] = by_r12(told)
            assert "GEC-1 (M1.plant-1:2024)" in sentence
            assert "R-12" in told["blocking"]
            assert "named_elsewhere" not in told, "who holds it is told once"
        await desk.load("own", file(*green(1, "GEC-1")), dry_run=True)
        [own] = [one["told"] for one in await desk.groups("own")]
        assert not by_r12(own), "its own claim is none of another's"

        await desk.load("given-up", file(*year(1)))
        await desk.load("free", file(*green(2, "GEC-1")), dry_run=True)
        [free] = [one["told"] for one in await desk.groups("free")]
        assert not by_r12(free)
        assert "named_elsewhere" not in free


async def test_what_is_said_of_certificates_takes_no_other_note_away(tmp_path: Path) -> None:
    """Two fuels by a default calorific value are two, whether or not a certificate is named."""
    async with years_on(tmp_path) as desk:
        both = [*green(1, "GEC-1"), *green(2, "GEC-1")]
        gas = [{**row, "quantity": "8"} for row in both if row["item"] == "fuel.gas"]
        job = await desk.load("tried", file(*both, *gas), dry_run=True)
        assert job["notes"]["certificate-named-elsewhere"] == 2
        assert job["notes"]["default-calorific-value"] == 4


async def test_data_hear_in_a_dry_run_that_a_lot_is_of_another_year_or_holds_less(
    tmp_path: Path,
) -> None:
    columns = (*ALL, "certificate_years", "certificate_lots")
    years, lots = ("2024", "2023"), ("10000", "GEC-1: 9999")
    async with years_on(tmp_path) as desk:
        for import_id, generated, lot, found in (
            ("right", years[0], lots[0], ()),
            ("other-year", years[1], lots[0], ("certificates of that year",)),
            ("less", years[0], lots[1], ("more is cancelled than a lot holds",)),
        ):
            *rows, last = green(1, "GEC-1")
            rows.append({**last, "certificate_years": generated, "certificate_lots": lot})
            table = [{name: row.get(name, "") for name in columns} for row in rows]
            job = await desk.load(import_id, as_csv(table, columns), dry_run=True)
            assert job["notes"].get("finding R-12 (block)", 0) == len(found)
            [told] = [one["told"] for one in await desk.groups(import_id)]
            assert ("R-12" in told["blocking"]) is bool(found)
            sentences = by_r12(told)
            assert len(sentences) == len(found)
            assert all(word in one for word, one in zip(found, sentences, strict=True))


async def heard(desk: YearDesk, holding: Holding) -> None:
    """Until the certificate is known to be named by data."""
    cancelling = Cancelling(Queries(desk.running), desk.running.definition.policies)
    other = holding.model_copy(update={"facility_id": "M1.plant-8"})
    async with asyncio.timeout(60):
        while True:
            if await asyncio.to_thread(cancelling.named, ["GEC-1"], other, "M1"):
                return
            await asyncio.sleep(0.05)
