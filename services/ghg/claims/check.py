"""A claim held against the rules and against its certificate on a day. Pure.

`claims` reads the text; here it is put together with what was asked and how the certificate stands.
C-06 and C-07 are numbers of ours, as C-01 to C-05 are.
"""

from collections.abc import Iterator
from datetime import date

from contracts.ghg import InventoryFinding as Finding
from contracts.ghg_claims import ClaimChecked, ClaimRequested
from contracts.inventory import Severity
from contracts.values import Standard
from infra.policy import Policy

from .standing import CertificateStanding
from .wording import SOURCE, ClaimEvidence, Footprint, Form, check_claim

STANDARDS = {Form.PS_CERTIFIED: Standard.PERFORMANCE, Form.COC_MATERIAL: Standard.CHAIN_OF_CUSTODY}


def check(
    claim: ClaimRequested, certificate: CertificateStanding | None, on: date, policy: Policy
) -> ClaimChecked:
    """Everything that is wrong with a claim on a day, and whether it stands."""
    said = claim.footprint
    stated = None
    if said is not None:
        words = (said.boundary or "", said.method or "", said.verifier or "")
        stated = Footprint(said.t_per_t, *words)
    evidence = ClaimEvidence(
        claim_id=claim.claim_id,
        text=claim.text,
        form=Form(claim.form),
        states=frozenset(claim.states),
        certificate=certificate.certificate_id if certificate else "",
        valid_until=certificate.valid_to if certificate else None,
        footprint=stated,
    )
    own = tuple(_own_findings(claim, certificate, on, policy))
    found = (*own, *check_claim(evidence, on, policy))
    stopping = policy.words("claims.refusing")
    order = list(Severity)
    return ClaimChecked(
        claim_id=claim.claim_id,
        member_id=claim.member_id,
        findings=tuple(sorted(found, key=lambda one: order.index(one.severity))),
        stands=not any(one.severity in stopping for one in found),
        checked_on=on,
        policy_id=policy.policy_id,
    )


def _own_findings(
    claim: ClaimRequested, certificate: CertificateStanding | None, on: date, policy: Policy
) -> Iterator[Finding]:
    form = Form(claim.form)
    wanted = STANDARDS.get(form)
    if certificate is not None:
        ended = certificate.ended(on)
        if wanted is not None and certificate.standard is not wanted:
            sentence = f"{certificate.certificate_id} is to {certificate.standard.value}: this form"
            yield _finding("C-03", Severity.BLOCK, f"{sentence} needs {wanted.value}.", claim)
        elif ended is not None and ended[0] != "expired":
            sentence = f"{certificate.certificate_id} is {ended[0]} since {ended[1]}."
            yield _finding("C-03", Severity.BLOCK, sentence, claim)
        elif certificate.valid_from > on:
            sentence = f"{certificate.certificate_id} holds from {certificate.valid_from} on."
            yield _finding("C-03", Severity.BLOCK, sentence, claim)
    if form is Form.COC_MATERIAL and claim.material_t is None:
        sentence = "A claim on material says how many tonnes it is about."
        yield _finding("C-06", Severity.MAJOR, sentence, claim)
    if claim.language not in policy.words("claims.languages"):
        sentence = f"No terms are known in {claim.language}: a person has to read it."
        yield _finding("C-07", Severity.INFO, sentence, claim)


def _finding(rule: str, severity: Severity, sentence: str, claim: ClaimRequested) -> Finding:
    data = (claim.claim_id,)
    return Finding(
        rule=rule, severity=severity, data=data, data_count=1, sentence=sentence, source=SOURCE
    )
