"""Scrap: kinds apart, method by regime, never zero unsaid (sources.md 4.8, R-03, R-04, W16)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.calculation.scrap import (
    Burden,
    Kind,
    Lot,
    Method,
    Reference,
    burden,
    content,
    implied_rest,
    melt,
)

from .given import BOOK, POLICY, TODAY, d, decimals, rounded

WORLD = BOOK.latest("world_primary", TODAY)
REFERENCE = Reference(WORLD.factor("intensity").value, WORLD.factor_set, d("0.5"), d("0.98"))
PRE = Lot("pre", Kind.PRE_CONSUMER, d("100"), source_factor=d("8"))
POST = Lot("post", Kind.POST_CONSUMER, d("100"), collection_factor=d("0.1"))
OWN = Lot("own", Kind.INTERNAL, d("100"), bought=False)
DROSS = Lot("dross", Kind.DROSS, d("100"), source_factor=d("6"))
ASI = "asi_mine_to_metal"


def carried(lot: Lot, method: Method = Method.CO_PRODUCT, regime: str = ASI) -> Burden:
    return burden(lot, method, regime, REFERENCE, POLICY)


def about(result: Burden) -> list[str]:
    return [doubt.about for doubt in result.doubts]


def test_the_world_average_is_the_latest_of_the_institute() -> None:
    assert (REFERENCE.primary, REFERENCE.factor_set) == (d("15.1"), "world_primary_2022")


def test_pre_consumer_scrap_keeps_the_footprint_of_its_metal() -> None:
    result = carried(PRE)
    assert (result.factor, result.emission_t, about(result)) == (d("8"), d("800"), [])


def test_pre_consumer_scrap_of_unknown_source_is_world_primary_metal() -> None:
    result = carried(PRE._replace(source_factor=None))
    assert result.emission_t == d("1510")
    assert about(result) == ["pre_consumer_source_unknown"]
    assert "15.1 t CO2e/t, world_primary_2022" in result.doubts[0].sentence


@pytest.mark.parametrize("method", list(Method))
def test_unknown_is_zero_under_no_method(method: Method) -> None:
    result = carried(PRE._replace(source_factor=None), method, "iai")
    assert result.factor == d("15.1")


def test_a_zero_that_somebody_claims_is_found() -> None:
    assert about(carried(PRE._replace(source_factor=d("0")))) == ["pre_consumer_zero"]


def test_cut_off_gives_zero_where_the_regime_takes_it_and_is_found() -> None:
    result = carried(PRE, Method.CUT_OFF, "iai")
    assert (result.factor, about(result)) == (d("0"), ["pre_consumer_zero"])


@pytest.mark.parametrize("lot", [PRE, PRE._replace(source_factor=None), POST, DROSS])
def test_cbam_gives_all_scrap_zero_and_finds_nothing(lot: Lot) -> None:
    result = carried(lot, Method.CUT_OFF, "cbam")
    assert (result.emission_t, about(result)) == (d("0"), [])


def test_post_consumer_scrap_brings_its_collection_alone() -> None:
    assert carried(POST).emission_t == d("10")
    unknown = carried(POST._replace(collection_factor=None))
    assert (unknown.factor, about(unknown)) == (d("0"), ["collection_unknown"])


@pytest.mark.parametrize("kind", [Kind.INTERNAL, Kind.DROSS])
@pytest.mark.parametrize("method", list(Method))
def test_ones_own_scrap_brings_neither_burden_nor_credit(kind: Kind, method: Method) -> None:
    result = carried(OWN._replace(kind=kind), method, "iai")
    assert (result.factor, about(result)) == (d("0"), [])


def test_bought_dross_carries_its_metal() -> None:
    assert carried(DROSS).emission_t == d("600")
    assert about(carried(DROSS._replace(source_factor=None))) == ["pre_consumer_source_unknown"]


SUBSTITUTED = (d("15.1") - d("0.5")) * d("0.98")


@pytest.mark.parametrize("lot", [PRE, DROSS])
def test_under_substitution_pre_consumer_scrap_bears_what_scrap_out_is_credited(lot: Lot) -> None:
    result = carried(lot, Method.SUBSTITUTION, "iai")
    assert result.factor == REFERENCE.substituted == SUBSTITUTED


@pytest.mark.parametrize("method", list(Method))
def test_post_consumer_scrap_brings_its_collection_alone_under_every_method(
    method: Method,
) -> None:
    assert carried(POST, method, "iai").emission_t == d("10")
    unknown = carried(POST._replace(collection_factor=None), method, "iai")
    assert (unknown.factor, about(unknown)) == (d("0"), ["collection_unknown"])


def test_an_earlier_engine_let_post_consumer_scrap_bear_what_scrap_out_was_credited() -> None:
    old = burden(POST, Method.SUBSTITUTION, "iai", REFERENCE, POLICY, post_substituted=True)
    assert old.factor == SUBSTITUTED


@pytest.mark.parametrize(
    ("lot", "method", "regime", "slug"),
    [
        (PRE._replace(kind=None), Method.CO_PRODUCT, ASI, "scrap-kind-missing"),
        (OWN._replace(bought=True), Method.CO_PRODUCT, ASI, "run-around-bought"),
        (PRE, Method.CUT_OFF, ASI, "scrap-method-not-allowed"),
        (PRE, Method.CO_PRODUCT, "cbam", "scrap-method-not-allowed"),
        (PRE, Method.CO_PRODUCT, "ours", "unknown-regime"),
        (PRE._replace(mass_t=d("-1")), Method.CO_PRODUCT, ASI, "quantity-negative"),
        (PRE._replace(source_factor=d("-1")), Method.CO_PRODUCT, ASI, "quantity-negative"),
    ],
)
def test_what_cannot_be_is_refused(lot: Lot, method: Method, regime: str, slug: str) -> None:
    with pytest.raises(Refused) as refusal:
        carried(lot, method, regime)
    assert refusal.value.slug == slug


def test_a_melt_adds_its_parts_over_what_was_cast() -> None:
    burdens = [carried(lot) for lot in (PRE, POST, OWN)]
    result = melt([(d("200"), d("10"))], burdens, {"remelt": d("90")}, d("500"))
    assert result.parts == {
        "primary": d("2000"),
        "pre_consumer": d("800"),
        "post_consumer": d("10"),
        "internal": d("0"),
        "dross": d("0"),
        "remelt": d("90"),
    }
    assert result.intensity == d("5.8")


@pytest.mark.parametrize("output", ["0", "-1"])
def test_a_melt_of_nothing_has_no_intensity(output: str) -> None:
    with pytest.raises(Refused) as refusal:
        melt([], [], {}, d(output))
    assert refusal.value.slug == "output-missing"


def test_no_part_is_counted_twice() -> None:
    with pytest.raises(Refused) as refusal:
        melt([], [], {"primary": d("1")}, d("1"))
    assert refusal.value.slug == "part-twice"


def test_run_around_is_no_recycled_content() -> None:
    shares = content(d("200"), [PRE, POST, OWN])
    assert (shares.pre_consumer, shares.post_consumer) == (d("0.25"), d("0.25"))
    assert shares.recycled == d("0.5")
    assert content(d("200"), [PRE, POST]) == shares


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        content(d("0"), [OWN])
    assert refusal.value.slug == "metal-input-missing"


def test_w16_what_a_published_footprint_implies_for_the_rest() -> None:
    assert implied_rest(d("2.3"), d("0.75"), d("0.5")) == d("7.7")


@pytest.mark.parametrize("share", ["1", "-0.1", "1.2"])
def test_without_a_rest_nothing_is_implied(share: str) -> None:
    with pytest.raises(Refused) as refusal:
        implied_rest(d("1"), d(share), d("0.5"))
    assert refusal.value.slug == "share-impossible"


MASSES = decimals("0", "100000", 3)


@given(MASSES, decimals("0", "0.9"), MASSES)
def test_post_consumer_scrap_in_place_of_primary_metal_never_raises_the_footprint(
    primary: Decimal, share: Decimal, output: Decimal
) -> None:
    moved = rounded(primary * share, "0.001")
    made = output + 1
    before = melt([(primary, d("12"))], [], {}, made)
    scrap = carried(POST._replace(mass_t=moved))
    after = melt([(primary - moved, d("12"))], [scrap], {}, made)
    assert after.intensity <= before.intensity


@given(MASSES, st.sampled_from([ASI, "iai", "gbt_44905_2024"]), decimals("0", "20"))
def test_outside_cbam_pre_consumer_scrap_is_never_zero_unsaid(
    mass: Decimal, regime: str, source: Decimal
) -> None:
    for factor in (None, source):
        for method in (Method.CO_PRODUCT, Method.CUT_OFF, Method.SUBSTITUTION):
            if method not in POLICY.words(f"scrap.methods.{regime}"):
                continue
            result = carried(PRE._replace(mass_t=mass, source_factor=factor), method, regime)
            assert result.factor > 0 or "pre_consumer_zero" in about(result)


@given(st.lists(MASSES, min_size=1, max_size=6))
def test_a_lot_carries_what_its_parts_carry(masses: list[Decimal]) -> None:
    parts = sum(carried(PRE._replace(mass_t=mass)).emission_t for mass in masses)
    assert parts == carried(PRE._replace(mass_t=sum(masses, d("0")))).emission_t
