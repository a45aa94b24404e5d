"""What is exported as GS1 EPCIS 2.0 is valid against GS1's own schema, and says what was booked."""

from collections.abc import Mapping
from copy import deepcopy
from typing import cast

import pytest
from jsonschema import Draft7Validator

from contracts.coc import MovementBooked
from contracts.custody import Account, Material, MovementKind, Party, Stage
from contracts.envelope import Event
from contracts.values import Activity, Instant
from services.coc_ledger.exports.epcis import epcis_document
from tests.contracts_kept.gs1 import epcis_validator, faults
from tests.plugins.require import needs
from tests.rules.coc import told
from tests.rules.coc.told import ALUMINA, POOL, movement

NOW = Instant("2026-04-01T00:00:00.000000Z")
BASE = "https://castmark.example"
HOSTILE = Party(name='Ünïted "Rollers" <&> 铝业 #1', address="x", entity_id=None)


def exported(*events: Event) -> dict[str, object]:
    return epcis_document(told.recorded(*events), BASE, NOW)


def events_of(document: Mapping[str, object]) -> list[dict[str, object]]:
    body = cast("dict[str, list[dict[str, object]]]", document["epcisBody"])
    return body["eventList"]


def to_stage() -> MovementBooked:
    return movement(
        "T-1",
        MovementKind.TO_STAGE,
        (Account.STOCK, -2_000),
        (Account.OUTPUT_COC, 1_500),
        (Account.OUTFLOW, 500),
        pool=ALUMINA,
        coc_kg=1_500,
        to_stage=Stage.ALUMINIUM,
    )


def from_stage() -> MovementBooked:
    return movement(
        "stage:alumina:T-1",
        MovementKind.FROM_STAGE,
        (Account.INPUT_COC, -780),
        (Account.NON_COC, -260),
        (Account.STOCK, 1_040),
        coc_kg=780,
    )


def delivery() -> MovementBooked:
    entries = ((Account.INPUT_COC, -40_000), (Account.NON_COC, -1_000), (Account.STOCK, 41_000))
    kind = MovementKind.DOCUMENT_RECEIPT
    return movement("document:1:D-1", kind, *entries, coc_kg=40_000, document="D-1")


def failed_later() -> MovementBooked:
    entries = ((Account.INPUT_COC, 40_000), (Account.NON_COC, -40_000))
    return movement("document:2:D-1", MovementKind.RECLASSIFICATION, *entries, document="D-1")


def taken_back(movement_id: str = "R-1", document: str | None = None) -> MovementBooked:
    reverses = None if document else movement_id
    entries = ((Account.NON_COC, 500), (Account.STOCK, -500))
    kind = MovementKind.REVERSAL
    return movement("B-1", kind, *entries, reverses=reverses, document=document)


def loss() -> MovementBooked:
    return movement("L-1", MovementKind.LOSS, (Account.STOCK, -30), (Account.LOSSES, 30))


EVERYTHING = (
    told.receipt("R-1", 500),
    told.receipt("R-2", 700, Account.INPUT_POST_CONSUMER),
    told.shipment("O-1", 400),
    loss(),
    movement("N-1", MovementKind.COUNT, (Account.UNEXPLAINED, -5), (Account.STOCK, 5)),
    to_stage(),
    from_stage(),
    told.issued("D-1"),
    told.issued("D-2", customer=HOSTILE),
    told.issued("D-3", 39_000, replaces="D-1"),
    told.checked("D-1", passed=True),
    told.checked("D-2", passed=False),
    delivery(),
    failed_later(),
    taken_back(),
    taken_back(document="D-1"),
    told.ended("D-1", by="D-3"),
    told.ended("D-2"),
)


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    return epcis_validator()


@needs("npm")
def test_everything_that_is_exported_is_valid(validator: Draft7Validator) -> None:
    document = exported(*EVERYTHING)

    assert faults(validator, document) == []
    assert len(events_of(document)) == len(EVERYTHING) - 1, "a count of stock has no counterpart"


@needs("npm")
@pytest.mark.parametrize(
    ("place", "broken"),
    [
        ("eventTime", "2026-03-09"),
        ("eventTimeZoneOffset", "Z"),
        ("eventID", "not a uri"),
        ("bizStep", "melting"),
        ("action", "CHANGE"),
        ("quantityList", [{"quantity": 5}]),
        ("unknown", "no vocabulary, no extension"),
        ("bizTransactionList", [{"type": "coc", "bizTransaction": "urn:x:1"}]),
        ("errorDeclaration", {"reason": "incorrect_data"}),
    ],
)
def test_the_schema_finds_what_is_wrong(
    place: str, broken: object, validator: Draft7Validator
) -> None:
    document = exported(told.issued("D-1"))
    assert faults(validator, document) == []
    wrong = deepcopy(document)
    events_of(wrong)[-1][place] = broken

    assert faults(validator, wrong) != []


def test_a_stage_change_is_one_transformation_in_two_halves() -> None:
    before, after = events_of(exported(to_stage(), from_stage()))

    assert before["type"] == after["type"] == "TransformationEvent"
    assert before["transformationID"] == after["transformationID"]
    assert before["inputQuantityList"] == [quantity("alumina-coc", 1_500), rest(500)]
    assert after["outputQuantityList"] == [
        quantity("aluminium-coc", 780),
        quantity("aluminium-non-coc", 260),
    ]


def quantity(name: str, kg: int) -> dict[str, object]:
    return {"epcClass": f"{BASE}/coc/classes/{name}", "quantity": kg, "uom": "KGM"}


def rest(kg: int) -> dict[str, object]:
    return quantity("alumina-non-coc", kg)


@pytest.mark.parametrize("material", list(Material))
def test_a_document_tells_its_material_and_nothing_that_nobody_told(material: Material) -> None:
    """That metal was cast, or rolled, is not known from what a document calls it: it may have been
    bought as that."""
    document = told.issued("D-1").model_copy(update={"material": material})
    [issue] = events_of(exported(document))
    assert (issue["type"], issue["bizStep"]) == ("TransactionEvent", "shipping")
    assert issue["castmark:material"] == material.value
    assert str(issue["castmark:customerCertificate"]).endswith("/coc/certificates/C-COC-2")


STEPS: Mapping[MovementKind, str | None] = {
    MovementKind.RECEIPT: "receiving",
    MovementKind.DOCUMENT_RECEIPT: "receiving",
    MovementKind.SHIPMENT: "shipping",
    MovementKind.RECLASSIFICATION: "inspecting",
    MovementKind.TO_STAGE: "creating_class_instance",
    MovementKind.FROM_STAGE: "creating_class_instance",
    MovementKind.LOSS: None,
}
"""The business step that a movement names itself; how metal was lost nobody tells."""


@needs("npm")
def test_a_business_step_is_what_the_movement_says_it_was(validator: Draft7Validator) -> None:
    booked = [one for one in EVERYTHING if isinstance(one, MovementBooked) and one.kind in STEPS]
    document = exported(*booked)
    made = events_of(document)
    assert {one.kind for one in booked} == set(STEPS)
    assert [one.get("bizStep") for one in made] == [STEPS[one.kind] for one in booked]
    assert [one["castmark:kind"] for one in made] == [one.kind.value for one in booked]
    assert faults(validator, document) == []


@needs("npm")
def test_the_activity_of_a_movement_is_told_where_it_was_named(validator: Draft7Validator) -> None:
    named = [
        one.model_copy(update={"activity": Activity.CASTHOUSE})
        for one in (told.receipt("R-1", 500), told.shipment("O-1", 400), loss(), from_stage())
    ]
    document = exported(*named, told.receipt("R-2", 700))
    assert faults(validator, document) == []
    *told_, silent = events_of(document)
    assert [one["castmark:activity"] for one in told_] == ["casthouse"] * 4
    assert "castmark:activity" not in silent


def test_a_replaced_document_is_declared_an_error_and_names_what_holds_instead() -> None:
    old, new, declared = events_of(
        exported(told.issued("D-1"), told.issued("D-3", replaces="D-1"), told.ended("D-1", "D-3"))
    )

    error = cast("dict[str, object]", declared.pop("errorDeclaration"))
    assert declared == old, "the same event, with its own id"
    assert error["correctiveEventIDs"] == [new["eventID"]]
    assert error["reason"] == "incorrect_data"


def test_a_booking_taken_back_did_not_occur() -> None:
    booked, declared = events_of(exported(told.receipt("R-1", 500), taken_back()))

    error = cast("dict[str, object]", declared.pop("errorDeclaration"))
    assert declared == booked
    assert error == {
        "declarationTime": "2026-03-10T08:00:02.000000Z",
        "reason": "did_not_occur",
    }


def test_a_delivery_taken_back_is_found_by_its_document() -> None:
    booked, declared = events_of(exported(delivery(), taken_back(document="D-1")))

    assert declared["eventID"] == booked["eventID"]
    assert "errorDeclaration" in declared


def test_what_is_not_among_the_events_cannot_be_declared_an_error() -> None:
    assert events_of(exported(taken_back(), told.ended("D-9"))) == []


def test_metal_that_fails_a_later_check_becomes_non_coc() -> None:
    _, after = events_of(exported(delivery(), failed_later()))

    assert after["disposition"] == "non_conformant"
    assert after["quantityList"] == [quantity("aluminium-non-coc", 40_000)]


def test_no_person_is_named() -> None:
    assert "person:9" not in str(exported(*EVERYTHING))
    assert POOL.scope_id in str(exported(*EVERYTHING))


@pytest.mark.parametrize(
    ("known", "uri"),
    [
        ({}, "entities/name%3AMILL%20works"),
        ({"scope_id": "mill-s"}, "scopes/mill-s"),
        ({"scope_id": "mill-s", "entity_id": "E-2"}, "entities/E-2"),
    ],
)
def test_a_customer_is_named_by_what_is_known_of_it_here(known: dict[str, str], uri: str) -> None:
    customer = Party.model_validate({"name": "MILL works", "address": "6 S", **known})
    [event] = events_of(exported(told.issued("D-1", customer=customer)))
    assert event["destinationList"] == [
        {"type": "owning_party", "destination": f"{BASE}/coc/{uri}"}
    ]
