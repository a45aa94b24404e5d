"""An output of zero beside what it would be made of is found as data come in (sources.md 8, R-34
and R-23); a year that stood still, or one of which nobody says what was cast, is asked nothing."""

from decimal import Decimal

import pytest

from contracts.ghg import Finding
from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.findings import Context, findings
from services.ghg.results.reckoning import Version, reckon, usual
from tests.rules.spec import policies_of

from .audited import CELLS, CLEAN_DATA, also, audited, changed, without
from .audited import datum as evidenced
from .given import BOOK, POLICY, TODAY
from .made import datum, inventory, smelter

CAST, REFINERY, MILL = Step.CASTING, Step.ALUMINA_REFINING, Step.SEMI_FABRICATION
ZERO = Decimal(0)


def of_rules(context: Context, *rules: str) -> list[Finding]:
    return [one for one in findings(context) if one.rule in rules]


def r_34(context: Context) -> list[str]:
    return [one.sentence for one in of_rules(context, "R-34")]


def unjudged(*data: Datum) -> Context:
    """A year of which no intensity could be formed."""
    return audited(data)._replace(intensity=None)


NOTHING_CAST = changed("cast", quantity=ZERO).inventory.data


def test_metal_that_was_tapped_and_an_output_of_zero_are_a_major_finding() -> None:
    (found,) = of_rules(unjudged(*NOTHING_CAST), "R-34")
    assert (found.severity, "cast" in found.data, "tapped" in found.data) == ("major", True, True)
    assert found.sentence.startswith(
        "Metal of the casthouse: 100000 t in, and an output of zero; 99600 t neither left, nor were"
        " lost, nor put in stock."
    )


def test_criterion_5_2_says_that_it_cannot_be_judged_without_an_output() -> None:
    (found,) = of_rules(unjudged(*NOTHING_CAST), "R-23")
    assert found.sentence == (
        "Criterion 5.2 cannot be judged (output-missing): 100000 t of liquid metal went to the"
        " casthouse, and an output of zero is told."
    )


@pytest.mark.parametrize(
    "more",
    [
        (evidenced("sold", CELLS, "output.sold", "100000", of="output.liquid_metal"),),
        (evidenced("burnt", CAST, "loss.metal", "98000"),),
        (
            evidenced("then", CAST, "stock.opening", "0", of="output.liquid_metal"),
            evidenced("now", CAST, "stock.closing", "98000", of="output.liquid_metal"),
        ),
    ],
)
def test_metal_that_was_sold_liquid_lost_or_put_in_stock_is_not_missing(
    more: tuple[Datum, ...],
) -> None:
    assert of_rules(unjudged(*NOTHING_CAST, *more), "R-34", "R-23") == []


def test_who_does_not_tell_what_was_cast_is_asked_as_before() -> None:
    assert of_rules(without("cast")._replace(intensity=None), "R-34", "R-23") == []


def test_a_year_that_stood_still_finds_nothing() -> None:
    idle = [one._replace(quantity=ZERO) for one in CLEAN_DATA]
    assert of_rules(unjudged(*idle), "R-34", "R-23") == []


def test_a_mill_of_which_an_output_of_zero_is_told_rolled_what_nobody_tells() -> None:
    semi = evidenced("semi", MILL, "output.semi", "0")
    (sentence,) = r_34(also(semi))
    assert sentence.startswith(
        "Metal of semi-fabrication: 99500 t in, and an output of zero; 99500"
    )
    sold = evidenced("sold", CAST, "output.sold", "99500", of="output.cast_metal")
    assert r_34(also(semi, sold)) == []


def refined(alumina: str, *more: Datum) -> list[str]:
    bauxite = evidenced("bauxite", REFINERY, "bought.bauxite", "5000000")
    made = evidenced("made", REFINERY, "output.alumina", alumina)
    sold = evidenced("sold-alumina", REFINERY, "output.sold", alumina, of="output.alumina")
    return r_34(also(bauxite, made, sold, *more))


def test_bauxite_that_went_in_and_no_alumina_is_found() -> None:
    assert refined("0") == [
        "5000000 t of bauxite went in, and an output of zero alumina is told: what was made, sold"
        " or put in stock is missing."
    ]
    assert refined("2000000") == []


def test_bauxite_that_was_put_in_stock_made_no_alumina() -> None:
    then = evidenced("then", REFINERY, "stock.opening", "0", of="bought.bauxite")
    now = evidenced("now", REFINERY, "stock.closing", "5000000", of="bought.bauxite")
    assert refined("0", then, now) == []


def test_alumina_that_was_bought_and_no_metal_is_found() -> None:
    idle = [one for one in CLEAN_DATA if one.datum_id not in ("tapped", "cast", "lost")]
    tapped = evidenced("tapped", CELLS, "output.liquid_metal", "0")
    (sentence,) = r_34(unjudged(*idle, tapped))
    assert sentence.startswith("193000 t of alumina went in, and an output of zero liquid metal")


def test_it_is_told_of_data_as_they_are_calculated() -> None:
    """The year is taken, without an intensity and with the findings."""
    told = [one for one in smelter("100000") if one.datum_id != "ingot"]
    year = inventory(*told, datum("ingot", CAST, "output.cast_metal", "0"))
    made = reckon(Version(1, "0" * 64, year), usual(POLICY, TODAY), BOOK, policies_of("ghg"))
    found = {one.rule: one.severity for one in made.findings}
    assert (found["R-34"], found["R-23"]) == ("major", "major")
    assert all(one.of != "mine_to_metal" for one in made.intensities)
