"""A claim that a member wants to make in public. A decider, stream `claim/<id>`.

    requested (and checked at once) -> assessed -> approved, or refused with reasons
    -> lapsed and restored with its certificate -> withdrawn

Source: sources.md 7. A claim is never edited: other words are another claim. One that rests on a
certificate holds only while that does: the clock asks on each day on which that may change, and
what audits say of it is noted on the claim. A claim to be a member holds while the membership does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, Literal, NamedTuple, assert_never

from contracts.envelope import Event
from contracts.ghg_claims import (
    ClaimApproved,
    ClaimAssessed,
    ClaimChecked,
    ClaimExtended,
    ClaimLapsed,
    ClaimRefused,
    ClaimRequested,
    ClaimRestored,
    ClaimWithdrawn,
    MembershipClaimLapsed,
    MembershipClaimRestored,
)
from contracts.values import Id
from infra.decider import Command, Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.evidence import MOMENTS

from .check import check
from .commands import (
    ApproveClaim,
    AssessClaim,
    NoteClaimCertificate,
    NoteClaimMembership,
    RefuseClaim,
    RequestClaim,
    WithdrawClaim,
)
from .standing import CertificateStanding

VALIDITY = "claim_validity"
ONE_DAY = timedelta(days=1)
State = Literal["none", "requested", "assessed", "approved", "refused", "withdrawn", "lapsed"]
OPEN = ("requested", "assessed")


class ClaimCertificateNoted(Event):
    """Private: how the certificate stands that the claim rests on."""

    TYPE: ClassVar[str] = "ghg.claim_certificate_noted.v1"
    claim_id: Id
    certificate: CertificateStanding
    noted_on: date


class Claim(NamedTuple):
    """What was asked, what was found, and where it stands. `settled_on` is the last day of which
    it was decided whether the certificate holds; `former`: it lapsed with a membership."""

    state: State = "none"
    requested: ClaimRequested | None = None
    checked: ClaimChecked | None = None
    assessed: ClaimAssessed | None = None
    certificate: CertificateStanding | None = None
    valid_until: date | None = None
    settled_on: date | None = None
    former: bool = False


INITIAL = Claim()
ClaimEvent = (
    ClaimRequested
    | ClaimChecked
    | ClaimAssessed
    | ClaimApproved
    | ClaimRefused
    | ClaimWithdrawn
    | ClaimLapsed
    | ClaimRestored
    | ClaimExtended
    | ClaimCertificateNoted
    | MembershipClaimLapsed
    | MembershipClaimRestored
)


def decide(command: Command, state: Claim, policies: Policies) -> Sequence[ClaimEvent]:
    """Events of a command or of the clock; raises Refused."""
    policy = policies.on(command.on)
    match command:
        case RequestClaim():
            return _request(command, state, policy)
        case AssessClaim():
            return _assess(command, state)
        case ApproveClaim():
            return _approve(command, state, policy)
        case RefuseClaim():
            return _refuse(command, state)
        case WithdrawClaim():
            return _withdraw(command, state)
        case NoteClaimCertificate():
            return _note(command, state)
        case NoteClaimMembership():
            return _note_membership(command, state)
        case Tick():
            return list(_settled(state, command.on + ONE_DAY)) if command.rule == VALIDITY else []
        case _:
            raise TypeError(f"a claim takes no {command.NAME}")


def evolve(state: Claim, event: ClaimEvent) -> Claim:
    """The claim after an event."""
    match event:
        case ClaimRequested():
            return Claim("requested", event, valid_until=event.valid_until)
        case ClaimChecked():
            return state._replace(checked=event)
        case ClaimAssessed():
            return state._replace(state="assessed", assessed=event)
        case ClaimApproved():
            return state._replace(
                state="approved", valid_until=event.valid_until, settled_on=event.approved_on
            )
        case ClaimRefused():
            return state._replace(state="refused")
        case ClaimWithdrawn():
            return state._replace(state="withdrawn")
        case ClaimLapsed():
            return _turned(state, event.lapsed_on)._replace(state="lapsed")
        case ClaimRestored():
            turned = _turned(state, event.restored_on)
            return turned._replace(state="approved", valid_until=event.valid_until)
        case ClaimExtended():
            return state._replace(valid_until=event.valid_until)
        case ClaimCertificateNoted():
            return state._replace(certificate=event.certificate, settled_on=event.noted_on)
        case MembershipClaimLapsed():
            return state._replace(state="lapsed", former=True)
        case MembershipClaimRestored():
            return state._replace(state="approved", former=False)
        case _:
            assert_never(event)


def due(state: Claim) -> Mapping[str, date]:
    """The clock asks on the eve of the next day on which the certificate may hold or not."""
    if state.state not in ("approved", "lapsed") or state.certificate is None or state.former:
        return {}
    since = state.settled_on or date.min
    turns = [day for day in state.certificate.turns() if _changes(state, day, since)]
    return {VALIDITY: min(turns) - ONE_DAY} if turns else {}


def _turned(state: Claim, day: date) -> Claim:
    return state._replace(settled_on=max(state.settled_on or day, day))


def _changes(state: Claim, day: date, since: date) -> bool:
    """Whether a day to come tells something else than what was told."""
    held = state.certificate is not None and state.certificate.ended(day) is None
    return day > since and held is (state.state == "lapsed")


# --- request and decision ---


def _request(command: RequestClaim, state: Claim, policy: Policy) -> Sequence[ClaimEvent]:
    certificate = command.certificate
    if command.certificate_id is not None and (
        certificate is None or certificate.member_id != command.member_id
    ):
        raise Refused(
            "unknown-certificate",
            f"{command.member_id} has no certificate {command.certificate_id}{MOMENTS}.",
            certificate_id=command.certificate_id,
            member_id=command.member_id,
        )
    requested = ClaimRequested(
        claim_id=command.claim_id,
        member_id=command.member_id,
        kind=command.kind,
        text=command.text,
        language=command.language,
        form=command.form,
        states=tuple(sorted(set(command.states))),
        certificate_id=command.certificate_id,
        valid_until=certificate.valid_to if certificate and command.certificate_id else None,
        footprint=command.footprint,
        material_t=command.material_t,
        evidence_refs=command.evidence_refs,
        requested_on=command.on,
    )
    before = state.requested
    if before is not None:
        told = {"requested_on": command.on, "valid_until": requested.valid_until}
        if before.model_copy(update=told) == requested:
            return []
        raise Refused(
            "claim-differs",
            f"claim {command.claim_id} was requested in other words: a claim is never edited,"
            " request another.",
            claim_id=command.claim_id,
        )
    return [requested, check(requested, certificate, command.on, policy)]


def _assess(command: AssessClaim, state: Claim) -> Sequence[ClaimAssessed]:
    requested = _asked(command.claim_id, state)
    before = state.assessed
    if before is not None and (before.advice, before.note_ref) == (
        command.advice,
        command.note_ref,
    ):
        return []
    _must_be_open(command.claim_id, state)
    return [
        ClaimAssessed(
            claim_id=command.claim_id,
            member_id=requested.member_id,
            advice=command.advice,
            assessed_on=command.on,
            note_ref=command.note_ref,
        )
    ]


def _approve(command: ApproveClaim, state: Claim, policy: Policy) -> Sequence[ClaimEvent]:
    requested = _asked(command.claim_id, state)
    if state.state == "approved":
        return []
    _must_be_open(command.claim_id, state)
    if state.state != "assessed":
        raise Refused(
            "claim-not-assessed",
            f"claim {command.claim_id} was not assessed: somebody looks at it and its evidence"
            " first.",
            claim_id=command.claim_id,
        )
    certificate = command.certificate if requested.certificate_id else None
    checked = check(requested, certificate, command.on, policy)
    if not checked.stands:
        stopping = policy.words("claims.refusing")
        rules = {one.rule for one in checked.findings if one.severity in stopping}
        raise Refused(
            "claim-has-faults",
            f"claim {command.claim_id} breaks {', '.join(sorted(rules))}: refuse it, or let"
            " another be requested.",
            claim_id=command.claim_id,
            rules=rules,
        )
    approved = ClaimApproved(
        claim_id=command.claim_id,
        member_id=requested.member_id,
        certificate_id=requested.certificate_id,
        valid_until=certificate.valid_to if certificate else None,
        approved_on=command.on,
        policy_id=policy.policy_id,
    )
    if certificate is None:
        return [checked, approved]
    noted = ClaimCertificateNoted(
        claim_id=command.claim_id, certificate=certificate, noted_on=command.on
    )
    return [checked, noted, approved]


def _refuse(command: RefuseClaim, state: Claim) -> Sequence[ClaimRefused]:
    requested = _asked(command.claim_id, state)
    if state.state == "refused":
        return []
    _must_be_open(command.claim_id, state)
    return [
        ClaimRefused(
            claim_id=command.claim_id,
            member_id=requested.member_id,
            reasons=command.reasons,
            refused_on=command.on,
            note_ref=command.note_ref,
        )
    ]


def _withdraw(command: WithdrawClaim, state: Claim) -> Sequence[ClaimWithdrawn]:
    requested = _asked(command.claim_id, state)
    if requested.member_id != command.member_id:
        raise _unknown(command.claim_id)
    if state.state == "withdrawn":
        return []
    if state.state == "refused":
        raise _decided(command.claim_id, state)
    return [
        ClaimWithdrawn(
            claim_id=command.claim_id,
            member_id=requested.member_id,
            withdrawn_on=command.on,
            reason=command.reason,
        )
    ]


# --- certificate ---


def _note(command: NoteClaimCertificate, state: Claim) -> Sequence[ClaimEvent]:
    asked = state.requested.certificate_id if state.requested else None
    live = state.state in ("approved", "lapsed")
    if not live or command.certificate.certificate_id != asked:
        return []
    if command.certificate == state.certificate:
        return []
    noted = ClaimCertificateNoted(
        claim_id=command.claim_id, certificate=command.certificate, noted_on=command.on
    )
    return [noted, *_settled(evolve(state, noted), command.on)]


def _note_membership(command: NoteClaimMembership, state: Claim) -> Sequence[ClaimEvent]:
    """A claim to be a member lapses with the membership, and comes back with it."""
    requested, ended_on = state.requested, command.ended_on
    if requested is None or requested.form != "membership":
        return []
    claim_id, member_id = requested.claim_id, requested.member_id
    if ended_on is not None and state.state == "approved":
        return [MembershipClaimLapsed(claim_id=claim_id, member_id=member_id, lapsed_on=ended_on)]
    if ended_on is None and state.former and state.state == "lapsed":
        restored = MembershipClaimRestored(
            claim_id=claim_id, member_id=member_id, restored_on=command.on
        )
        return [restored, *_settled(evolve(state, restored), command.on)]
    return []


def _settled(state: Claim, day: date) -> Iterator[ClaimEvent]:
    """What a day makes of a claim: lapsed, restored, extended, or nothing new."""
    requested, certificate = state.requested, state.certificate
    live = state.state in ("approved", "lapsed") and not state.former
    if requested is None or certificate is None or not live:
        return
    claim_id, member_id = requested.claim_id, requested.member_id
    ended = certificate.ended(day)
    if ended is not None:
        if state.state == "approved":
            reason, since = ended
            yield ClaimLapsed(
                claim_id=claim_id,
                member_id=member_id,
                certificate_id=certificate.certificate_id,
                reason=reason,
                lapsed_on=since,
            )
    elif state.state == "lapsed":
        yield ClaimRestored(
            claim_id=claim_id,
            member_id=member_id,
            certificate_id=certificate.certificate_id,
            valid_until=certificate.valid_to,
            restored_on=day,
        )
    elif certificate.valid_to != state.valid_until:
        yield ClaimExtended(
            claim_id=claim_id,
            member_id=member_id,
            certificate_id=certificate.certificate_id,
            valid_until=certificate.valid_to,
            extended_on=day,
        )


# --- what all share ---


def _asked(claim_id: str, state: Claim) -> ClaimRequested:
    if state.requested is None:
        raise _unknown(claim_id)
    return state.requested


def _must_be_open(claim_id: str, state: Claim) -> None:
    if state.state not in OPEN:
        raise _decided(claim_id, state)


def _unknown(claim_id: str) -> Refused:
    return Refused("unknown-claim", f"there is no claim {claim_id}.", claim_id=claim_id)


def _decided(claim_id: str, state: Claim) -> Refused:
    return Refused(
        "claim-decided",
        f"claim {claim_id} is {state.state}: that is over.",
        claim_id=claim_id,
        state=state.state,
    )
