"""The service in one place: its deciders, its commands, who may issue them, its evidence. Pure."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from contracts.envelope import Event
from infra.decider import Command, Lookup
from infra.readmodel import Consumer

from .auditors import AUDITORS
from .formers import FORMERS
from .parties import PARTIES
from .plans.domain import (
    PLAN_COMMANDS,
    PLAN_DECIDERS,
    PLAN_INTERNAL,
    PLAN_PRIVATE,
    PLAN_RESTS_ON,
    PLAN_ROLES,
)
from .plans.reactions import PLAN_REACTIONS
from .plans.rows import PLAN_PROJECTIONS
from .power_certificates import power_certificate
from .power_certificates.power_certificate import (
    ClaimPowerCertificate,
    NotePowerCertificateNamed,
    PowerCertificateClaimed,
    PowerCertificateNamed,
)
from .reactions import REACTIONS
from .results import facility_year, reporting
from .results.commands import (
    MemberCommand,
    PublishDisclosure,
    Recalculate,
    RecordResult,
    ReturnResult,
    StoreActivity,
    SubmitActivity,
    SubmitForVerification,
    VerifyResult,
    WithdrawSubmission,
)
from .results.facility_year import ActivityRecorded, FacilityYear
from .results.measurements import MEASUREMENTS
from .results.renewals import NotePfcMeasurements
from .results.reporting import (
    ClosureNoted,
    CoverNoted,
    NoteClosure,
    NoteCover,
    NoteDisclosure,
)
from .results.state import PowerCertificatesNamed, SupplierAnswersReplaced
from .rows import PROJECTIONS, engagements, facility_evidence
from .verifiers import SUBMITTED

DECIDERS: Mapping[str, ModuleType] = {
    "facility_year": facility_year,
    "reporting": reporting,
    "power_certificate": power_certificate,
    **PLAN_DECIDERS,
}
COMMANDS: tuple[type[Command], ...] = (
    SubmitActivity,
    Recalculate,
    SubmitForVerification,
    WithdrawSubmission,
    VerifyResult,
    ReturnResult,
    PublishDisclosure,
    *PLAN_COMMANDS,
)
INTERNAL: tuple[type[Command], ...] = (
    StoreActivity,
    RecordResult,
    NoteCover,
    NoteDisclosure,
    NotePfcMeasurements,
    NoteClosure,
    ClaimPowerCertificate,
    NotePowerCertificateNamed,
    *PLAN_INTERNAL,
)
PRIVATE: tuple[type[Event], ...] = (
    ActivityRecorded,
    CoverNoted,
    ClosureNoted,
    PowerCertificateClaimed,
    PowerCertificateNamed,
    PowerCertificatesNamed,
    SupplierAnswersReplaced,
    *PLAN_PRIVATE,
)

OPS_AND_MEMBERS = frozenset({"ops", "member"})
OPS_AND_VERIFIERS = frozenset({"ops", "verifier"})
ROLES: Mapping[str, frozenset[str]] = {
    SubmitActivity.NAME: OPS_AND_MEMBERS,
    Recalculate.NAME: OPS_AND_MEMBERS,
    SubmitForVerification.NAME: OPS_AND_MEMBERS,
    WithdrawSubmission.NAME: OPS_AND_MEMBERS,
    VerifyResult.NAME: OPS_AND_VERIFIERS,
    ReturnResult.NAME: OPS_AND_VERIFIERS,
    PublishDisclosure.NAME: OPS_AND_MEMBERS,
    **PLAN_ROLES,
}
"""A member's command names its `member_id`, a verifier's its `verifier_id`."""

RESTS_ON: Mapping[str, tuple[str, ...]] = PLAN_RESTS_ON
"""That a year is overdue rests on our own events alone, asked a day late (`reporting`); that a
claim lapsed, on the silence of audits."""

CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        "ghg",
        ("membership", "audit_scheduling", "ghg"),
        (*PROJECTIONS, *PARTIES, FORMERS, SUBMITTED, MEASUREMENTS, *PLAN_PROJECTIONS),
        (),
        (*REACTIONS, *PLAN_REACTIONS),
    ),
    AUDITORS,
)
"""One reader of our own events for queries, membership's for evidence, audits' for what is due;
and one of who audits."""

Body = Mapping[str, object]
States = Callable[[str], Any]
"""`states(stream)`: the state of one of our own streams, as folded now."""


def fill(command: type[Command], body: Body, rows: Lookup, states: States) -> dict[str, object]:
    """The evidence fields of a command that follow from rows and our own streams, from its other
    fields as sent. What has to be calculated is not among them."""
    filled: dict[str, object] = {}
    if issubclass(command, MemberCommand):
        filled["facility"] = facility_evidence(_text(body, "facility_id"), rows)
    if "engaged" in command.FILLED:
        filled["engaged"] = [
            one for owner in owners(body, states) for one in engagements(owner, rows)
        ]
    return filled


def owners(body: Body, states: States) -> list[str]:
    """Whose data they are, and who answers for them: the member that asks, or whose result lies
    with a verifier."""
    state = states(f"facility_year/{_text(body, 'facility_id')}:{body.get('year')}")
    found = [_text(body, "member_id")]
    if isinstance(state, FacilityYear):
        found += [one.member_id for one in (state.sealed, state.submitted) if one is not None]
    return sorted(set(filter(None, found)))


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
