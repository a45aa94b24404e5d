"""A supplier is asked for a datum because of its share, answers with a registration id, and its
answer takes the place of a default, with the difference shown (sources.md 4.10, R-01)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_claims import (
    DatumAnswered,
    DatumDeclined,
    DatumRequested,
    DatumRequestWithdrawn,
    DatumTaken,
)
from contracts.inventory import DataKind, Step
from services.ghg.calculation.calculate import calculate
from services.ghg.evidence import FacilityEvidence
from services.ghg.findings import Context, findings
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.suppliers import supplier
from services.ghg.suppliers.commands import (
    AnswerDatum,
    DeclineDatum,
    IssueRegistration,
    RequestDatum,
    TakeDatum,
    WithdrawDatumRequest,
)
from services.ghg.suppliers.effect import difference, proposal, ranked, share_of, shares
from services.ghg.suppliers.factor_units import kg_per_unit, understood
from tests.rules.spec import Answered, Spec, policies_of

from .given import POLICY
from .made import datum, inventory, pinned, result, smelter

ON = date(2026, 6, 1)
HASH, OTHER = "a" * 64, "b" * 64
FACILITY = FacilityEvidence.model_validate(
    {
        "facility_id": "FAC-1",
        "member_id": "M-1",
        "entity_id": "ENT-1",
        "location": {"country": "AE"},
    }
)
BEFORE = result(*smelter())
SHARE = share_of(BEFORE, 1, "bought.alumina", "SUP-1")
requests = Spec(supplier, policies_of("ghg"))


def ask(**more: Any) -> RequestDatum:
    """The alumina of SUP-1 is asked about."""
    said = {
        "on": ON,
        "request_id": "R-1",
        "member_id": "M-1",
        "facility_id": "FAC-1",
        "year": 2024,
        "supplier_id": "SUP-1",
        "item": "bought.alumina",
        "facility": FACILITY,
        "share": SHARE,
    }
    return RequestDatum.model_validate({**said, **more})


def answer(**more: Any) -> AnswerDatum:
    """A verified factor."""
    said = {
        "on": ON,
        "request_id": "R-1",
        "factor": Decimal(900),
        "unit": "t",
        "kind": DataKind.SUPPLIER_VERIFIED,
        "boundary": "cradle_to_gate",
        "data_year": 2024,
        "source": "EPD-2025",
        "evidence_ref": "DOC-1",
        "verifier": "VER-1",
        "token_hash": HASH,
    }
    return AnswerDatum.model_validate({**said, **more})


ISSUE = IssueRegistration(on=ON, request_id="R-1", member_id="M-1", token_hash=HASH)
DECLINE = DeclineDatum(on=ON, request_id="R-1", reason="confidential", token_hash=HASH)
WITHDRAW = WithdrawDatumRequest(on=ON, request_id="R-1", member_id="M-1")


def take(number: int = 1) -> TakeDatum:
    """The answer stands in version 2 of the data."""
    return TakeDatum(on=ON, request_id="R-1", member_id="M-1", answer=number, data_version=2)


def registered() -> Answered:
    """A request that can be answered."""
    return requests.when(ask(), ISSUE)


def the_answer() -> DatumAnswered:
    """What the supplier told."""
    event = registered().and_when(answer()).events[0]
    assert isinstance(event, DatumAnswered)
    return event


# --- the facility's side ---


def test_a_request_says_why_it_is_made() -> None:
    event = requests.when(ask()).events[0]
    assert isinstance(event, DatumRequested)
    assert (event.data, event.factor_kind, event.unit) == (("alumina",), DataKind.DEFAULT, "t")
    line = next(one for one in BEFORE.lines if one.item == "bought.alumina")
    assert event.kg == line.kg
    assert event.factor == line.factor.value
    assert 5 < event.share_percent < 60


def test_what_is_not_bought_of_a_supplier_is_not_asked_of_it() -> None:
    assert share_of(BEFORE, 1, "bought.alumina", "SUP-2") is None
    requests.when(ask(share=None)).refused("input-not-bought")


def test_a_request_is_made_once_and_by_the_facilitys_member() -> None:
    requests.when(ask(), ask()).nothing()
    requests.when(ask(), ask(supplier_id="SUP-2")).refused("request-differs")
    requests.when(ask(facility=None)).refused("unknown-facility")
    requests.when(ask(member_id="M-2")).refused("unknown-facility")
    other = ISSUE.model_copy(update={"member_id": "M-2"})
    requests.when(ask(), other).refused("unknown-datum-request")
    requests.when(ISSUE).refused("unknown-datum-request")


def test_a_withdrawn_request_asks_nothing_any_more() -> None:
    withdrawn = registered().and_when(WITHDRAW)
    withdrawn.then(
        DatumRequestWithdrawn(
            request_id="R-1", member_id="M-1", facility_id="FAC-1", year=2024, withdrawn_on=ON
        )
    )
    withdrawn.and_when(WITHDRAW).nothing()
    withdrawn.and_when(answer()).refused("request-withdrawn")
    withdrawn.and_when(ISSUE).refused("request-withdrawn")


# --- the supplier's side ---


def test_a_supplier_answers_with_the_registration_id_alone() -> None:
    event = the_answer()
    assert (event.answer, event.factor) == (1, Decimal(900))
    assert event.kind is DataKind.SUPPLIER_VERIFIED
    assert (event.supplier_id, event.item) == ("SUP-1", "bought.alumina")


@pytest.mark.parametrize("given", [(), (ask(),)], ids=["no request", "no registration"])
def test_nobody_answers_what_no_registration_was_issued_for(
    given: tuple[RequestDatum, ...],
) -> None:
    requests.when(*given, answer()).refused("unknown-registration")


def test_a_wrong_or_replaced_registration_is_refused_in_the_same_words() -> None:
    registered().and_when(answer(token_hash=OTHER)).refused("unknown-registration")
    newer = ISSUE.model_copy(update={"token_hash": OTHER})
    registered().and_when(newer, answer()).refused("unknown-registration")
    registered().and_when(DECLINE.model_copy(update={"token_hash": OTHER})).refused(
        "unknown-registration"
    )


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"unit": "kg"}, "unit-differs"),
        ({"unit": "kg CO2/t"}, "unit-differs"),
        ({"unit": "Mt CO2e/t"}, "unit-differs"),
        ({"unit": "kg CO2e/MJ"}, "unit-differs"),
        ({"factor": Decimal(900_000)}, "factor-not-physical"),
        ({"factor": Decimal(900), "unit": "t CO2e/t"}, "factor-not-physical"),
        ({"factor": Decimal(0)}, "factor-not-physical"),
        ({"factor": Decimal("0.00001")}, "factor-not-physical"),
        ({"factor": Decimal("0.0009"), "unit": "t CO2e/t"}, "factor-not-physical"),
        ({"boundary": "gate_to_gate"}, "boundary-too-small"),
        ({"data_year": 2027}, "year-not-begun"),
        ({"verifier": None}, "verification-missing"),
        ({"evidence_ref": None}, "verification-missing"),
        ({"factor_gwp_set": "AR9"}, "unknown-gwp-set"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(more: dict[str, Any], slug: str) -> None:
    registered().and_when(answer(**more)).refused(slug)


def test_an_unverified_factor_needs_no_verifier() -> None:
    command = answer(kind=DataKind.SUPPLIER_UNVERIFIED, verifier=None, evidence_ref=None)
    event = registered().and_when(command).events[0]
    assert isinstance(event, DatumAnswered)


@pytest.mark.parametrize(
    ("written", "told"),
    [("AR5", "AR5"), ("IPCC AR4 GWP100", "AR4"), (" sar ", "SAR"), ("", None), (None, None)],
)
def test_a_supplier_says_under_which_warming_potentials_its_factor_is_made(
    written: str | None, told: str | None
) -> None:
    event = registered().and_when(answer(factor_gwp_set=written)).events[0]
    assert isinstance(event, DatumAnswered)
    assert event.factor_gwp_set == told


@pytest.mark.parametrize(
    ("factor", "unit"),
    [
        ("900", "t"),
        ("900", "kg CO2e/t"),
        ("900", "kgCO2eq per tonne"),
        ("0.9", "t CO2e/t"),
        ("0.9", "kg CO2e / kg"),
        ("0.9", "t CO₂-eq/t"),
    ],
)
def test_a_factor_is_understood_in_the_unit_that_suppliers_write(factor: str, unit: str) -> None:
    told = registered().and_when(answer(factor=Decimal(factor), unit=unit))
    event = told.events[0]
    assert isinstance(event, DatumAnswered)
    assert (event.factor, event.unit) == (Decimal(900), "t")
    told.and_when(answer()).nothing()


@pytest.mark.parametrize("unit", ["t", "kWh"])
def test_the_units_that_a_supplier_is_told_of_are_understood(unit: str) -> None:
    factors = [kg_per_unit(one, unit) for one in understood(unit)]
    assert factors == [1, 1, 1000]


def test_only_what_is_bought_cannot_come_without_a_burden() -> None:
    scrap = SHARE.model_copy(update={"data": ("scrap",)}) if SHARE else None
    event = (
        requests.when(ask(item="scrap.in", share=scrap), ISSUE)
        .and_when(answer(factor=Decimal(0)))
        .events[0]
    )
    assert isinstance(event, DatumAnswered)
    assert event.factor == 0


def test_the_same_factor_under_another_set_is_another_answer() -> None:
    told = registered().and_when(answer(), answer(factor_gwp_set="AR5"))
    event = told.events[0]
    assert isinstance(event, DatumAnswered)
    assert event.answer == 2
    told.and_when(answer(factor_gwp_set="ar5")).nothing()


def test_the_same_answer_changes_nothing_and_another_takes_its_place() -> None:
    registered().and_when(answer(), answer()).nothing()
    event = registered().and_when(answer(), answer(factor=Decimal(950))).events[0]
    assert isinstance(event, DatumAnswered)
    assert event.answer == 2


def test_a_supplier_may_decline_and_answer_later() -> None:
    declined = registered().and_when(DECLINE)
    assert isinstance(declined.events[0], DatumDeclined)
    declined.and_when(DECLINE).nothing()
    assert isinstance(declined.and_when(answer()).events[0], DatumAnswered)


def test_an_answer_is_taken_once_and_only_the_one_that_holds() -> None:
    taken = registered().and_when(answer(), take())
    assert isinstance(taken.events[0], DatumTaken)
    taken.and_when(take()).nothing()
    registered().and_when(answer(), take(2)).refused("unknown-answer")
    registered().and_when(take()).refused("unknown-answer")


# --- the effect ---


def test_the_answer_replaces_the_default_and_shows_the_difference() -> None:
    after = calculate(proposal(inventory(*smelter()), the_answer()), pinned())
    changed = difference(BEFORE, after)
    (one,) = changed.data
    assert (one.datum_id, one.new_factor) == ("alumina", Decimal(900))
    assert (one.old_kind, one.new_kind) == (DataKind.DEFAULT, DataKind.SUPPLIER_VERIFIED)
    assert one.new_kg == one.quantity * 900
    assert changed.change_kg == one.new_kg - one.old_kg
    old, new = (sum(line.kg for line in lines) for lines in (BEFORE.lines, after.lines))
    assert new - old == changed.change_kg, "nothing else moved"


def test_the_proposal_touches_no_other_datum() -> None:
    before = inventory(*smelter())
    after = proposal(before, the_answer())
    moved = [
        one.datum_id for one, other in zip(before.data, after.data, strict=True) if one != other
    ]
    assert moved == ["alumina"]
    (mended,) = [one for one in after.data if one.datum_id == "alumina"]
    assert (mended.factor_source, mended.evidence) == ("EPD-2025", "DOC-1")


def test_the_reference_of_the_default_proves_nothing_of_the_answer() -> None:
    answered = the_answer().model_copy(update={"evidence_ref": None, "factor": Decimal(300)})
    after = proposal(inventory(*smelter()), answered)
    (mended,) = [one for one in after.data if one.datum_id == "alumina"]
    assert mended.evidence == ""
    result = calculate(after, pinned())
    found = findings(Context(after, result, POLICY, ON))
    assert [one.data for one in found if one.rule == "R-17"] == [("alumina",)]


def test_of_scrap_the_reference_of_its_origin_stays() -> None:
    lot = datum("lot", Step.CASTING, "scrap.in", "10", supplier_id="SUP-1", evidence="DOC-9")
    told = {"item": "scrap.in", "evidence_ref": None}
    after = proposal(inventory(lot), the_answer().model_copy(update=told))
    assert after.data[0].evidence == "DOC-9"


def test_an_answer_of_a_year_long_past_is_found_once_it_is_taken() -> None:
    answered = the_answer().model_copy(update={"data_year": 1990})
    after = proposal(inventory(*smelter()), answered)
    found = findings(Context(after, calculate(after, pinned()), POLICY, ON))
    (one,) = [one for one in found if one.rule == "R-26"]
    assert one.data == ("alumina",)
    assert "metallurgical alumina of 1990" in one.sentence


@pytest.mark.parametrize("told", ["AR5", None])
def test_the_data_carry_the_warming_potentials_of_the_answer_and_none_of_the_factor_before(
    told: str | None,
) -> None:
    asked = inventory(*smelter())
    older = asked._replace(data=[one._replace(factor_gwp_set="AR4") for one in asked.data])
    answered = the_answer().model_copy(update={"factor_gwp_set": told})
    sets = {one.datum_id: one.factor_gwp_set for one in proposal(older, answered).data}
    assert sets.pop("alumina") == (told or "")
    assert set(sets.values()) == {"AR4"}, "other data keep what they tell"


def test_what_is_bought_is_ranked_by_its_share() -> None:
    every = shares(BEFORE, 1)
    sums = [one.share.kg for one in every]
    assert sums == sorted(sums, reverse=True)
    assert every[0].item == "bought.alumina"
    assert not every[0].primary
    after = calculate(proposal(inventory(*smelter()), the_answer()), pinned())
    assert [one.primary for one in shares(after, 2) if one.item == "bought.alumina"] == [True]


def row(name: str, share: str, state: str = "open") -> DatumRequestRow:
    """A request of that share."""
    return DatumRequestRow(
        request_id=name,
        member_id="M-1",
        facility_id="FAC-1",
        facility_year="FAC-1:2024",
        supplier_id=f"SUP-{name}",
        item="bought.alumina",
        unit="t",
        state=state,
        share_percent=share,
        kg="1",
        factor="1",
        answer=0,
        answered=None,
        answered_kind=None,
        requested_on=ON,
    )


def test_open_requests_are_ranked_by_share() -> None:
    rows = [row("A", "9"), row("B", "10"), row("C", "50", "taken"), row("D", "2", "declined")]
    assert [one.request_id for one in ranked(rows)] == ["B", "A", "D"]
