"""A grid factor of an older announcement is found as data come in, in a dry run too, and where a
result is calculated as of an earlier day (sources.md 8, R-09)."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from castmark.cli import app
from tests.imports.years import activity_csv, year, years_on

OLD, NEW = "0.5366", "0.5306"
"""China's factors of 2022 and 2023, in kg CO2/kWh."""


def with_factor(factor: str) -> list[dict[str, str]]:
    """A smelter's year that gives a factor for its grid."""
    given = {"factor": factor, "factor_unit": "kg CO2e/kWh"}
    return [{**row, **given} if row["item"] == "power.grid" else row for row in year(1)]


async def test_an_outdated_factor_is_told_when_data_are_loaded(tmp_path: Path) -> None:
    async with years_on(tmp_path, country="CN") as desk:
        for import_id, factor, dry_run, found in (
            ("dry", OLD, True, 1),
            ("right", NEW, True, 0),
            ("stored", OLD, False, 1),
        ):
            job = await desk.load(import_id, activity_csv(with_factor(factor)), dry_run=dry_run)
            assert job["notes"].get("finding R-09 (major)", 0) == found
            [group] = await desk.groups(import_id)
            sentences = [
                one["sentence"] for one in group["told"]["findings"] if one["rule"] == "R-09"
            ]
            assert len(sentences) == found
            assert all(f"not {OLD} of 2022" in one for one in sentences)


@pytest.mark.parametrize(("as_of", "found"), [("2025-06-01", True), ("2026-11-21", False)])
def test_a_calculation_as_of_an_earlier_day_is_reported_today(
    tmp_path: Path, as_of: str, found: bool
) -> None:
    file = tmp_path / "year.csv"
    file.write_bytes(activity_csv(year(1)))
    options = ("--set", "country=CN", "--set", "subdivision=CN-YN", "--as-of", as_of, "--json")
    said = CliRunner().invoke(app, ["ghg", "calculate", str(file), *options])
    assert said.exit_code == 0, said.output
    [one] = orjson.loads(said.output)["years"]
    assert ("R-09" in {each["rule"] for each in one["findings"]}) is found
