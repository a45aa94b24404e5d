"""Criterion 5.2 where the policy judges a year by the rate at its end: the data carry the rate."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from castmark.cli import app as command_line
from contracts.ghg import ResultCalculated
from contracts.inventory import Step
from infra.errors import Refused
from infra.policy import Figure, Policies, PolicyFile
from services.ghg import app
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.activity.packing import data_hash, pack
from services.ghg.factors import books
from services.ghg.reports.reported import threshold_shown
from services.ghg.reports.threshold import Plan, exit_rate_of
from services.ghg.results.reckoning import Version, reckon, usual
from tests.imports.years import activity_csv, year
from tests.rules.ghg import life
from tests.rules.ghg.given import d
from tests.rules.ghg.made import datum
from tests.rules.spec import policies_of

CAST, YEAR = Step.CASTING, 2025
ROADMAP = Plan(True, {2030: d("10.5")})
COAL = Site("F1", "CN", "CN-XJ", "PFPB_M", 1998)
"""A smelter on the grid of Xinjiang, in production before 2021."""


def by_exit_rate() -> Policies:
    """The policy as shipped, but for the reading of criterion 5.2."""
    figure = Figure(value="exit_rate", evidence="design", source="a test")
    later = PolicyFile(
        policy_id="ghg-exit", valid_from=date(2026, 1, 1), figures={"5.2.reading": figure}
    )
    return policies_of("ghg", later)


def told(*more: Datum) -> Inventory:
    """A year above the final limit, and what else is told of it."""
    power = datum("power", Step.ELECTROLYSIS, "power.grid", "1650000000")
    known = life.inventory(site=COAL)
    data = [power if one.item == "power.grid" else one for one in known.data]
    return known._replace(data=(*data, *more))


def kept(inventory: Inventory, policies: Policies) -> ResultCalculated:
    """Its result under a policy."""
    wanted = usual(policies.on(life.ON), life.ON)
    version = Version(1, data_hash(pack(inventory)), inventory)
    return life.result(1, reckon(version, wanted, app.factors(), policies))


def judged(inventory: Inventory) -> dict[str, object]:
    """Criterion 5.2 as it is shown of that result."""
    policies = by_exit_rate()
    rate = exit_rate_of(inventory.data)
    policy = policies.on(life.ON)
    found = threshold_shown(kept(inventory, policies), COAL.started, ROADMAP, policy, rate)
    assert isinstance(found, dict)
    return found


def rate(quantity: str, name: str = "rate") -> Datum:
    return datum(name, CAST, "parameter.exit_rate", quantity)


def test_a_year_is_judged_by_the_rate_that_its_data_tell() -> None:
    found = judged(told(rate("12.4")))
    assert (found["reading"], found["meets"]) == ("exit_rate", True)
    assert found["exit_rate"] == d("12.4") < Decimal(str(found["intensity"]))
    checks = found["checks"]
    assert isinstance(checks, list)
    assert (checks[0]["what"], checks[0]["value"]) == ("rate at the year's end", d("12.4"))
    assert judged(told(rate("13.2")))["meets"] is False


def test_of_several_lines_of_cells_the_highest_rate_counts() -> None:
    assert exit_rate_of([rate("12.4"), rate("13.2", "second")]) == d("13.2")
    assert exit_rate_of(told().data) is None


def test_without_a_rate_the_refusal_names_the_item_that_carries_it() -> None:
    with pytest.raises(Refused, match=r"parameter\.exit_rate") as refusal:
        judged(told())
    assert refusal.value.slug == "exit-rate-missing"


def test_the_finding_on_criterion_5_2_follows_the_rate() -> None:
    def finding(*more: Datum) -> str:
        found = kept(told(*more), by_exit_rate()).findings
        return next((one.sentence for one in found if one.rule == "R-23"), "")

    assert "cannot be judged" in finding()
    assert "rate at the year's end of 2025 is 13.2" in finding(rate("13.2"))
    assert "rate at the year's end" not in finding(rate("12.4"))


def test_what_doubts_the_intensity_is_told_beside_the_criterion() -> None:
    whole = told(rate("12.4"))
    bare = whole._replace(data=[one for one in whole.data if not one.item.startswith("power.")])
    found = judged(bare)["doubted_by"]
    assert isinstance(found, list)
    assert any("no power per t" in one["sentence"] for one in found)
    assert "no power per t" not in str(judged(whole)["doubted_by"])


def test_a_rate_changes_no_line_of_a_result() -> None:
    policies = app.policies()
    assert kept(told(rate("12.4")), policies).totals == kept(told(), policies).totals


def test_a_file_carries_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "policies", by_exit_rate)
    row = {"step": "casthouse", "item": "exit_rate", "quantity": "12400", "unit": "kg CO2e/t Al"}
    site = {"cell_technology": "PFPB_M", "evidence": "doc-1", "kind": "measured"}
    rows = [*year(1, YEAR), {"facility_id": "plant-1", "year": str(YEAR), **row, **site}]
    file = tmp_path / "year.csv"
    file.write_bytes(activity_csv(rows))
    options = ["--json", "--set", "country=CN", "--set", "subdivision=CN-XJ"]
    said = CliRunner().invoke(
        command_line,
        ["ghg", "calculate", str(file), *options, "--set", "started=1998", "--as-of", "2026-11-01"],
    )
    [one] = orjson.loads(said.output)["years"]
    assert one["criterion_5_2"]["reading"] == "exit_rate"
    assert one["criterion_5_2"]["checks"][0]["value"] == "12.4"
