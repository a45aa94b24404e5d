"""Claims hear of their certificate whichever speaks last; a plan ends with its entity."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts import audits
from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import EntityClosed
from contracts.ghg_claims import ClaimApproved, ClaimRequested
from contracts.membership import MemberResigned, MembershipRestored
from contracts.values import Instant
from services.ghg.claims.commands import NoteClaimCertificate, NoteClaimMembership
from services.ghg.plans.commands import EndPlan
from services.ghg.plans.reactions import end_plans, note_claim_certificates, note_claim_memberships
from services.ghg.plans.rows import PLAN_PROJECTIONS

ON = date(2026, 6, 1)
BY_NAME = {one.name: one for one in PLAN_PROJECTIONS}
GRANTED = audits.CertificateGranted.model_validate(
    {
        "certificate_id": "CERT-1",
        "audit_id": "A-1",
        "member_id": "M-1",
        "entity_id": "E-1",
        "standard": "PS",
        "certificate_type": "provisional",
        "facilities": ("F-1",),
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "surveillance_due_on": (),
        "decided_on": date(2026, 1, 1),
        "policy_id": "audits-1",
        "minor_findings": 0,
        "major_findings": 1,
    }
)
REQUESTED = ClaimRequested.model_validate(
    {
        "claim_id": "C-1",
        "member_id": "M-1",
        "kind": "text",
        "text": "Certified.",
        "language": "en",
        "form": "ps_certified",
        "states": (),
        "certificate_id": "CERT-1",
        "evidence_refs": (),
        "requested_on": ON,
    }
)
APPROVED = ClaimApproved.model_validate(
    {
        "claim_id": "C-1",
        "member_id": "M-1",
        "certificate_id": "CERT-1",
        "approved_on": ON,
        "policy_id": "ghg-1",
    }
)


def happened(event: Event, stream: str) -> Recorded:
    """An event on a stream."""
    at = Instant("2026-06-01T08:00:00.000000Z")
    return Recorded(Envelope("e1", "s", stream, 1, 1, at, "c", "c", "k", "a"), event)


class World:
    """Rows folded from events, as a reaction looks them up."""

    def __init__(self, *events: Recorded) -> None:
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in BY_NAME}
        for recorded in events:
            self.hear(recorded)

    def hear(self, recorded: Recorded) -> None:
        """One event more."""
        for name, projection in BY_NAME.items():
            for key in projection.keys(recorded):
                row = projection.evolve(key, self.rows[name].pop(key, None), recorded)
                if row is not None:
                    self.rows[name][key] = row

    def __call__(self, projection: str, key: str | Mapping[str, str]) -> Any:
        rows = self.rows[projection]
        if isinstance(key, str):
            return rows.get(key)
        return [
            row
            for row in rows.values()
            if all(getattr(row, name) == value for name, value in key.items())
        ]


CERTIFICATE = happened(GRANTED, "certificate/CERT-1")
CLAIM = (happened(REQUESTED, "claim/C-1"), happened(APPROVED, "claim/C-1"))


def audited(kind: type[Event], **fields: Any) -> Recorded:
    """What audits say of the certificate."""
    said = {"certificate_id": "CERT-1", "member_id": "M-1", "effective_on": ON, **fields}
    return happened(kind.model_validate(said), "certificate/CERT-1")


def noted(world: World, recorded: Recorded) -> NoteClaimCertificate:
    """The one command that an event makes."""
    world.hear(recorded)
    (command,) = note_claim_certificates(recorded, world)
    assert isinstance(command, NoteClaimCertificate)
    return command


def test_a_claim_that_is_made_hears_of_its_certificate() -> None:
    suspended = audited(audits.CertificateSuspended, reason="fees")
    command = noted(World(CERTIFICATE, *CLAIM), suspended)
    assert (command.claim_id, command.certificate.ended(ON)) == ("C-1", ("suspended", ON))
    back = noted(World(CERTIFICATE, *CLAIM, suspended), audited(audits.CertificateReinstated))
    assert back.certificate.holds(ON)
    gone = noted(World(CERTIFICATE, *CLAIM), audited(audits.CertificateWithdrawn, reason="x"))
    assert gone.certificate.ended(ON) == ("withdrawn", ON)
    converted = audited(
        audits.CertificateConverted,
        audit_id="A-2",
        valid_to=date(2028, 12, 31),
        surveillance_due_on=(),
        policy_id="audits-1",
    )
    assert noted(World(CERTIFICATE, *CLAIM), converted).certificate.valid_to.year == 2028


def test_an_approval_that_comes_after_hears_of_it_as_well() -> None:
    suspended = audited(audits.CertificateSuspended, reason="fees")
    command = noted(World(CERTIFICATE, suspended, CLAIM[0]), CLAIM[1])
    assert command.certificate.ended(ON) == ("suspended", ON)


def test_claims_that_are_not_made_hear_nothing() -> None:
    suspended = audited(audits.CertificateSuspended, reason="fees")
    world = World(CERTIFICATE, CLAIM[0], suspended)
    assert note_claim_certificates(suspended, world) == []
    assert note_claim_certificates(suspended, World()) == ()


def test_a_plan_ends_with_its_entity() -> None:
    closed = happened(
        EntityClosed.model_validate({"entity_id": "E-1", "member_id": "M-1", "effective_on": ON}),
        "entity/E-1",
    )
    assert end_plans(closed, World()) == ()
    world = World()
    world.rows["plans"]["E-1"] = object()
    assert end_plans(closed, world) == [EndPlan(on=ON, entity_id="E-1", ended_on=ON)]


# --- membership ---

MEMBERS = {"form": "membership", "certificate_id": None}
TO_BE_A_MEMBER = (
    happened(REQUESTED.model_copy(update=MEMBERS), "claim/C-1"),
    happened(APPROVED.model_copy(update={"certificate_id": None}), "claim/C-1"),
)
RESIGNED = happened(MemberResigned(member_id="M-1", effective_on=ON), "member/M-1")
RESTORED = happened(
    MembershipRestored(member_id="M-1", effective_on=ON, approver="person:1"), "member/M-1"
)


def told(world: World, recorded: Recorded) -> list[NoteClaimMembership]:
    """The commands that an event makes."""
    world.hear(recorded)
    commands = note_claim_memberships(recorded, world)
    return [one for one in commands if isinstance(one, NoteClaimMembership)]


def test_a_claim_to_be_a_member_hears_of_the_membership_whichever_comes_last() -> None:
    lapsing = NoteClaimMembership(on=ON, claim_id="C-1", ended_on=ON)
    world = World(*TO_BE_A_MEMBER)
    assert told(world, RESIGNED) == [lapsing]
    assert told(world, RESTORED) == [NoteClaimMembership(on=ON, claim_id="C-1", ended_on=None)]
    late = World(RESIGNED, TO_BE_A_MEMBER[0])
    assert told(late, TO_BE_A_MEMBER[1]) == [lapsing]


def test_other_claims_rest_on_their_certificates_alone() -> None:
    assert told(World(CERTIFICATE, *CLAIM), RESIGNED) == []
    assert told(World(TO_BE_A_MEMBER[0]), TO_BE_A_MEMBER[1]) == []
