"""Plans, claims, data asked for, portfolios and editions; `domain` includes them. Pure."""

from collections.abc import Mapping
from types import ModuleType

from contracts.envelope import Event
from infra.decider import Command
from services.ghg.aggregates import kept, portfolio
from services.ghg.aggregates.kept import EditionKept, KeepEdition
from services.ghg.aggregates.portfolio import (
    DefinePortfolio,
    PortfolioDefined,
    PortfolioRemoved,
    RemovePortfolio,
)
from services.ghg.claims import claim
from services.ghg.claims.claim import VALIDITY, ClaimCertificateNoted
from services.ghg.claims.commands import (
    ApproveClaim,
    AssessClaim,
    NoteClaimCertificate,
    NoteClaimMembership,
    RefuseClaim,
    RequestClaim,
    WithdrawClaim,
)
from services.ghg.suppliers import supplier
from services.ghg.suppliers.commands import (
    AnswerDatum,
    DeclineDatum,
    IssueRegistration,
    RequestDatum,
    TakeDatum,
    WithdrawDatumRequest,
)
from services.ghg.suppliers.supplier import RegistrationIssued

from . import plan
from .commands import (
    AdoptPlan,
    EndPlan,
    EvaluatePlan,
    NoteStructuralChanges,
    ReviewPlan,
    SetIntermediateTarget,
    SetPathway,
)

PLAN_DECIDERS: Mapping[str, ModuleType] = {
    "reduction_plan": plan,
    "claim": claim,
    "datum_request": supplier,
    "portfolio": portfolio,
    "aggregate_edition": kept,
}
BY_OPS_AND_MEMBERS: tuple[type[Command], ...] = (
    AdoptPlan,
    SetPathway,
    SetIntermediateTarget,
    ReviewPlan,
    EvaluatePlan,
    NoteStructuralChanges,
    RequestClaim,
    WithdrawClaim,
    RequestDatum,
    WithdrawDatumRequest,
)
BY_OPS: tuple[type[Command], ...] = (AssessClaim, ApproveClaim, RefuseClaim)
BY_SUBSCRIBERS: tuple[type[Command], ...] = (DefinePortfolio, RemovePortfolio)
PLAN_COMMANDS: tuple[type[Command], ...] = (*BY_OPS_AND_MEMBERS, *BY_OPS, *BY_SUBSCRIBERS)
PLAN_INTERNAL: tuple[type[Command], ...] = (
    EndPlan,
    NoteClaimCertificate,
    NoteClaimMembership,
    IssueRegistration,
    AnswerDatum,
    DeclineDatum,
    TakeDatum,
    KeepEdition,
)
"""A supplier's answer comes over a route of its own: who has the registration id may send it."""

PLAN_PRIVATE: tuple[type[Event], ...] = (
    ClaimCertificateNoted,
    RegistrationIssued,
    PortfolioDefined,
    PortfolioRemoved,
    EditionKept,
)
PLAN_ROLES: Mapping[str, frozenset[str]] = {
    **{command.NAME: frozenset({"ops", "member"}) for command in BY_OPS_AND_MEMBERS},
    **{command.NAME: frozenset({"ops"}) for command in BY_OPS},
    **{command.NAME: frozenset({"ops", "subscriber"}) for command in BY_SUBSCRIBERS},
}
PLAN_RESTS_ON: Mapping[str, tuple[str, ...]] = {VALIDITY: ("audit_scheduling",)}
"""A claim has lapsed only when audits have closed the day and told of no conversion."""
