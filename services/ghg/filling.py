"""What the server computes for a command before the writer sees it: packed data, a calculation."""

from collections.abc import Mapping
from datetime import date

from contracts.ghg import Finding
from infra.auth import Principal, RoleKind
from infra.decider import Command, Lookup
from infra.errors import Refused
from infra.policy import Policies

from . import app
from .activity.taking import fields_of, inventory_of, site_of
from .activity.work import units_on
from .domain import States, owners
from .evidence import Calculated, FacilityEvidence, owned
from .parties import acted_for
from .plans.filling import PlansFilling
from .queries import Queries
from .results.biogenic import biogenic_co2, biogenic_told
from .results.commands import (
    PublishDisclosure,
    Recalculate,
    SubmitActivity,
    SubmitForVerification,
    VerifyResult,
)
from .results.current import outdated_findings
from .results.reckoning import Version, Wanted, packed_of, reckon, usual
from .suppliers.replaced import Replaced

Body = Mapping[str, object]
BY_PERSON = frozenset({VerifyResult})
"""Commands of which it counts who gives them, beyond what they sign in as."""


class Filling:
    """Computes outside the writer; every call may take a while."""

    def __init__(self, policies: Policies, queries: Queries) -> None:
        self._policies = policies
        self._queries = queries
        self._replaced = Replaced(queries, PlansFilling(queries))

    def computed(
        self, command: type[Command], sent: Body, evidence: Body, today: date
    ) -> dict[str, object]:
        """The fields of a command that have to be calculated; refused as the calculation says."""
        if command is SubmitActivity:
            return self._packed(sent, evidence, today)
        if command is Recalculate:
            return {"calculated": self._calculated(sent, today)}
        if command is PublishDisclosure:
            facility_id, year = self._where(sent)
            number = sent["result"]
            assert isinstance(number, int)  # by the command's form
            kept = self._queries.result(facility_id, year, number)
            memo = biogenic_co2(kept.energy, kept.as_of, app.factors())
            return {"calculated": kept, "biogenic": biogenic_told(memo)}
        if command is SubmitForVerification:
            return {"findings": self._outdated(sent, today), **self._verifier(sent)}
        if command is VerifyResult:
            return self._verifier(sent)
        return {}

    def _verifier(self, sent: Body) -> dict[str, object]:
        """Of which member the verifier is an entity."""
        return {"entity_of": self._queries.member_of(str(sent["verifier_id"]))}

    def _outdated(self, sent: Body, today: date) -> tuple[Finding, ...]:
        """What newer announcements make of a result; nothing of one that is not there or cannot be
        worked out again: the writer says what is wrong with it."""
        number = sent["result"]
        assert isinstance(number, int)  # by the command's form
        try:
            kept = self._queries.result(*self._where(sent), number)
            policy = self._policies.named(kept.policy_id)
            working = self._queries.working(kept)
        except Refused:
            return ()
        return outdated_findings(working, policy, app.factors(), today) if policy else ()

    def _packed(self, sent: Body, evidence: Body, today: date) -> dict[str, object]:
        """The data packed, with the result that is calculated of them: so data that cannot be
        calculated are refused before anything is stored; and the suppliers' answers that they
        replace."""
        facility = evidence["facility"]
        assert facility is None or isinstance(facility, FacilityEvidence)
        facility_id, member_id = str(sent["facility_id"]), str(sent["member_id"])
        known = owned(facility_id, member_id, facility)
        year, data, site = fields_of(sent)
        policy = self._policies.on(today)
        inventory = inventory_of(site_of(known, site), year, data, units_on(today), policy)
        packed = packed_of(inventory)
        wanted = usual(policy, today)
        version = Version(1, packed.data_hash, inventory)
        made = reckon(version, wanted, app.factors(), self._policies)
        replaced = self._replaced.of_year(member_id, facility_id, year, packed)
        return {"packed": packed, "calculated": made, "answers_replaced": replaced}

    def _calculated(self, sent: Body, today: date) -> Calculated | None:
        stored = self._queries.latest(*self._where(sent))
        if stored is None:
            return None
        as_of = sent.get("as_of") or today
        assert isinstance(as_of, date)  # by the command's form
        if as_of > today:
            raise Refused(
                "as-of-in-future",
                f"what is public on {as_of} is not known on {today}.",
                as_of=as_of,
                on=today,
            )
        usually = usual(self._policies.on(as_of), as_of)
        wanted = Wanted(
            as_of,
            str(sent.get("gwp_set") or usually.gwp_set),
            str(sent.get("pfc_set") or usually.pfc_set),
        )
        version = Version(
            stored.data_version, stored.data_hash, stored.inventory(), stored.submitted_on
        )
        return reckon(version, wanted, app.factors(), self._policies, today)

    @staticmethod
    def _where(sent: Body) -> tuple[str, int]:
        year = sent["year"]
        assert isinstance(year, int)  # by the command's form
        return str(sent["facility_id"]), year


def persons_behind(
    command: type[Command],
    who: Principal,
    person_ref: str,
    body: Body,
    rows: Lookup,
    states: States,
) -> dict[str, object]:
    """What is known of who gives a command, where they have to be somebody else: for whom else
    they may act, and for whom they did. Operations act for all, and stand in for nobody."""
    if who.is_ops:
        return {}
    if command is SubmitForVerification:
        return {"verifies_for": sorted(who.ids(RoleKind.VERIFIER))}
    if command is VerifyResult:
        acted = acted_for(person_ref, owners(body, states), rows)
        return {"acts_for": sorted(who.ids(RoleKind.MEMBER)), "acted_for": acted}
    return {}
