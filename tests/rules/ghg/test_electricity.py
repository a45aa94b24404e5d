"""Bought power both ways: what is proven counts, what is left takes the residual factor, and a
certificate is cancelled once (sources.md 4.6, R-11 to R-14)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.calculation.electricity import CLAIMS, Grid, Power, Proof, Source, Supply, power
from services.ghg.factors import grid
from services.ghg.power_certificates.cancelled import Cancellation

from .given import BOOK, POLICY, TODAY, d, decimals

AVERAGE = grid.for_site(BOOK, "CN", "CN-YN", TODAY)[0]
RESIDUAL = grid.residual(BOOK, "CN", TODAY)
YUNNAN = Grid("CN", AVERAGE, RESIDUAL)
ABROAD = Grid("NO", AVERAGE, RESIDUAL)
"""The same numbers in a country that asks for no physical connection."""
PROOFS = {
    Source.DIRECT_LINE: frozenset({Proof.DEDICATED_LINE, Proof.METER}),
    Source.PPA_CONTRACT: frozenset({Proof.CONTRACT, Proof.CERTIFICATE_CANCELLATION}),
    Source.GREEN_CERTIFICATE: frozenset({Proof.CERTIFICATE_CANCELLATION}),
}
KWH = d("1000")
ZERO = d("0")


def supply(source: Source, kwh: Decimal = KWH, **changes: Any) -> Supply:
    """A supply with all its proof, of a plant that gives nothing off."""
    plain = source in (Source.GRID, Source.OWN_GENERATION)
    made = Supply(
        supply_id=source.value,
        source=source,
        kwh=kwh,
        generator_kg_per_kwh=None if plain else d("0"),
        proofs=PROOFS.get(source, frozenset()),
        cancelled=(Cancellation("C1", kwh / 1000, source.value),),
    )
    return made._replace(**changes)


def both(supplies: Sequence[Supply], where: Grid = YUNNAN) -> Power:
    return power(supplies, where, POLICY)


def about(result: Power) -> list[str]:
    return [doubt.about for doubt in result.doubts]


def test_grid_power_alone_is_the_same_both_ways() -> None:
    result = both([supply(Source.GRID)])
    assert result.location_kg == result.market_kg == d("133.3")
    assert result.doubts == ()


def test_an_own_plant_is_scope_1_and_in_neither() -> None:
    result = both([supply(Source.OWN_GENERATION)])
    assert (result.location_kg, result.market_kg, result.kwh) == (ZERO, ZERO, KWH)
    assert result.lines[0].scope == 1
    assert result.doubts == ()


def test_an_own_plant_with_a_factor_is_found() -> None:
    result = both([supply(Source.OWN_GENERATION, generator_kg_per_kwh=d("0.5306"))])
    assert about(result) == ["captive_with_factor"]
    assert result.market_kg == 0


def test_a_proven_direct_line_is_its_plant_both_ways() -> None:
    result = both([supply(Source.DIRECT_LINE, generator_kg_per_kwh=d("0.01"))])
    assert result.location_kg == result.market_kg == d("10")


def test_a_contract_counts_on_the_market_side_alone() -> None:
    result = both([supply(Source.PPA_CONTRACT)])
    assert (result.location_kg, result.market_kg) == (d("133.3"), ZERO)


def test_what_a_proven_claim_leaves_takes_the_residual_factor() -> None:
    result = both([supply(Source.PPA_CONTRACT), supply(Source.GRID)])
    assert result.location_kg == d("266.6")
    assert result.market_kg == d("609.6")


def fourth(supplies: Sequence[Supply], where: Grid = YUNNAN) -> Power:
    """As the first four engines took claims of which none is proven."""
    return power(supplies, where, POLICY, told_leaves=False)


def test_a_claim_that_is_not_proven_leaves_the_residual_factor_as_a_proven_one_does() -> None:
    unproven = supply(Source.PPA_CONTRACT, proofs=frozenset({Proof.CONTRACT}))
    result = both([unproven, supply(Source.GRID)])
    assert (result.market_kg, result.location_kg) == (d("1219.2"), d("266.6"))
    assert about(result) == ["green_power_unproven"]
    sentence = result.doubts[0].sentence
    assert "certificate_cancellation missing" in sentence
    assert "take 0.6096 kg CO2/kWh (excluding_market_traded)" in sentence
    assert "not the grid's 0.1333: prove it, or give it as power of the grid" in sentence


def test_an_earlier_engine_left_the_average_where_no_claim_was_proven() -> None:
    unproven = supply(Source.PPA_CONTRACT, proofs=frozenset({Proof.CONTRACT}))
    result = fourth([unproven, supply(Source.GRID)])
    assert result.market_kg == result.location_kg == d("266.6")
    assert about(result) == ["green_power_unproven"]
    assert "certificate_cancellation missing" in result.doubts[0].sentence
    assert "0.6096" not in result.doubts[0].sentence


def test_a_claim_that_is_not_proven_does_not_lower_a_grid_above_the_residual_factor() -> None:
    hebei = Grid("CN", grid.for_site(BOOK, "CN", "CN-HE", TODAY)[0], RESIDUAL)
    assert hebei.average.kg_per_kwh == d("0.6516")
    unproven = supply(Source.DIRECT_LINE, proofs=frozenset())
    result = both([unproven, supply(Source.GRID)], hebei)
    assert result.market_kg == result.location_kg == d("1303.2")
    assert "0.6096" not in result.doubts[0].sentence


def test_where_no_residual_factor_is_known_an_unproven_claim_leaves_the_average_undoubted() -> None:
    unproven = supply(Source.PPA_CONTRACT, proofs=frozenset())
    result = both([unproven, supply(Source.GRID)], Grid("NO", AVERAGE, None))
    assert result.market_kg == d("266.6")
    assert about(result) == ["green_power_unproven"]


def test_a_claim_of_nothing_leaves_the_average() -> None:
    none = supply(Source.PPA_CONTRACT, ZERO, proofs=frozenset())
    assert both([none, supply(Source.GRID)]).market_kg == d("133.3")


COAL = d("0.9")
DIRTY = [Source.DIRECT_LINE, Source.PPA_CONTRACT, Source.GREEN_CERTIFICATE]


@pytest.mark.parametrize("source", DIRTY)
def test_leaving_the_proof_away_lowers_no_dirty_power(source: Source) -> None:
    result = both([supply(source, generator_kg_per_kwh=COAL, proofs=frozenset())])
    assert result.market_kg == d("900")
    assert result.lines[0].kept
    assert about(result) == ["green_power_unproven", "higher_factor_kept"]
    assert "its own factor was kept" in result.doubts[1].sentence


def test_a_direct_line_without_proof_is_still_where_its_plant_is() -> None:
    line = supply(Source.DIRECT_LINE, generator_kg_per_kwh=COAL, proofs=frozenset())
    contract = supply(Source.PPA_CONTRACT, generator_kg_per_kwh=COAL, proofs=frozenset())
    assert both([line]).location_kg == d("900")
    assert both([contract]).location_kg == d("133.3")


def test_of_own_and_residual_factor_the_higher_holds() -> None:
    """0.3 is above Yunnan's 0.1333 and below the 0.6096 that contracts leave."""
    unproven = supply(Source.PPA_CONTRACT, generator_kg_per_kwh=d("0.3"), proofs=frozenset())
    result = both([unproven, supply(Source.GRID)])
    assert result.market_kg == d("1219.2")
    assert not result.lines[0].kept


def test_certificates_that_cover_half_of_dirty_power_lower_none_of_it() -> None:
    half = supply(
        Source.PPA_CONTRACT,
        generator_kg_per_kwh=COAL,
        cancelled=(Cancellation("C1", d("0.5"), "ppa_contract"),),
    )
    assert both([half]).market_kg == d("900")
    assert about(both([half])) == ["certificates_short", "higher_factor_kept"]


def test_an_earlier_engine_gave_unproven_power_the_factor_of_the_grid() -> None:
    coal = supply(Source.DIRECT_LINE, generator_kg_per_kwh=COAL, proofs=frozenset())
    result = power([coal], YUNNAN, POLICY, keeps_higher=False, told_leaves=False)
    assert result.market_kg == result.location_kg == d("133.3")


@given(
    st.lists(st.tuples(st.sampled_from(DIRTY), decimals("0.1334", "2")), min_size=1, max_size=4),
    decimals("0", "1000", 0),
)
def test_proof_of_dirty_power_never_raises_what_it_gives_off(
    parts: list[tuple[Source, Decimal]], grid_kwh: Decimal
) -> None:
    def made(*, proven: bool) -> Power:
        supplies = [
            supply(
                source,
                supply_id=f"S{number}",
                generator_kg_per_kwh=factor,
                cancelled=(Cancellation("C1", d("1"), f"S{number}"),),
                proofs=PROOFS[source] if proven else frozenset(),
            )
            for number, (source, factor) in enumerate(parts)
        ]
        return both([*supplies, supply(Source.GRID, grid_kwh)])

    assert made(proven=True).market_kg <= made(proven=False).market_kg
    assert made(proven=True).location_kg <= made(proven=False).location_kg


class Claim(NamedTuple):
    """Power of a plant, the part of it that certificates cover, and whether its proof is told."""

    source: Source
    kwh: Decimal
    factor: Decimal
    covered: Decimal
    proven: bool


@given(
    st.lists(
        st.builds(
            Claim,
            st.sampled_from(DIRTY),
            decimals("1", "1000", 0),
            decimals("0", "1.5"),
            decimals("0", "1", 2),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    decimals("0", "1000", 0),
    st.sampled_from(["CN-YN", "CN-HE", "CN-XJ"]),
    st.sampled_from(["CN", "NO"]),
    st.booleans(),
    st.data(),
)
def test_leaving_proof_away_never_lowers_the_market_side(
    claims: list[Claim],
    grid_kwh: Decimal,
    province: str,
    country: str,
    known: bool,
    data: st.DataObject,
) -> None:
    """Clean power or dirty, all of it or a part, of any claim beside any others, by its papers or
    by its certificates; on grids below and above the residual factor, or without one."""
    place = Grid(
        country, grid.for_site(BOOK, "CN", province, TODAY)[0], RESIDUAL if known else None
    )

    def market(told: Sequence[Claim]) -> Decimal:
        supplies = [
            supply(
                one.source,
                one.kwh,
                supply_id=f"S{number}",
                generator_kg_per_kwh=one.factor,
                cancelled=(Cancellation("C", one.covered * one.kwh / 1000, f"S{number}"),),
                proofs=PROOFS[one.source] if one.proven else frozenset(),
            )
            for number, one in enumerate(told)
        ]
        return both([*supplies, supply(Source.GRID, grid_kwh)], place).market_kg

    at = data.draw(st.integers(0, len(claims) - 1))
    whole = [*claims[:at], claims[at]._replace(proven=True), *claims[at + 1 :]]
    less = data.draw(
        st.sampled_from([whole[at]._replace(proven=False), whole[at]._replace(covered=ZERO)])
    )
    assert market([*claims[:at], less, *claims[at + 1 :]]) >= market(whole)


@pytest.mark.parametrize("source", [Source.DIRECT_LINE, Source.PPA_CONTRACT])
@pytest.mark.parametrize("at", [0, 1])
def test_every_piece_of_proof_is_needed(source: Source, at: int) -> None:
    lacking = sorted(PROOFS[source])[at]
    claim = supply(source, proofs=PROOFS[source] - {lacking})
    for result, market in ((both([claim]), "609.6"), (fourth([claim]), "133.3")):
        assert about(result) == ["green_power_unproven"]
        assert lacking in result.doubts[0].sentence
        assert result.market_kg == d(market)


def test_a_certificate_alone_is_no_physical_connection_in_china() -> None:
    certificate = supply(Source.GREEN_CERTIFICATE)
    assert about(both([certificate])) == ["green_power_unproven"]
    assert "physical-connection" in both([certificate]).doubts[0].sentence
    assert both([certificate], ABROAD).market_kg == 0


def test_certificates_that_cover_half_prove_half() -> None:
    half = supply(Source.PPA_CONTRACT, cancelled=(Cancellation("C1", d("0.5"), "ppa_contract"),))
    result = both([half])
    assert result.lines[0].proven_kwh == d("500")
    assert result.market_kg == d("304.8")
    assert about(result) == ["certificates_short"]


def test_certificates_cancelled_for_another_supply_prove_nothing() -> None:
    other = supply(Source.PPA_CONTRACT, cancelled=(Cancellation("C1", d("1"), "another"),))
    assert both([other]).lines[0].proven_kwh == 0


def test_attributes_that_were_sold_are_gone() -> None:
    sold = supply(Source.DIRECT_LINE, attributes_sold=True)
    for result, market in ((both([sold]), "609.6"), (fourth([sold]), "133.3")):
        assert (result.location_kg, result.market_kg) == (ZERO, d(market))
        assert about(result) == ["attributes_sold"]


def test_where_no_residual_factor_is_known_the_average_is_doubted() -> None:
    result = both([supply(Source.PPA_CONTRACT), supply(Source.GRID)], Grid("NO", AVERAGE, None))
    assert result.market_kg == d("133.3")
    assert about(result) == ["residual_unknown"]


def test_a_claim_names_the_factor_of_its_plant() -> None:
    with pytest.raises(Refused) as refusal:
        both([supply(Source.DIRECT_LINE, generator_kg_per_kwh=None)])
    assert refusal.value.slug == "generator-factor-missing"


def test_all_claims_without_the_factor_of_their_plant_are_named_at_once() -> None:
    bare = [
        supply(source, generator_kg_per_kwh=None, supply_id=f"S{number}")
        for number, source in enumerate([*CLAIMS] * 3)
    ]
    with pytest.raises(Refused) as refusal:
        both([*bare, supply(Source.GRID)])
    assert refusal.value.facts["data"] == [one.supply_id for one in bare]
    assert "S4 and 4 more claim the power of a plant" in refusal.value.sentence


def test_a_supply_has_an_id_of_its_own() -> None:
    with pytest.raises(Refused) as refusal:
        both([supply(Source.GRID), supply(Source.GRID)])
    assert refusal.value.slug == "supply-twice"


@pytest.mark.parametrize(("changes"), [{"kwh": d("-1")}, {"generator_kg_per_kwh": d("-0.1")}])
def test_power_is_never_below_zero(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        both([supply(Source.PPA_CONTRACT)._replace(**changes)])
    assert refusal.value.slug == "quantity-negative"


@given(st.lists(st.tuples(st.sampled_from(list(Source)), decimals("0", "1000000", 0))))
def test_every_kilowatt_hour_is_counted_once(parts: list[tuple[Source, Decimal]]) -> None:
    supplies = [
        supply(source, kwh, supply_id=f"S{number}") for number, (source, kwh) in enumerate(parts)
    ]
    result = both(supplies)
    assert result.kwh == sum((kwh for _, kwh in parts), d("0"))
    for line in result.lines:
        assert 0 <= line.proven_kwh <= line.kwh
        assert line.location_kg <= line.kwh * AVERAGE.kg_per_kwh


@given(st.permutations(list(Source)))
def test_the_order_of_supplies_changes_nothing(sources: list[Source]) -> None:
    result, usual = both([supply(one) for one in sources]), both([supply(one) for one in Source])
    assert (result.location_kg, result.market_kg) == (usual.location_kg, usual.market_kg)
