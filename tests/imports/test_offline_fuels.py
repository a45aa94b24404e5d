"""`castmark ghg calculate` says of fuels without fossil carbon what no scope counts, and what it
takes for granted."""

from pathlib import Path

from .test_offline import EXAMPLE, changed, run, told


def test_the_carbon_dioxide_of_biomass_is_told_beside_the_scopes(tmp_path: Path) -> None:
    wood = changed(tmp_path, 7, item="fuel.biomass", quantity="1000", unit="TJ")
    one = told(wood, "--as-of", "2026-11-21")["years"][0]
    assert one["biogenic_co2"]["kg"] == "112000000"
    assert "CO2 of biomass, in no scope: 112,000 t (fuel.biomass at 0.112" in run(wood)
    assert told(EXAMPLE)["years"][0]["biogenic_co2"]["fuels"] == []
    assert "CO2 of biomass" not in run(EXAMPLE)


def test_who_burns_hydrogen_is_told_which_factor_was_applied(tmp_path: Path) -> None:
    burnt = changed(tmp_path, 7, item="fuel.hydrogen", quantity="1000", unit="TJ")
    (sentence,) = told(burnt, "--as-of", "2026-11-21")["years"][0]["assumed"]
    assert "0.09 kg CO2e/MJ (other_fuels_2006, unverified)" in sentence
    assert "Green hydrogen, of electrolysis" in run(burnt)
    assert told(EXAMPLE)["years"][0]["assumed"] == []
