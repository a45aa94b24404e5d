"""Scrap that a supplier is asked about: of one kind, since each bears another burden."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_claims import DatumAnswered, DatumRequested
from contracts.inventory import DataKind, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.scrap import Kind
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.results.current import inputs_asked
from services.ghg.suppliers.effect import proposal, share_of, shares, states
from services.ghg.suppliers.supplier import INITIAL, decide, evolve
from services.ghg.suppliers.work import TOLD
from tests.rules.spec import policies_of

from .made import datum, inventory, result
from .test_supplier import ISSUE, answer, ask, registered, requests
from .test_supplier import row as any_row

MELT = Step.REMELTING
YARD = (
    datum("old", MELT, "scrap.in", "51000", scrap_kind="post_consumer", supplier_id="YARD"),
    datum("new", MELT, "scrap.in", "50000", scrap_kind="pre_consumer", supplier_id="YARD"),
    datum("other", MELT, "scrap.in", "10", scrap_kind="pre_consumer", supplier_id="ELSE"),
    datum("cast", MELT, "output.cast_metal", "100000"),
)


def asked(kind: str | None, *data: Datum) -> Any:
    """The yard is asked about scrap of a kind, or of none, as the server would."""
    share = share_of(result(*(data or YARD)), 1, "scrap.in", "YARD", kind)
    return ask(supplier_id="YARD", item="scrap.in", share=share, scrap_kind=kind)


def told(kind: str, factor: str = "300") -> DatumAnswered:
    event = requests.when(asked(kind), ISSUE).and_when(answer(factor=Decimal(factor))).events[0]
    assert isinstance(event, DatumAnswered)
    return event


def without_kind() -> DatumAnswered:
    """What an earlier build stored."""
    return told("post_consumer").model_copy(update={"scrap_kind": None})


def test_a_yard_that_delivers_two_kinds_is_not_asked_about_both_at_once() -> None:
    requests.when(asked(None)).refused("scrap-kind-not-said")
    with pytest.raises(Refused, match="post_consumer and pre_consumer"):
        decide(asked(None), INITIAL, policies_of("ghg"))


@pytest.mark.parametrize(("kind", "name"), [("post_consumer", "old"), ("pre_consumer", "new")])
def test_a_request_names_the_kind_and_the_data_of_it_alone(kind: str, name: str) -> None:
    event = requests.when(asked(kind)).events[0]
    assert isinstance(event, DatumRequested)
    assert (event.scrap_kind, event.data) == (kind, (name,))
    assert "scrap_kind" in TOLD


def test_the_only_kind_that_is_delivered_needs_no_name() -> None:
    command = asked(None, *YARD[:1])
    event = requests.when(command).events[0]
    assert isinstance(event, DatumRequested)
    assert event.scrap_kind == "post_consumer"
    state = evolve(INITIAL, event)
    assert decide(command, state, policies_of("ghg")) == []
    with pytest.raises(Refused, match="request-differs"):
        decide(asked("pre_consumer"), state, policies_of("ghg"))


def test_a_kind_that_is_not_delivered_is_not_asked_about() -> None:
    requests.when(asked("dross")).refused("input-not-bought")


def test_what_is_no_scrap_has_no_kind() -> None:
    event = registered().and_when(answer()).events[0]
    assert isinstance(event, DatumAnswered)
    assert event.scrap_kind is None


@pytest.mark.parametrize(("kind", "name"), [("post_consumer", "old"), ("pre_consumer", "new")])
def test_an_answer_replaces_the_scrap_of_its_kind_alone(kind: str, name: str) -> None:
    before = inventory(*YARD)
    after = proposal(before, told(kind, "4000"))
    changed = [
        one.datum_id
        for one, was in zip(after.data, before.data, strict=True)
        if one.factor != was.factor
    ]
    assert changed == [name]


def test_an_old_answer_of_no_kind_is_taken_for_the_only_kind_and_for_no_two() -> None:
    alone = proposal(inventory(YARD[0], *YARD[2:]), without_kind())
    assert [one.factor for one in alone.data] == [Decimal(300), None, None]
    with pytest.raises(Refused, match="scrap-kind-not-said") as refused:
        proposal(inventory(*YARD), without_kind())
    assert refused.value.facts["scrap_kinds"] == ["post_consumer", "pre_consumer"]


@pytest.mark.parametrize("factor", ["0", "0.00001", "159"])
def test_pre_consumer_scrap_is_answered_with_a_burden(factor: str) -> None:
    asked_ = requests.when(asked("pre_consumer"), ISSUE)
    asked_.and_when(answer(factor=Decimal(factor))).refused("factor-not-physical")
    assert told("post_consumer", factor).factor == Decimal(factor)


def test_each_kind_is_an_input_of_its_own() -> None:
    found = {(one.supplier_id, one.scrap_kind): one.share for one in shares(result(*YARD), 1)}
    assert set(found) == {
        ("YARD", "post_consumer"),
        ("YARD", "pre_consumer"),
        ("ELSE", "pre_consumer"),
    }
    assert found["YARD", "pre_consumer"].scrap_kinds == (Kind.PRE_CONSUMER,)
    both = share_of(result(*YARD), 1, "scrap.in", "YARD")
    assert both is not None
    assert both.kg == found["YARD", "pre_consumer"].kg + found["YARD", "post_consumer"].kg
    assert both.factor_kind is DataKind.DEFAULT


def row(kind: str | None, state: str) -> DatumRequestRow:
    return any_row("A", "1", state)._replace(supplier_id="YARD", item="scrap.in", scrap_kind=kind)


def test_how_a_request_stands_is_told_by_kind() -> None:
    rows = [row("post_consumer", "answered"), row("pre_consumer", "open")]
    assert states(rows)["scrap.in", "YARD", "pre_consumer"] == "open"
    assert inputs_asked(rows) == {("YARD", "scrap.in")}
    assert inputs_asked(rows[:1]) == frozenset()
    assert states([row(None, "open")]) == {("scrap.in", "YARD", ""): "open"}
