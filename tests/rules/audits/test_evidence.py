"""What a decision may rest on: rows folded from events, and our own streams."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from contracts.audits import CertificateConverted
from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import (
    EntityClosed,
    EntityRegistered,
    FacilityClosed,
    FacilityRegistered,
    FacilityTransferred,
)
from contracts.membership import MemberJoined, MembershipClassChanged
from contracts.values import (
    Activity,
    Control,
    FindingClass,
    Instant,
    Location,
    MembershipClass,
    Standard,
)
from infra.decider import decider_of
from services.audit_scheduling import audit, certificate
from services.audit_scheduling.domain import (
    COMMANDS,
    CONSUMERS,
    DECIDERS,
    INTERNAL,
    ROLES,
    fill,
)
from services.audit_scheduling.emission_rows import EMISSIONS
from services.audit_scheduling.evidence import HeldClass
from services.audit_scheduling.rows import PROJECTIONS, scope_of

from .given import DECIDED, ENDED, STARTED, conclude, concluded, decide, findings, granted

DS, IU = MembershipClass.DOWNSTREAM_SUPPORTERS, MembershipClass.INDUSTRIAL_USERS
JOINED = MemberJoined(
    member_id="M1",
    name="Aurora Metals",
    country="NO",
    membership_class=MembershipClass.DOWNSTREAM_SUPPORTERS,
    activities=(),
    fee_level="s",
    joined_on=date(2024, 1, 1),
)
NOW_OBLIGED = MembershipClassChanged(
    member_id="M1",
    previous_class=MembershipClass.DOWNSTREAM_SUPPORTERS,
    membership_class=MembershipClass.INDUSTRIAL_USERS,
    activities=(Activity.MATERIAL_CONVERSION,),
    effective_on=date(2025, 1, 1),
    policy_id="p",
)
ENTITY = EntityRegistered(
    entity_id="E1", member_id="M1", name="Rolling", country="NO", registered_on=date(2024, 2, 1)
)


def facility(facility_id: str, entity_id: str = "E1") -> FacilityRegistered:
    return FacilityRegistered(
        facility_id=facility_id,
        member_id="M1",
        entity_id=entity_id,
        name="Mill",
        activities=(Activity.SEMI_FABRICATION,),
        location=Location(country="NO"),
        control=Control(),
        operating=True,
        registered_on=date(2024, 3, 1),
    )


TRANSFERRED = FacilityTransferred(
    facility_id="F1",
    transfer_id="T1",
    from_entity_id="E1",
    from_member_id="M1",
    entity_id="E5",
    member_id="M5",
    effective_on=date(2025, 6, 1),
)


class Rows:
    """The service's rows after some events, as its consumer folds them."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.kept: dict[tuple[str, str], Any] = {}
        for position, event in enumerate(events, start=1):
            envelope = Envelope(
                f"e{position}", "membership", "s/1", position, position, Instant(""), "", "", "", ""
            )
            recorded = Recorded(envelope, event)
            for part in PROJECTIONS:
                for key in part.keys(recorded):
                    old = self.kept.get((part.name, key))
                    self.kept[part.name, key] = part.evolve(key, old, recorded)

    def __call__(self, projection: str, key: Any) -> Any:
        return self.kept.get((projection, key))


def states(*events: Event) -> dict[str, object]:
    folds: dict[str, object] = {}
    for event in events:
        kind = "certificate" if "certificate_id" in dict(event) and event != AUDITED else "audit"
        stream = f"{kind}/{getattr(event, f'{kind}_id')}"
        decider = decider_of(DECIDERS[kind])
        folds[stream] = decider.evolve(folds.get(stream, decider.initial), event)
    return folds


def nothing(stream: str) -> object:
    """No stream of ours has any event."""
    return None


AUDITED = concluded(findings=findings(minor=2, major=1))


# --- scope ---


def test_a_scope_is_what_membership_has_told() -> None:
    rows = Rows([JOINED, NOW_OBLIGED, ENTITY, facility("F1"), facility("F2")])
    scope = scope_of("M1", "E1", ["F2", "F1", "F7"], STARTED, rows)
    assert [one.membership_class for one in scope.classes] == [DS, IU]
    assert (scope.entity_member_id, scope.entity_closed_on) == ("M1", None)
    assert [(one.facility_id, one.entity_id) for one in scope.facilities] == [
        ("F1", "E1"),
        ("F2", "E1"),
    ]


def test_nothing_is_known_of_what_membership_never_told() -> None:
    scope = scope_of("M1", "E1", ["F1"], STARTED, Rows([]))
    assert (scope.classes, scope.entity_member_id, scope.facilities) == ((), None, ())


def test_classes_are_told_with_the_days_from_which_they_were_held() -> None:
    rows = Rows([JOINED, NOW_OBLIGED])
    assert scope_of("M1", "E1", [], STARTED, rows).classes == (
        HeldClass(since=date(2024, 1, 1), membership_class=DS),
        HeldClass(since=date(2025, 1, 1), membership_class=IU),
    )


def test_a_facility_is_whose_it_was_on_the_day() -> None:
    rows = Rows([facility("F1"), TRANSFERRED])
    owners = {
        day: scope_of("M1", "E1", ["F1"], day, rows).facilities[0].entity_id
        for day in (date(2020, 1, 1), date(2025, 5, 31), date(2025, 6, 1), date(2026, 1, 1))
    }
    assert list(owners.values()) == ["E1", "E1", "E5", "E5"]


def test_closed_is_closed_since_a_day() -> None:
    on = date(2026, 1, 1)
    closed = [
        EntityClosed(entity_id="E1", member_id="M1", effective_on=on),
        FacilityClosed(facility_id="F1", member_id="M1", effective_on=on, reason="sold"),
    ]
    scope = scope_of("M1", "E1", ["F1"], STARTED, Rows([ENTITY, facility("F1"), *closed]))
    assert (scope.entity_closed_on, scope.facilities[0].closed_on) == (on, on)


# --- filling a command ---


def test_a_booking_is_filled_with_its_scope() -> None:
    rows = Rows([JOINED, NOW_OBLIGED, ENTITY, facility("F1"), facility("F2")])
    body = conclude().model_dump(exclude={"scope", "certificate", "on"})
    filled = fill("conclude_audit", body, rows, nothing)
    assert filled == {
        "scope": scope_of("M1", "E1", ["F1", "F2"], STARTED, rows),
        "certificate": None,
    }


def test_a_decision_is_filled_with_the_audit_from_its_own_stream() -> None:
    body = {"certificate_id": "C1", "audit_id": "A1"}
    filled = fill("decide_certificate", body, Rows([]), states(AUDITED).get)
    assert filled["replaced"] is None
    found = decide(audit=filled["audit"]).audit
    assert found is not None
    assert (found.count(FindingClass.MAJOR), found.count(FindingClass.MINOR)) == (1, 2)
    assert (found.ended_on, found.decided_by) == (ENDED, None)


def test_a_decision_on_a_decided_audit_is_filled_with_who_has_it() -> None:
    body = {"certificate_id": "C2", "audit_id": "A1"}
    rows = Rows([AUDITED, granted()])
    found = decide(**fill("decide_certificate", body, rows, states(AUDITED).get)).audit
    assert found is not None
    assert found.decided_by == "C1"


def test_a_decision_is_filled_with_the_certificate_it_replaces() -> None:
    body = {"certificate_id": "C2", "audit_id": "A1", "replaces": "C1"}
    filled = fill("decide_certificate", body, Rows([]), states(AUDITED, granted()).get)
    assert filled["replaced"] == certificate.evidence(certificate.Certificate(granted=granted()))


def test_an_audit_that_is_not_concluded_is_no_evidence() -> None:
    assert audit.evidence(audit.INITIAL) is None
    filled = fill(
        "convert_certificate", {"audit_id": "A1"}, Rows([]), {"audit/A1": audit.INITIAL}.get
    )
    assert filled == {"audit": None}


def test_other_commands_need_no_evidence() -> None:
    assert fill("withdraw_certificate", {"certificate_id": "C1"}, Rows([]), nothing) == {}


# --- the service's own rows ---


def test_the_row_of_an_audit_says_what_was_found_and_who_decided() -> None:
    row = Rows([AUDITED, granted()])("audits", "A1")
    assert (row.state, row.minor_findings, row.major_findings) == ("concluded", 2, 1)
    assert row.decided_by == "C1"


def test_the_row_of_a_certificate_follows_its_conversion() -> None:
    converted = CertificateConverted(
        certificate_id="C1",
        audit_id="A2",
        member_id="M1",
        valid_to=date(2029, 4, 9),
        surveillance_due_on=(date(2028, 4, 10),),
        effective_on=DECIDED,
        policy_id="p",
    )
    row = Rows([granted(), converted])("certificates", "C1")
    assert (row.certificate_type, row.valid_to) == ("full", date(2029, 4, 9))
    assert row.surveillance_due_on == ("2028-04-10",)
    assert row.standard == Standard.PERFORMANCE.value


# --- the service as a whole ---


def test_every_command_says_who_may_issue_it() -> None:
    assert {command.NAME for command in COMMANDS} == set(ROLES)
    assert not set(ROLES) & {command.NAME for command in INTERNAL}


def test_every_command_of_an_auditor_names_the_firm() -> None:
    for command in COMMANDS:
        if "auditor" in ROLES[command.NAME]:
            assert "auditor_firm" in command.model_fields


def test_every_filled_field_of_a_command_can_be_filled() -> None:
    assert CONSUMERS[0].projections == (*PROJECTIONS, EMISSIONS)
    at_the_door = {"on", "booked_by"}
    for command in COMMANDS:
        filled = fill(command.NAME, {"audit_id": "A1"}, Rows([]), nothing)
        assert set(filled) | (at_the_door & command.FILLED) == set(command.FILLED)
