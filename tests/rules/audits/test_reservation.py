"""An audit is decided on once: its own stream says first under which certificate's id."""

import pytest

from contracts.envelope import Event
from infra.decider import decider_of
from infra.errors import Refused
from services.audit_scheduling import audit as decider
from services.audit_scheduling import certificate
from services.audit_scheduling.audit import DecisionReserved
from services.audit_scheduling.commands import DecideCertificate, ReserveDecision
from services.audit_scheduling.domain import States, fill, reservation
from services.audit_scheduling.rows import MemberRow
from tests.rules.spec import Spec

from .given import DECIDED, ENDED, POLICIES, concluded, granted

audit = Spec(decider, POLICIES)
RESERVE = ReserveDecision(on=DECIDED, audit_id="A1", certificate_id="C1")
RESERVED = DecisionReserved(audit_id="A1", certificate_id="C1", reserved_on=DECIDED)
OTHER = RESERVED.model_copy(update={"certificate_id": "C2"})
BODY = {"certificate_id": "C1", "audit_id": "A1"}


def states(*events: Event) -> States:
    """States of our own streams after some events."""

    def state(stream: str) -> object:
        category, _, key = stream.partition("/")
        part = decider_of(decider if category == "audit" else certificate)
        name = f"{category}_id"
        folded = part.initial
        for event in events:
            owner = isinstance(event, decider.AuditEvent) == (category == "audit")
            if owner and getattr(event, name) == key:
                folded = part.evolve(folded, event)
        return folded

    return state


def row(projection: str, key: object) -> MemberRow | None:
    """Of what membership told, the member is all that matters here."""
    return MemberRow("M1", (("2024-01-01", "PT"),)) if projection == "members" else None


def wanted(known: States, **changes: object) -> ReserveDecision | None:
    """What a decision on certificate C1 has to reserve."""
    sent = {**BODY, **changes}
    found = fill("decide_certificate", sent, row, known)
    return reservation(sent, {"on": DECIDED, **found}, known, POLICIES)


# --- the audit's stream ---


def test_a_decision_is_reserved_once() -> None:
    audit.given(concluded()).when(RESERVE).then(RESERVED)
    audit.given(concluded(), RESERVED).when(RESERVE).nothing()


def test_of_two_certificates_the_first_has_the_audit() -> None:
    audit.given(concluded(), OTHER).when(RESERVE).refused(
        "audit-already-decided", certificate_id="C2"
    )


def test_what_lapsed_reserves_nothing() -> None:
    again = RESERVE.model_copy(update={"lapsed": "C2"})
    audit.given(concluded(), OTHER).when(again).then(RESERVED)
    third = RESERVED.model_copy(update={"certificate_id": "C3"})
    audit.given(concluded(), OTHER, third).when(again).refused("audit-already-decided")


# --- before a decision ---


def test_before_a_decision_the_audit_is_reserved_for_it() -> None:
    assert wanted(states(concluded())) == RESERVE


def test_nothing_is_reserved_twice_or_for_what_was_decided() -> None:
    assert wanted(states(concluded(), RESERVED)) is None
    assert wanted(states(concluded(), RESERVED, granted())) is None


def test_nothing_is_reserved_for_what_is_refused() -> None:
    early = {"valid_from": ENDED.replace(day=1)}
    with pytest.raises(Refused, match="valid-from-before-audit-end"):
        wanted(states(concluded()), **early)
    with pytest.raises(Refused, match="audit-not-concluded"):
        wanted(states())


def test_a_decision_that_is_reserved_for_another_certificate_is_refused_without_any_row() -> None:
    with pytest.raises(Refused, match="audit-already-decided"):
        wanted(states(concluded(), OTHER))


def test_a_decision_that_was_broken_off_is_taken_under_the_id_that_the_refusal_names() -> None:
    """Killed between the reservation and the grant: nothing is lost, nobody is locked out."""
    known = states(concluded(), OTHER)
    with pytest.raises(Refused, match="send it again under that id") as refused:
        wanted(known)
    sent = {**BODY, "certificate_id": refused.value.facts["certificate_id"]}
    filled = {"on": DECIDED, **fill("decide_certificate", sent, row, known)}
    assert reservation(sent, filled, known, POLICIES) is None
    command = DecideCertificate.model_validate({**sent, **filled})
    [decision] = certificate.decide(command, known(command.stream), POLICIES)
    assert (decision.TYPE, decision.certificate_id) == ("audits.certificate_granted.v1", "C2")


def test_an_audit_is_free_again_when_the_certificate_became_another_audits() -> None:
    taken = granted(certificate_id="C2", audit_id="A9")
    assert wanted(states(concluded(), OTHER, taken)) == RESERVE.model_copy(update={"lapsed": "C2"})
    own = granted(certificate_id="C2")
    with pytest.raises(Refused, match="audit-already-decided"):
        wanted(states(concluded(), OTHER, own))
