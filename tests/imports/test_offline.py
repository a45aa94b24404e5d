"""`castmark ghg calculate FILE`: a result without a server, for people and for programs."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from castmark.cli import app
from contracts.inventory import Regime
from infra.errors import Refused
from tests.imports.desk import as_csv, as_ndjson, as_xlsx
from tests.imports.years import COLUMNS, activity_csv, year, years

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "synthetic-smelter.csv"


def run(file: Path, *options: str, code: int = 0) -> str:
    """What the command prints."""
    result = CliRunner(env={"COLUMNS": "300"}).invoke(
        app, ["ghg", "calculate", str(file), *options]
    )
    if isinstance(result.exception, Refused):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def told(file: Path, *options: str, code: int = 0) -> dict[str, Any]:
    """The same as a document."""
    found: dict[str, Any] = orjson.loads(run(file, "--json", *options, code=code))
    return found


def changed(folder: Path, at: int, **cells: str) -> Path:
    """The example with one row changed."""
    rows = list(csv.DictReader(io.StringIO(EXAMPLE.read_text())))
    rows[at] |= cells
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list({**rows[0], **cells}))
    writer.writeheader()
    writer.writerows(rows)
    file = folder / "changed.csv"
    file.write_text(text.getvalue())
    return file


def test_the_example_is_calculated_and_told() -> None:
    said = run(EXAMPLE, "--as-of", "2026-11-21")
    for words in (
        "synthetic-smelter 2024",
        "t CO2e by process and scope",
        "mine_to_metal, market-based power",
        "report asi_mine_to_metal",
        "criterion 5.2: met",
        "note default-calorific-value: 2 rows",
        "findings: ",
        "R-06",
    ):
        assert words in said


def test_the_share_of_primary_data_says_how_grid_power_is_counted() -> None:
    said = " ".join(run(EXAMPLE, "--as-of", "2026-11-21").split())
    assert "metered power at a grid's factor counted as primary" in said
    one = told(EXAMPLE, "--as-of", "2026-11-21")["years"][0]
    rule = one["primary_share_rule"]
    [grid] = [reading for reading in rule["readings"] if "2_market" in reading["scopes"]]
    assert (rule["engine"], grid["counted_as"]) == (one["engine"], "primary")


def test_the_document_says_the_same_in_numbers() -> None:
    one = told(EXAMPLE, "--as-of", "2026-11-21")["years"][0]
    assert (one["facility_id"], one["year"], one["gwp_set"]) == ("synthetic-smelter", 2024, "AR6")
    intensities = {(x["of"], x["power"]): Decimal(x["t_per_t"]) for x in one["intensities"]}
    assert intensities["mine_to_metal", "market"] == Decimal(one["report"]["intensity_t_per_t"])
    assert one["criterion_5_2"]["meets"] is True
    assert {found["rule"] for found in one["findings"]} >= {"R-01", "R-06"}
    assert Decimal(one["report"]["total_kg"]) > 0


def test_a_criterion_is_not_called_met_without_what_doubts_its_figures(tmp_path: Path) -> None:
    file = changed(tmp_path, 5, item="power.own_generation")  # with hardly any fuel
    one = told(file, "--as-of", "2026-11-21")["years"][0]
    assert one["criterion_5_2"]["meets"] is True
    assert "R-14" in one["criterion_5_2"]["doubted_by"]
    lines = run(file, "--as-of", "2026-11-21").splitlines()
    at = next(place for place, line in enumerate(lines) if "criterion 5.2: met" in line)
    assert "may be too low" in lines[at + 1]
    assert "R-14" in lines[at + 1]


def test_a_criterion_is_doubted_by_what_the_report_of_the_regime_mixes(tmp_path: Path) -> None:
    own = {"factor": "0.074", "factor_unit": "kg CO2e/MJ", "factor_gwp_set": "AR6"}
    file = changed(tmp_path, 8, **own)
    for regime, doubted in (("cbam", True), ("gbt_44905_2024", False)):
        one = told(file, "--as-of", "2026-11-21", "--regime", regime)["years"][0]
        assert ("R-18" in one["criterion_5_2"]["doubted_by"]) is doubted, regime
        assert ("R-18" in one["report"]["blocking"]) is doubted, regime


def test_explain_shows_factors_and_equations_that_add_up() -> None:
    said = run(EXAMPLE, "--explain", "--as-of", "2026-11-21")
    assert "ipcc_2006" in said
    assert "EF_CO2" in said
    one = told(EXAMPLE, "--explain", "--as-of", "2026-11-21")["years"][0]
    counted = sum(Decimal(line["counted_kg"]) for line in one["lines"])
    assert counted == Decimal(one["report"]["total_kg"])
    for line in one["lines"]:
        product = Decimal(line["activity"]) * Decimal(line["factor"]["value"])
        assert abs(product - Decimal(line["kg"])) <= abs(product) * Decimal("1e-20")


@pytest.mark.parametrize("regime", Regime)
def test_every_regime_makes_its_own_report_of_the_same_file(regime: Regime) -> None:
    one = told(EXAMPLE, "--regime", regime.value)["years"][0]
    assert one["report"]["regime"] == regime
    assert Decimal(one["report"]["total_kg"]) > 0


def test_scrap_bears_what_the_chosen_method_gives_it() -> None:
    by = {}
    for method in ("cut-off", "co-product", "substitution"):
        options = ("--regime", "iai", "--scrap-method", method)
        one = told(EXAMPLE, *options)["years"][0]["report"]
        assert one["scrap_method"] == method.replace("-", "_")
        assert f"scrap by {one['scrap_method']}" in run(EXAMPLE, *options)
        by[method] = Decimal(one["total_kg"])
    assert by["cut-off"] < by["co-product"] < by["substitution"]


def test_a_scrap_method_that_the_regime_does_not_take_is_refused_before_any_year() -> None:
    with pytest.raises(Refused, match="it takes co_product") as refused:
        run(EXAMPLE, "--scrap-method", "cut_off")
    assert refused.value.slug == "scrap-method-not-allowed"
    assert "cut_off, co_product, substitution" in run(EXAMPLE, "--scrap-method", "none", code=2)


def test_the_fields_of_the_border_mechanism_are_told() -> None:
    one = told(EXAMPLE, "--regime", "cbam")["years"][0]["report"]
    fields = one["cbam"]
    assert fields["direct_specific"] == one["intensity_t_per_t"]
    assert (fields["country"], fields["goods"], fields["route"]) == ("NO", ["7601"], "mixed")
    assert {stream["item"] for stream in fields["streams"]} >= {"fuel.gas", "input.net_anode"}
    said = run(EXAMPLE, "--regime", "cbam")
    assert "direct_specific: 1." in said
    assert "pre_consumer_share: 0.7073" in said
    assert "uncertainty (95 %): ± " in said
    assert "stream casting fuel.gas: " in said
    assert "calorific value 36 MJ/Nm3, oxidation factor not given" in said
    assert told(EXAMPLE)["years"][0]["report"]["cbam"] is None
    assert fields["told"]["carbon_price"] is None
    for name in ("unlocode", "address", "verifier", "carbon_price", "latitude"):
        assert f"{name}: not given" in said


def test_the_product_that_a_report_speaks_of_can_be_chosen() -> None:
    usual = told(EXAMPLE, "--regime", "cbam")["years"][0]["report"]
    assert usual["product"] == usual["products"][0]
    other = usual["products"][1]
    chosen = told(EXAMPLE, "--regime", "cbam", "--product", other)["years"][0]["report"]
    assert chosen["product"] == other
    assert f"of what {other} made" in run(EXAMPLE, "--regime", "cbam", "--product", other)
    [refused] = told(EXAMPLE, "--product", "bauxite_mining", code=1)["refused"]
    assert refused["slug"] == "product-not-reported"


def test_what_is_given_of_an_installation_is_told(tmp_path: Path) -> None:
    constants = ("unlocode=NOSUN", "verifier=Verifiers Ltd", "address=Road 1")
    price = ("carbon_price=90", "carbon_price_currency=NOK", "carbon_price_rebate=80")
    options = [part for one in (*constants, *price) for part in ("--set", one)]
    said = run(EXAMPLE, "--regime", "cbam", *options)
    for words in ("unlocode: NOSUN", "verifier: Verifiers Ltd", "carbon_price_left: 10"):
        assert words in said
    fields = told(EXAMPLE, "--regime", "cbam", *options)["years"][0]["report"]["cbam"]
    assert fields["told"]["carbon_price_currency"] == "NOK"
    refused = told(EXAMPLE, "--set", "unlocode=CNSHA", code=1)["refused"]
    assert {one["slug"] for one in refused} == {"unlocode-of-other-country"}


def test_columns_that_nobody_reads_and_rows_that_repeat_are_told(tmp_path: Path) -> None:
    rows = activity_csv([*year(1), *year(1)]).replace(b"evidence", b"evidnce", 1)
    file = tmp_path / "twice.csv"
    file.write_bytes(rows)
    said = run(file, "--set", "country=NO")
    assert "columns not used: evidnce" in said
    assert "note row-repeated: 8 rows, each like one before it" in said
    document = told(file, "--set", "country=NO")
    assert document["columns_not_used"] == ["evidnce"]
    assert document["years"][0]["notes"]["row-repeated"] == 8


def test_warming_potentials_are_named_and_matter() -> None:
    totals = {
        name: sum(
            Decimal(one["kg"])
            for one in told(EXAMPLE, "--gwp", name)["years"][0]["totals"]
            if one["scope"] == "1"
        )
        for name in ("AR5", "AR6")
    }
    assert totals["AR5"] != totals["AR6"]
    with pytest.raises(Refused, match="unknown-factor-set"):
        run(EXAMPLE, "--gwp", "AR99")


def test_a_wrong_row_is_told_and_its_year_is_not_calculated(tmp_path: Path) -> None:
    said = run(changed(tmp_path, 5, unit="ton", quantity="-4"), code=1)
    assert "not calculated" in said
    assert "row 7, quantity: quantity-negative" in said
    assert "row 7, unit: unit-unknown" in said
    document = told(changed(tmp_path, 5, year="2023/24"), code=1)
    assert [row["slug"] for row in document["refused"]] == ["year-not-calendar"]
    assert len(document["years"]) == 1, "the year that the other rows name"


def test_every_claim_of_power_without_its_factor_is_told_at_its_row(tmp_path: Path) -> None:
    rows = EXAMPLE.read_text().replace("power.grid", "power.ppa_contract")
    file = tmp_path / "claims.csv"
    file.write_text(rows)
    refused = told(file, code=1)["refused"]
    assert [(row["row"], row["field"], row["slug"]) for row in refused] == [
        (7, "factor", "generator-factor-missing"),
        (8, "factor", "generator-factor-missing"),
    ]
    said = run(file, code=1)
    assert "row 7, factor: generator-factor-missing power, power-cast claim the power" in said
    assert "row 8, factor: generator-factor-missing" in said


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_a_treatment_that_nobody_knows_is_told_at_its_row(tmp_path: Path, form: str) -> None:
    waste = {"step": "casting", "item": "waste.dross", "unit": "t", "treatment": "recyceld"}
    first, *others = ({"treatment": ""} | row for row in year(1))
    columns = [*COLUMNS, "treatment"]
    rows = [{name: row.get(name, "") for name in columns} for row in (first | waste, *others)]
    file = tmp_path / f"waste.{form}"
    if form == "csv":
        file.write_bytes(as_csv(rows, columns))
    else:
        file.write_bytes(as_ndjson(rows) if form == "ndjson" else as_xlsx(rows, columns))
    [refused] = told(file, "--set", "country=NO", code=1)["refused"]
    assert (refused["field"], refused["slug"]) == ("treatment", "unknown-treatment")
    assert "nearest is recycled" in refused["sentence"]


def test_a_year_that_has_not_begun_has_no_result(tmp_path: Path) -> None:
    rows = EXAMPLE.read_text().replace(",2024,", ",2199,")
    file = tmp_path / "to-come.csv"
    file.write_text(rows)
    document = told(file, code=1)
    assert document["years"] == []
    assert [row["slug"] for row in document["refused"]] == ["year-not-begun"]


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_many_years_of_any_order_and_form_are_told_one_by_one(tmp_path: Path, form: str) -> None:
    whole = years([1, 2], [2023, 2024])
    mixed = [whole[at] for start in range(8) for at in range(start, len(whole), 8)]
    rows = [{name: row.get(name, "") for name in COLUMNS} for row in mixed]
    if form == "csv":
        content = activity_csv(rows)
    else:
        content = as_ndjson(rows) if form == "ndjson" else as_xlsx(rows, COLUMNS)
    file = tmp_path / f"years.{form}"
    file.write_bytes(content)
    found = told(file, "--set", "country=NO")["years"]
    assert [(one["facility_id"], one["year"]) for one in found] == [
        ("plant-1", 2023), ("plant-1", 2024), ("plant-2", 2023), ("plant-2", 2024)
    ]  # fmt: skip
    assert len({one["working_hash"] for one in found}) == 4


def test_what_the_file_does_not_say_of_the_site_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "year.csv"
    file.write_bytes(activity_csv(year(1)))
    assert "country: value-missing" in run(file, code=1)
    assert "criterion 5.2: not judged" in run(file, "--set", "country=NO")


def test_who_tells_only_the_cast_beside_old_scrap_reads_that_its_loss_is_missing(
    tmp_path: Path,
) -> None:
    """And not that no primary metal was cast, nor a balance of what nobody told went in."""
    rows = EXAMPLE.read_text().splitlines(keepends=True)
    file = tmp_path / "cast.csv"
    gone = (",output.liquid_metal,", ",lost-post,")
    file.write_text("".join(row for row in rows if not any(one in row for one in gone)))
    said = run(file, "--as-of", "2026-11-21")
    assert "criterion 5.2: not judged, how much primary metal was cast is not known" in said
    assert "Add loss.metal with scrap_kind post_consumer at casting, 0 where" in said
    assert "no primary metal was cast" not in said
    assert "too many" not in said
    for regime in ("cbam", "iai"):
        [year] = told(file, "--as-of", "2026-11-21", "--regime", regime)["years"]
        assert year["not_judged"].endswith("R-34 says which row to add")


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_whether_stock_was_cast_is_told_by_rows_of_stock_in_every_form(
    tmp_path: Path, form: str
) -> None:
    """Without them R-34 says which to add, and what the mill rolled has no footprint."""
    rows = list(csv.DictReader(io.StringIO(EXAMPLE.read_text())))
    blank = dict.fromkeys(rows[0], "")
    site = {**blank, **{name: rows[0][name] for name in ("facility_id", "year", "kind")}}
    made = site | {"step": "semi_fabrication", "item": "output.semi", "unit": "t"}
    lies = site | {"step": "casthouse", "unit": "t", "of": "output.cast_metal"}
    rows = [one for one in rows if one["datum_id"] != "lost-post"]
    rows += [
        made | {"datum_id": "sheet", "quantity": "245800"},
        lies | {"datum_id": "jan", "item": "stock.opening", "quantity": "100"},
        lies | {"datum_id": "dec", "item": "stock.closing", "quantity": "8100"},
    ]
    none = {"of": "output.liquid_metal", "quantity": "0"}
    told_rows = [{**one, **none, "datum_id": f"no-{one['datum_id']}"} for one in rows[-2:]]
    rolled: list[bool] = []
    for every in (rows, [*rows, *told_rows]):
        file = tmp_path / f"year-{len(every)}.{form}"
        columns = list(blank)
        if form == "csv":
            file.write_bytes(as_csv(every, columns))
        else:
            file.write_bytes(as_ndjson(every) if form == "ndjson" else as_xlsx(every, columns))
        [one] = told(file, "--as-of", "2026-11-21")["years"]
        rolled.append("footprint.semi_fabrication" in {of["of"] for of in one["intensities"]})
        said = [found["sentence"] for found in one["findings"] if found["rule"] == "R-34"]
        under = " ".join(run(file, "--as-of", "2026-11-21", "--regime", "cbam").split())
        silent = "the product that it would speak of is not known; --product takes casting"
        assert (silent in under) is not rolled[-1]
        asked = any("Add stock.opening and stock.closing of output.liquid" in of for of in said)
        assert asked is not rolled[-1]
    assert rolled == [False, True]


@pytest.mark.parametrize(
    ("options", "slug"),
    [(["--map", "soul=item"], "invalid-mapping"), (["--map", "unit=flavour"], "unknown-column")],
)
def test_a_mapping_that_cannot_be_is_refused(options: list[str], slug: str) -> None:
    with pytest.raises(Refused, match=slug):
        run(EXAMPLE, *options)


def test_a_report_that_counts_a_factor_of_another_set_than_its_regimes_is_stopped(
    tmp_path: Path,
) -> None:
    file = changed(tmp_path, 7, factor="0.06", factor_unit="kg CO2e/MJ")  # the gas
    under = ("--set", "factor_gwp_set=AR6", "--regime")
    year = told(file, *under, "cbam")["years"][0]
    assert "R-18" not in year["blocking"]
    assert year["report"]["blocking"] == ["R-18"]
    said = run(file, *under, "cbam")
    assert "R-18 block" in said
    assert "not to be submitted or published: R-18" in said
    assert told(file, *under, "gbt_44905_2024")["years"][0]["report"]["blocking"] == []


def test_a_fuels_factor_in_tonnes_where_kilograms_are_written_is_refused(tmp_path: Path) -> None:
    file = changed(tmp_path, 7, factor="0.0561", factor_unit="kg CO2e/GJ")  # the gas
    said = " ".join(run(file, code=1).split())
    assert "not calculated" in said
    assert "factor: factor-not-physical natural gas at less than 0.036 kg CO2e/MJ cannot be" in said
    document = told(file, code=1)
    assert document["years"] == []


def test_carbon_for_carbon_dioxide_is_refused_or_found_whatever_evidence_there_is(
    tmp_path: Path,
) -> None:
    fuel = {"quantity": "9400", "unit": "t", "evidence": "doc-lab", "factor_source": "lab"}
    coal = {**fuel, "item": "hard coal", "factor": "0.85", "factor_unit": "t CO2/t"}
    said = " ".join(run(changed(tmp_path, 7, **coal), code=1).split())
    assert "factor-not-physical hard coal at less than 1.02 kg CO2e/kg cannot be" in said
    lpg = {**coal, "item": "fuel.lpg", "factor": "0.83"}
    [year] = told(changed(tmp_path, 7, **lpg), "--as-of", "2026-11-21")["years"]
    [sentence] = [one["sentence"] for one in year["findings"] if one["rule"] == "R-17"]
    assert "liquefied petroleum gas below 0.0219 kg CO2e/MJ is lower than any" in sentence


def test_a_gas_of_works_is_calculated_as_what_it_is(tmp_path: Path) -> None:
    gas = {"item": "blast-furnace gas", "quantity": "9.4", "unit": "million Nm3"}
    one = told(changed(tmp_path, 7, **gas), "--as-of", "2026-11-21")["years"][0]
    assert "other_fuels_2006" in one["factor_sets"]
    assert [found for found in one["findings"] if found["rule"] == "R-17"] == []
