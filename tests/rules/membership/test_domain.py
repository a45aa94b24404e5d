"""The service as data: who may do what, what the server fills in, what the policy rests on."""

import json
from collections.abc import Mapping

import pytest

from contracts.catalog import CATALOG
from contracts.envelope import Envelope, Event, Recorded
from contracts.values import Instant
from infra.decider import Command, decider_of
from services.membership import domain
from services.membership.domain import (
    COMMANDS,
    DECIDERS,
    INTERNAL,
    PRIVATE,
    RESTS_ON,
    ROLES,
    Knowledge,
    fill,
)
from services.membership.entity import AcceptTransfer, CloseEntity, RegisterEntity
from services.membership.evidence import (
    EntityContents,
    EntityEvidence,
    MemberEvidence,
    OfferEvidence,
)
from services.membership.facility_commands import DeclareFacility, OfferTransfer
from services.membership.reactions import REACTIONS
from tests.rules.membership.given import (
    POLICIES,
    SPEC,
    certificate,
    joined,
    note,
    passing,
    withdrawn,
)
from tests.rules.membership.sites import ENTITY, ENTITY_REGISTERED, offer, smelter
from tests.rules.membership.test_transfers import ACCEPTED, RETURNED, complete, complete_return
from tests.rules.spec import ROOT

# --- commands and roles ---


def test_every_command_of_users_has_its_roles_and_every_internal_one_none() -> None:
    assert set(ROLES) == {command.NAME for command in COMMANDS}
    assert not set(ROLES) & {command.NAME for command in INTERNAL}
    assert len({command.NAME for command in (*COMMANDS, *INTERNAL)}) == len(COMMANDS + INTERNAL)


def test_operations_may_do_everything_members_never_what_needs_an_approver() -> None:
    assert all("ops" in roles for roles in ROLES.values())
    for command in COMMANDS:
        if "approver" in command.FILLED:
            assert ROLES[command.NAME] == {"ops"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_what_a_member_may_send_names_the_member(command: type[Command]) -> None:
    assert "on" in command.FILLED
    assert set(command.model_fields) >= command.FILLED
    assert "member_id" in command.model_fields


def test_each_kind_of_stream_has_a_decider() -> None:
    for module in DECIDERS.values():
        decider = decider_of(module)
        assert decider.due is None or decider.due(decider.initial) == {}
    assert all(command.model_fields for command in COMMANDS)


def test_private_events_are_published_nowhere() -> None:
    assert not {event.TYPE for event in PRIVATE} & set(CATALOG.published)


def test_the_clock_waits_for_sources_that_the_consumer_reads() -> None:
    sources = {source for consumer in domain.CONSUMERS for source in consumer.sources}
    assert {source for waits in RESTS_ON.values() for source in waits} <= sources


# --- evidence ---


def known(**states: object) -> Knowledge:
    streams: Mapping[str, object] = {name.replace("_", "/"): one for name, one in states.items()}
    kinds = {kind: module.INITIAL for kind, module in DECIDERS.items()}
    return Knowledge(
        lambda stream: streams.get(stream, kinds[stream.partition("/")[0]]),
        lambda entity_id: ["F1"] if entity_id == "E1" else [],
        77,
    )


def test_an_entity_needs_evidence_of_its_member() -> None:
    body = {"member_id": "M1"}
    assert fill(RegisterEntity.NAME, body, known(member_M1=joined().state)) == {
        "member": MemberEvidence(member_id="M1", standing="active", known_through=77)
    }
    assert fill(RegisterEntity.NAME, body, known()) == {"member": None}


def test_a_certificate_noted_for_a_stranger_makes_no_member_of_it() -> None:
    stranger = passing(SPEC, note(certificate()))
    body = {"member_id": "M1"}
    assert fill(RegisterEntity.NAME, body, known(member_M1=stranger.state)) == {"member": None}


def test_a_facility_needs_evidence_of_its_entity() -> None:
    entity = ENTITY.given(ENTITY_REGISTERED).state
    body = {"entity_id": "E1", "member_id": "M1"}
    assert fill(DeclareFacility.NAME, body, known(entity_E1=entity)) == {
        "entity": EntityEvidence(entity_id="E1", member_id="M1", open=True, known_through=77)
    }
    assert fill(DeclareFacility.NAME, body, known()) == {"entity": None}
    assert fill(DeclareFacility.NAME, {}, known()) == {"entity": None}


def test_an_offer_needs_evidence_of_the_receiving_entity() -> None:
    entity = ENTITY.given(ENTITY_REGISTERED).state._replace(open=False)
    body = {"to_entity_id": "E1"}
    assert fill(OfferTransfer.NAME, body, known(entity_E1=entity)) == {
        "to_entity": EntityEvidence(entity_id="E1", member_id="M1", open=False, known_through=77)
    }


def test_an_answer_needs_evidence_of_the_offer() -> None:
    offered = passing(smelter(), offer()).state
    body = {"facility_id": "F1", "transfer_id": "T1"}
    assert fill(AcceptTransfer.NAME, body, known(facility_F1=offered)) == {
        "offer": OfferEvidence(
            transfer_id="T1",
            facility_id="F1",
            to_entity_id="E2",
            to_member_id="M2",
            open=True,
            known_through=77,
            answer_by=offered.offers["T1"].answer_by,
        )
    }
    other = {**body, "transfer_id": "T2"}
    assert fill(AcceptTransfer.NAME, other, known(facility_F1=offered)) == {"offer": None}


def test_closing_an_entity_needs_evidence_of_its_contents() -> None:
    assert fill(CloseEntity.NAME, {"entity_id": "E1"}, known()) == {
        "contents": EntityContents(entity_id="E1", open_facilities=("F1",), known_through=77)
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_all_evidence_fields_are_filled_and_nothing_else(command: type[Command]) -> None:
    filled = fill(command.NAME, {}, known())
    assert {*filled, "on"} | ({"approver"} & command.FILLED) == command.FILLED


# --- reactions ---


def react(event: Event, source: str = "membership") -> list[Command]:
    envelope = Envelope(
        event_id="e1",
        source=source,
        stream="x/1",
        version=1,
        position=9,
        recorded_at=Instant("2024-06-03T23:59:59.999999Z"),
        correlation_id="c",
        causation_id="c",
        command_id="c",
        actor="P7",
    )
    recorded = Recorded(envelope, event)
    return [one for reaction in REACTIONS for one in reaction.react(recorded, lambda *_: None)]


def test_the_names_of_reactions_are_for_ever() -> None:
    assert [reaction.name for reaction in REACTIONS] == [
        "note_certificates",
        "complete_transfers",
        "propose_stranded",
        "review_class",
    ]


def test_an_entitys_answer_is_completed_on_the_facilitys_stream() -> None:
    assert react(ACCEPTED) == [complete()]
    assert react(RETURNED) == [complete_return()]


@pytest.mark.parametrize(
    ("type_name", "command_name"),
    [
        ("audits.certificate_granted.v1", "note_certificate"),
        ("audits.certificate_converted.v1", "note_conversion"),
        ("audits.certificate_suspended.v1", "note_certificate_suspended"),
        ("audits.certificate_reinstated.v1", "note_certificate_reinstated"),
        ("audits.certificate_withdrawn.v1", "note_certificate_withdrawn"),
    ],
)
def test_what_audits_decide_on_a_certificate_is_noted_by_the_member(
    type_name: str, command_name: str
) -> None:
    golden = ROOT / "tests" / "contracts_kept" / "golden" / f"{type_name}.json"
    samples = json.loads(golden.read_bytes())["samples"]
    for sample in samples.values():
        event = CATALOG.decode(type_name, json.dumps(sample).encode())
        (command,) = react(event, "audit_scheduling")
        assert command_name == command.NAME
        assert command.stream == f"member/{sample['member_id']}"
        assert command.on.isoformat() == "2024-06-03"


def test_no_other_event_makes_membership_do_anything() -> None:
    assert react(withdrawn_elsewhere()) == []
    assert react(ENTITY_REGISTERED) == []


def withdrawn_elsewhere() -> Event:
    """The public word on a withdrawal is not the decision itself."""
    return CATALOG.decode(
        "certification.certificate_withdrawn.v1",
        json.dumps(
            {
                "certificate_id": "C1",
                "member_id": "M1",
                "effective_on": "2024-06-03",
                "status": "withdrawn",
            }
        ).encode(),
    )


# --- the policy ---


def test_every_figure_says_where_it_comes_from() -> None:
    figures = POLICIES.on(certificate().valid_from).figures
    for name, figure in figures.items():
        assert figure.evidence in ("verified", "derived", "design", "unverified"), name
        assert "rule " in figure.source or "our choice" in figure.source, name


def test_what_asi_has_not_published_is_shown_as_unverified() -> None:
    figures = POLICIES.on(certificate().valid_from).figures
    for name in (
        "duty.launched_on",
        "forfeit.days_after_miss",
        "extension.days_max",
        "fees.suspension_days_after_due",
        "duty.late_certificate_reinstates",
        "duty.suspended_certificate_counts",
        "class.full",
        "class.associate",
    ):
        assert figures[name].evidence == "unverified"
    for name in ("duty.years", "duty.classes", "class.forces_pt", "fees.payment_days"):
        assert figures[name].evidence == "verified"


def test_every_figure_is_used() -> None:
    code = "".join(file.read_text() for file in (ROOT / "services" / "membership").glob("*.py"))
    assert [
        name for name in POLICIES.on(certificate().valid_from).figures if name not in code
    ] == []


def test_a_withdrawal_from_the_first_of_days_does_no_harm() -> None:
    first = certificate().valid_from.min
    given = passing(joined(), note(certificate()), withdrawn(first))
    assert given.state.duty.rule.value == "initial_certification"
