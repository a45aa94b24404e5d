"""Verification and disclosure of a result: who may verify, what must be there before it is public.

Pure rules of the facility-year's decider. Nothing is public before an independent, accredited
verifier has stated on it (criterion 5.1, R-19), and nothing with a blocking finding (R-12, R-18).
Sources: sources.md 3.3, 8; the years of independence are a figure of the policy.
"""

from collections.abc import Sequence
from datetime import date

from dateutil.relativedelta import relativedelta

from contracts.ghg import (
    FINDINGS_KEPT,
    ActivitySealed,
    DisclosurePublished,
    ResultReturned,
    ResultSubmitted,
    ResultVerified,
    SubmissionWithdrawn,
)
from contracts.inventory import Scope
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.evidence import Engagement, owned

from .commands import (
    PublishDisclosure,
    ReturnResult,
    SubmitForVerification,
    VerifyResult,
    WithdrawSubmission,
)
from .primary_told import disclosed_rule
from .state import FacilityYear, Kept, kept_result


def submit(
    command: SubmitForVerification, state: FacilityYear, policies: Policies
) -> Sequence[ResultSubmitted]:
    """The result goes to the verifier; again to the same one changes nothing."""
    facility = owned(command.facility_id, command.member_id, command.facility)
    kept, policy = kept_result(state, command.result), policies.on(command.on)
    sealed = _present(state, kept, command.result)
    _check_over(command)
    _check_blocking(kept, command.result)
    _check_verified(state, command.result)
    if (before := state.submitted) is not None:
        if (before.result, before.verifier_id) == (command.result, command.verifier_id):
            return []
        if before.data_version == kept.data_version:
            raise Refused(
                "with-verifier",
                f"result {before.result} lies with {before.verifier_id}: they verify it or return"
                " it first, or you withdraw the submission. A newer version of the data may be"
                " submitted at once.",
                result=before.result,
                verifier_id=before.verifier_id,
            )
    parties = state.parties | {facility.member_id, facility.entity_id}
    _check_no_party(command.verifier_id, command.entity_of, parties)
    _check_independent(command.verifier_id, sealed, command.engaged, command.on, policy)
    if command.verifier_id in command.verifies_for:
        raise _same_person(f"who submits this may sign in as {command.verifier_id}", policy)
    _check_claimed(command)
    return [
        ResultSubmitted(
            facility_id=command.facility_id,
            member_id=facility.member_id,
            year=command.year,
            result=command.result,
            data_version=kept.data_version,
            working_hash=kept.working_hash,
            verifier_id=command.verifier_id,
            submitted_on=command.on,
            policy_id=policy.policy_id,
            findings=command.findings[:FINDINGS_KEPT],
        )
    ]


def withdraw(command: WithdrawSubmission, state: FacilityYear) -> Sequence[SubmissionWithdrawn]:
    """The member takes back what its verifier has not answered; refused `already-verified`. What
    was returned, or never submitted, lies with nobody: nothing happens."""
    facility = owned(command.facility_id, command.member_id, command.facility)
    kept_result(state, command.result)
    submitted = state.submitted
    if submitted is None or submitted.result != command.result:
        _check_verified(state, command.result)
        return []
    return [
        SubmissionWithdrawn(
            facility_id=command.facility_id,
            member_id=facility.member_id,
            year=command.year,
            result=command.result,
            verifier_id=submitted.verifier_id,
            withdrawn_on=command.on,
        )
    ]


def verify(
    command: VerifyResult, state: FacilityYear, policies: Policies
) -> Sequence[ResultVerified]:
    """The verifier's statement on the result that lies with them."""
    policy = policies.on(command.on)
    stated = [one for one in state.verified if one.result == command.result]
    if stated and _same_statement(stated[-1], command):
        return []
    submitted, sealed = _with_verifier(state, command.result, command.verifier_id)
    verified_on = command.verified_on or command.on
    if not submitted.submitted_on <= verified_on <= command.on:
        raise Refused(
            "verified-out-of-time",
            f"the statement is of {verified_on}: it is made between the submission on"
            f" {submitted.submitted_on} and today, {command.on}.",
            verified_on=verified_on,
            submitted_on=submitted.submitted_on,
            on=command.on,
        )
    _check_scopes(command.scopes, policy)
    _check_no_party(command.verifier_id, command.entity_of, state.parties)
    _check_independent(command.verifier_id, sealed, command.engaged, command.on, policy)
    _check_other_person(command, state.parties | {submitted.member_id}, policy)
    return [
        ResultVerified(
            facility_id=command.facility_id,
            member_id=submitted.member_id,
            year=command.year,
            result=command.result,
            working_hash=submitted.working_hash,
            verifier_id=command.verifier_id,
            accreditation=command.accreditation,
            statement_ref=command.statement_ref,
            scopes=tuple(sorted(set(command.scopes))),
            assurance=command.assurance,
            verified_on=verified_on,
            recorded_on=command.on,
            policy_id=policy.policy_id,
        )
    ]


def give_back(command: ReturnResult, state: FacilityYear) -> Sequence[ResultReturned]:
    """The result goes back to the facility, with points."""
    submitted, _ = _with_verifier(state, command.result, command.verifier_id)
    return [
        ResultReturned(
            facility_id=command.facility_id,
            member_id=submitted.member_id,
            year=command.year,
            result=command.result,
            verifier_id=command.verifier_id,
            points=command.points,
            returned_on=command.on,
        )
    ]


def publish(
    command: PublishDisclosure, state: FacilityYear, policies: Policies
) -> Sequence[DisclosurePublished]:
    """The verified result becomes public, and says which disclosure it corrects."""
    facility = owned(command.facility_id, command.member_id, command.facility)
    kept = kept_result(state, command.result)
    if state.disclosed and state.disclosed[-1] == command.result:
        return []
    sealed = _present(state, kept, command.result)
    _check_over(command)
    _check_blocking(kept, command.result)
    statement = next((one for one in state.verified if one.result == command.result), None)
    if statement is None:
        raise Refused(
            "not-verified",
            f"result {command.result} is not verified: an independent verifier states on it before"
            " it is public (R-19, criterion 5.1).",
            result=command.result,
        )
    _check_no_party(
        statement.verifier_id, None, state.parties | {facility.member_id, facility.entity_id}
    )
    found = command.calculated
    if found is None or (found.result, found.working_hash) != (command.result, kept.working_hash):
        raise TypeError("the evidence is of another result")
    _check_claimed(command)
    share = found.primary_share
    return [
        DisclosurePublished(
            facility_id=command.facility_id,
            member_id=facility.member_id,
            entity_id=facility.entity_id,
            location=sealed.location,
            year=command.year,
            disclosure=len(state.disclosed) + 1,
            result=command.result,
            totals=found.totals,
            energy=found.energy,
            outputs=found.outputs,
            intensities=found.intensities,
            gwp_set=found.gwp_set,
            working_hash=kept.working_hash,
            verifier_id=statement.verifier_id,
            accreditation=statement.accreditation,
            statement_ref=statement.statement_ref,
            assurance=statement.assurance,
            verified_on=statement.verified_on,
            published_on=command.on,
            policy_id=policies.on(command.on).policy_id,
            corrects=len(state.disclosed) or None,
            primary_share=share,
            uncertainty_percent=found.uncertainty_percent,
            primary_metal=found.primary_metal,
            metal_left_t=found.metal_left_t,
            bought_metal=found.bought_metal,
            biogenic_co2=command.biogenic,
            primary_share_rule=None if share is None else disclosed_rule(found.engine),
        )
    ]


# --- rules ---


def _present(state: FacilityYear, kept: Kept, result: int) -> ActivitySealed:
    """The seal over the data, if the result is of the present version."""
    sealed = state.sealed
    if sealed is None or kept.data_version != sealed.data_version:
        raise Refused(
            "stale-input",
            f"result {result} is of version {kept.data_version} of the data; the present one is"
            f" {sealed.data_version if sealed else 0}. Take a result of that.",
            calculated=kept.data_version,
            present=sealed.data_version if sealed else 0,
        )
    return sealed


def _check_over(command: SubmitForVerification | PublishDisclosure) -> None:
    """Figures of a running year are interim: nobody verifies or discloses them as the year's."""
    if command.on <= date(command.year, 12, 31):
        raise Refused(
            "year-not-over",
            f"{command.year} is not over on {command.on}: its figures are interim (R-26). Send the"
            " data of the whole year after its end.",
            year=command.year,
            on=command.on,
        )


def _check_blocking(kept: Kept, result: int) -> None:
    if kept.blocking:
        raise Refused(
            "findings-block",
            f"result {result} has findings that stop it: {', '.join(kept.blocking)}. Mend the data"
            " and submit them anew.",
            result=result,
            rules=kept.blocking,
        )


def _check_claimed(command: SubmitForVerification | PublishDisclosure) -> None:
    """Nothing goes on whose certificates for power were not claimed before (R-12)."""
    if command.unclaimed:
        raise Refused(
            "certificates-not-claimed",
            f"{command.facility_id} of {command.year} changed while this was asked: ask again.",
            facility_id=command.facility_id,
            year=command.year,
        )


def _check_verified(state: FacilityYear, result: int) -> None:
    if any(one.result == result for one in state.verified):
        raise Refused(
            "already-verified",
            f"result {result} is verified: publish it, or calculate another.",
            result=result,
        )


def _with_verifier(
    state: FacilityYear, result: int, verifier_id: str
) -> tuple[ResultSubmitted, ActivitySealed]:
    submitted = state.submitted
    wanted = (result, verifier_id)
    if submitted is None or (submitted.result, submitted.verifier_id) != wanted:
        raise Refused(
            "not-with-verifier",
            f"result {result} does not lie with {verifier_id}: it was not submitted, or was"
            " answered, or a newer one took its place.",
            result=result,
            verifier_id=verifier_id,
        )
    if state.sealed is None:
        raise TypeError("a result was submitted of data that were never sealed")
    return submitted, state.sealed


def _same_statement(stated: ResultVerified, command: VerifyResult) -> bool:
    return (
        stated.verifier_id,
        stated.accreditation,
        stated.statement_ref,
        stated.verified_on,
        stated.scopes,
        stated.assurance,
    ) == (
        command.verifier_id,
        command.accreditation,
        command.statement_ref,
        command.verified_on or stated.verified_on,
        tuple(sorted(set(command.scopes))),
        command.assurance,
    )


def _check_scopes(scopes: Sequence[Scope], policy: Policy) -> None:
    missing = [name for name in policy.words("verification.scopes") if name not in scopes]
    if missing:
        raise Refused(
            "verification-scope-too-small",
            f"the statement leaves out scope {', '.join(missing)}: it covers all that is disclosed"
            " (R-19).",
            missing=missing,
        )


def _check_no_party(verifier_id: str, entity_of: str | None, parties: frozenset[str]) -> None:
    """Refuse whose facility it is or was in that year, and their entities: nobody verifies their
    own data. Statements that were recorded before this was looked at do not go public either."""
    if verifier_id in parties or entity_of in parties:
        raise Refused(
            "verifier-is-party",
            f"{verifier_id} is, or belongs to, the member whose data these are or were: an"
            " independent verifier states on them (criterion 5.1).",
            verifier_id=verifier_id,
        )


def _check_independent(
    verifier_id: str,
    sealed: ActivitySealed,
    engaged: Sequence[Engagement],
    on: date,
    policy: Policy,
) -> None:
    """Refuse whoever prepared data for the member within the policy's years."""
    years = policy.integer("verification.independence_years")
    since = on - relativedelta(years=years)
    worked = [one.last_on for one in engaged if one.organisation_id == verifier_id]
    if sealed.prepared_by == verifier_id:
        worked.append(sealed.submitted_on)
    if worked and max(worked) > since:
        raise Refused(
            "verifier-not-independent",
            f"{verifier_id} prepared data for {sealed.member_id} on {max(worked)}; a verifier has"
            f" not done so for {years} years.",
            verifier_id=verifier_id,
            last_on=max(worked),
            years=years,
        )


def _check_other_person(command: VerifyResult, parties: frozenset[str], policy: Policy) -> None:
    """Refuse who signs for the verifier and is one of the member's people under another id."""
    for one in command.acts_for:
        if one in parties:
            raise _same_person(f"who states this may sign in as member {one}", policy)
    since = command.on - relativedelta(years=policy.integer("verification.independence_years"))
    for acted in command.acted_for:
        if acted.last_on > since:
            did = f"sent, submitted or disclosed data for {acted.organisation_id}"
            raise _same_person(f"who states this {did} on {acted.last_on}", policy)


def _same_person(what: str, policy: Policy) -> Refused:
    return Refused(
        "verifier-same-person",
        f"{what}: an independent verifier is somebody else (criterion 5.1).",
        years=policy.integer("verification.independence_years"),
    )
