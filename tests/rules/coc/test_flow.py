"""The flow: every kilogram goes from a place to a place, once, whatever is corrected later."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.coc import (
    DesignationReleased,
    ScopeFacilityAdded,
    ScopeFacilityLeft,
    ScopeOpened,
)
from contracts.coc_scopes import ScopeFacilitiesCame
from contracts.custody import Account, Entry, MovementKind, Stage
from contracts.envelope import Event
from services.coc_ledger.exports import export_rows
from services.coc_ledger.flows.flow import (
    Choice,
    Flow,
    Link,
    Node,
    Place,
    chosen,
    passages,
    picture,
    region_of,
    region_of_works,
)

from .given import POLICY, YEAR
from .told import ALUMINA, POOL, SEEN, movement, receipt, recorded, shipment


def went(*events: Event) -> dict[tuple[str, bool, bool], int]:
    """Kilograms by place, way and status; what cancels out is not told."""
    sums: Counter[tuple[str, bool, bool]] = Counter()
    for event in events:
        for one in passages(event):
            sums[one.place.value, one.inward, one.coc] += one.kg
    return {way: kg for way, kg in sums.items() if kg}


def claim(kg: int) -> DesignationReleased:
    """A claim that holds (again)."""
    return DesignationReleased(
        pool=POOL,
        member_id="M-1",
        document="D-1",
        change_id="check:2:D-1",
        day=date(2026, 3, 9),
        mass_kg=kg,
        entries=(
            Entry(account=Account.OUTFLOW, kg=-kg),
            Entry(account=Account.OUTPUT_COC, kg=kg),
        ),
        because="check_passed",
        restored=True,
    )


def test_metal_comes_from_where_its_account_says() -> None:
    assert went(receipt("R-1", 5)) == {("non_coc_supply", True, False): 5}
    assert went(receipt("R-2", 7, Account.INPUT_POST_CONSUMER)) == {
        ("post_consumer_scrap", True, True): 7
    }


def test_what_a_document_brings_comes_from_the_market_of_coc_metal() -> None:
    entries = ((Account.INPUT_COC, -40), (Account.NON_COC, -2), (Account.STOCK, 42))
    told = movement("d", MovementKind.DOCUMENT_RECEIPT, *entries, document="D-1")
    assert went(told) == {("coc_market", True, True): 40, ("coc_market", True, False): 2}


def test_a_claim_moves_a_lot_from_one_market_to_the_other() -> None:
    assert went(shipment("O-1", 100), claim(60)) == {
        ("non_coc_market", False, False): 40,
        ("coc_market", False, True): 60,
    }


def test_what_is_taken_back_never_went() -> None:
    back = ((Account.NON_COC, 5), (Account.STOCK, -5))
    reversal = movement("B-1", MovementKind.REVERSAL, *back, reverses="R-1")
    assert went(receipt("R-1", 5), reversal) == {}


def test_a_stage_change_passes_the_conversion_of_the_earlier_stage() -> None:
    out = ((Account.STOCK, -20), (Account.OUTPUT_COC, 15), (Account.OUTFLOW, 5))
    first = movement("T", MovementKind.TO_STAGE, *out, pool=ALUMINA, to_stage=Stage.ALUMINIUM)
    into = ((Account.INPUT_COC, -8), (Account.NON_COC, -2), (Account.STOCK, 10))
    second = movement("stage:alumina:T", MovementKind.FROM_STAGE, *into)
    places = {(one.place, one.stage) for event in (first, second) for one in passages(event)}
    assert places == {(Place.CONVERSION, Stage.ALUMINA)}


@pytest.mark.parametrize(
    ("country", "region"),
    [("CN", "china"), ("NO", "europe"), ("AE", "gulf"), ("AU", "oceania"), ("ZZ", "other")],
)
def test_regions_are_the_policys(country: str, region: str) -> None:
    assert region_of(country, POLICY) == region


@pytest.mark.parametrize(
    ("countries", "region"),
    [
        (("AU",), "oceania"),
        (("AU", "AU", "NZ"), "oceania"),
        (("AU", "DE"), "several"),
        ((), "europe"),
    ],
)
def test_a_pool_lies_where_its_works_stand_whatever_country_its_entity_is_of(
    countries: tuple[str, ...], region: str
) -> None:
    """Of works of which nothing is known, in the region of the entity, here registered in DE."""
    assert region_of_works(countries, "DE", POLICY) == region


def test_no_country_is_in_two_regions() -> None:
    regions = [name for name in POLICY.figures if name.startswith("flow.region.")]
    named = Counter(country for name in regions for country in POLICY.words(name))
    assert [country for country, times in named.items() if times > 1] == []
    assert len(named) > 190


def test_rows_are_folds_that_give_the_picture() -> None:
    """Two receipts of a day are one row; a viewer sees its own members' flows alone."""
    flows = next(one for one in export_rows.PROJECTIONS if one.name == "flows")
    rows: dict[str, export_rows.FlowRow] = {}
    for one in recorded(receipt("R-1", 5), receipt("R-2", 6), shipment("O-1", 3)):
        for key in flows.keys(one):
            rows[key] = flows.evolve(key, rows.get(key), one)
    told = [export_rows.flow_of(row, "europe") for row in rows.values()]
    first, last = date(2026, 1, 1), date(2026, 12, 31)

    assert sorted(one.kg for one in told) == [3, 11]
    assert sorted(kg for _, kg in picture(told, first, last, None).links) == [3, 11]
    assert picture(told, first, last, frozenset({"M-2"})).links == []
    assert picture(told, first, date(2026, 3, 8), None).links == []


def test_a_scope_keeps_every_facility_that_it_ever_had_as_a_place() -> None:
    """Else what was booked in Australia would move to Europe on the day on which works left."""
    places = next(one for one in export_rows.PROJECTIONS if one.name == "scope_places")
    whose = {"scope_id": "S-1", "member_id": "M-1"}
    seen = {"activities": ("casthouse",), "evidence": SEEN, "policy_id": "P", "ps_due_on": None}
    opened = {"name": "Works", "address": "1 Street", "starts_on": YEAR, "months": 12}
    told = (
        ScopeOpened.model_validate(
            {**whose, **seen, **opened, "entity_id": "E-1", "facilities": ("F-1",)}
            | {"opened_on": YEAR}
        ),
        ScopeFacilityAdded.model_validate(
            {**whose, **seen, "facility_id": "F-2", "added_on": YEAR}
        ),
        ScopeFacilityLeft.model_validate(
            {**whose, "facility_id": "F-1", "effective_on": YEAR, "because": "closed"}
        ),
        ScopeFacilitiesCame.model_validate(
            {**whose, "from_scope_id": "S-0", "facilities": ("F-3",), "effective_on": YEAR}
        ),
    )
    row = None
    for one in recorded(*told):
        for key in places.keys(one):
            row = places.evolve(key, row, one)
    assert row == export_rows.PlaceRow("S-1", "E-1", ("F-1", "F-2", "F-3"))


ENTITIES = {"S-1": "E-1", "S-2": "E-1", "S-3": "E-3"}
PLACES = [
    (member, scope, stage, region)
    for member, scope in (("M-1", "S-1"), ("M-1", "S-2"), ("M-2", "S-3"))
    for stage in (Stage.ALUMINA, Stage.ALUMINIUM)
    for region in ("europe", "gulf")
]
FLOWS = [
    Flow(YEAR, YEAR, member, scope, Link(Node(Place.SUPPLY, stage), pool, False), 2**number)
    for number, (member, scope, stage, region) in enumerate(PLACES)
    for pool in (Node(Place.POOL, stage, region),)
]
SOME = st.none() | st.frozensets(st.sampled_from(("M-1", "M-2", "S-1", "S-3", "E-1", "E-3")))


@given(
    st.none() | st.frozensets(st.sampled_from(("M-1", "M-2"))),
    SOME,
    SOME,
    st.sampled_from((None, *Stage)),
    st.sampled_from((None, "europe", "gulf", "china")),
)
def test_a_choice_is_exactly_what_all_its_words_name(
    members: frozenset[str] | None,
    scopes: frozenset[str] | None,
    entities: frozenset[str] | None,
    stage: Stage | None,
    region: str | None,
) -> None:
    """Each flow has a bit of its own, so that the sum tells which were counted."""
    choice = Choice(members, scopes, entities, stage, region)
    found = chosen(FLOWS, YEAR, YEAR, choice, ENTITIES)
    expected = sum(
        2**number
        for number, (member, scope, at, place) in enumerate(PLACES)
        if (members is None or member in members)
        and (scopes is None or scope in scopes)
        and (entities is None or ENTITIES[scope] in entities)
        and stage in (None, at)
        and region in (None, place)
    )
    assert sum(kg for _, kg in found.links) == expected
