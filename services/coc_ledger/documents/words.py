"""The words of a document and what its receiver checks, on the day of issue. Pure.

A document is drafted, covered by the ledger, and then issued: `issued` joins the two. The check
asks whether the seller was certified on the day of issue, as far as is known now; what fails counts
as non-CoC, and the reasons say why. Rules: sources.md 5.6 (3), 5.7, 8 (R-28).
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from contracts.canonical import canonical_json
from contracts.coc import OutputDesignated
from contracts.coc_documents import DocumentIssued, Supplement
from contracts.custody import STAGE_OF, Checked, Lot, Material, Party
from contracts.values import CertificateId, EntityId, Standard
from infra.decider import derived_id
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.accounting import footprint
from services.coc_ledger.accounting.accounts import carried_amount
from services.coc_ledger.evidence import ScopeEvidence, activity_of
from services.coc_ledger.scopes.entity_rules import holder_faults, supplier_faults

from .commands import Customer, Draft, IssueDocument

Because = Literal["withdrawn", "superseded"]
LOOKED_UP = ("customer_certificate_id", "customer_seen")


class Verdict(NamedTuple):
    """Whether the metal of a document counts as CoC, and why not."""

    passed: bool
    reasons: tuple[str, ...]


def digest_of(draft: Draft) -> str:
    """The id of a document's words, without what was looked up, nor an activity that is not named:
    sent again they are the same, as they were before one could be."""
    without = LOOKED_UP if draft.activity else (*LOOKED_UP, "activity")
    return derived_id(canonical_json(draft, without=without).decode())


def lot_of(material: Material) -> Lot:
    """Which part of the output a material is."""
    return Lot.SCRAP if material is Material.PRE_CONSUMER_SCRAP else Lot.PRODUCT


def draft_of(command: IssueDocument, scope: ScopeEvidence) -> Draft:
    """The words of a document as its seller states them; Refused where they make no sense."""
    _check_words(command)
    activity_of(command.activity, scope, command.pool.stage)  # refuses one that is not the scope's
    customer = command.customer
    return Draft(
        member_id=command.member_id,
        scope_id=command.scope_id,
        pool=command.pool,
        issued_on=command.day,
        issuer_name=scope.name,
        issuer_address=scope.address,
        issuer_entity_id=scope.entity_id,
        customer=Customer(
            name=customer.name,
            address=customer.address,
            scope_id=customer.scope_id,
            entity_id=customer.entity_id,
        ),
        customer_member_id=command.customer_member_id,
        registration=command.registration,
        responsible=command.responsible,
        statement=command.statement,
        material=command.material,
        lot=lot_of(command.material),
        mass_kg=command.mass_kg,
        total_mass_kg=command.total_mass_kg,
        country_of_origin=command.country_of_origin,
        ps_pending=scope.ps_pending,
        boundary=command.boundary,
        method=command.method,
        footprint_period=command.footprint_period,
        verifier=command.verifier,
        replaces=command.replaces,
        correction_reason=command.correction_reason,
        customer_certificate_id=_certificate_of_customer(command),
        customer_seen=command.customer_seen,
        activity=command.activity,
    )


def _certificate_of_customer(command: IssueDocument) -> CertificateId | None:
    """The number of the customer's certificate: as named, or as known here on the day of issue;
    Refused where it is known that the customer has another one, or none."""
    named, seen = command.customer.certificate_id, command.customer_seen
    if seen is None:
        return named
    held = seen.valid(Standard.CHAIN_OF_CUSTODY)
    if named is None:
        return held[0] if held else None
    if named not in held:
        right = f"name {held[0]}" if held else "leave it out"
        raise Refused(
            "customer-certificate-not-valid",
            f"{named} is no Chain of Custody certificate of {seen.entity_id} that was valid on"
            f" {seen.day}, as far as is known here: {right}.",
            certificate_id=named,
            entity_id=seen.entity_id,
            day=seen.day,
            known_through_position=seen.known_through_position,
        )
    return named


def _check_words(command: IssueDocument) -> None:
    customer = command.customer
    if customer.scope_id == command.scope_id:
        raise Refused(
            "document-to-itself",
            "A scope issues no document to itself: a change of stage is booked as one.",
            scope_id=command.scope_id,
        )
    if customer.scope_id is not None and command.customer_member_id is None:
        raise Refused(
            "unknown-customer",
            f"There is no scope {customer.scope_id}; name one, or leave it out and send a"
            " registration id by which the customer confirms.",
            customer_scope_id=customer.scope_id,
        )
    if customer.scope_id is None and command.registration is None:
        raise Refused(
            "customer-cannot-confirm",
            "Name the customer's scope, or send a registration id by which it confirms.",
            number=command.number,
        )
    if customer.scope_id is not None and command.registration is not None:
        raise Refused(
            "customer-named-twice",
            f"{command.number} names scope {customer.scope_id} and carries a registration id: the"
            " scope books the delivery, who has the id books nothing. Leave one of them out.",
            customer_scope_id=customer.scope_id,
        )
    if command.mass_kg > command.total_mass_kg:
        raise Refused(
            "part-above-whole",
            f"{command.mass_kg} kg of CoC material cannot be in a shipment of"
            f" {command.total_mass_kg} kg.",
            mass_kg=command.mass_kg,
            total_mass_kg=command.total_mass_kg,
        )
    if command.replaces == command.number:
        raise Refused(
            "document-replaces-itself",
            "A correction is a document of its own: take another number.",
            number=command.number,
        )
    if (command.replaces is None) != (command.correction_reason is None):
        raise Refused(
            "correction-reason-missing",
            "A correction names the document that it replaces, and the reason; another document"
            " neither.",
            number=command.number,
        )
    if STAGE_OF[command.material] is not command.pool.stage:
        raise Refused(
            "stage-not-in-scope",
            f"{command.material.value} is not claimed from a pool of {command.pool.stage.value}.",
            material=command.material.value,
        )


def replaced_before(number: str, by: str | None) -> Refused:
    """A document is replaced once: what stands in its place can be replaced in turn."""
    instead = f": {by} stands in its place, correct that" if by else ""
    return Refused("document-ended", f"{number} has ended{instead}.", number=number, by=by)


def issued(
    number: str, draft: Draft, claim: OutputDesignated, stated_on: date, policy: Policy
) -> DocumentIssued:
    """The document: the words of its draft, with what the ledger found for it. Its buyer has the
    same time whether it is of the day on which it is stated or of one before."""
    words = {
        "boundary": draft.boundary,
        "method": draft.method,
        "period": draft.footprint_period,
        "verifier": draft.verifier,
    }
    told = claim.carried.model_copy(update=words)
    held = claim.evidence.valid(Standard.CHAIN_OF_CUSTODY)
    customer, seen = draft.customer, draft.customer_seen
    return DocumentIssued(
        number=number,
        member_id=draft.member_id,
        pool=draft.pool,
        issued_on=draft.issued_on,
        issuer=Party(
            name=draft.issuer_name,
            address=draft.issuer_address,
            entity_id=draft.issuer_entity_id,
            scope_id=draft.scope_id,
            certificate_id=held[0],
        ),
        certificate_id=held[0],
        customer=Party(
            name=customer.name,
            address=customer.address,
            entity_id=customer.entity_id,
            scope_id=customer.scope_id,
            certificate_id=draft.customer_certificate_id,
        ),
        customer_member_id=draft.customer_member_id,
        registration=draft.registration,
        responsible=draft.responsible,
        statement=draft.statement,
        material=draft.material,
        lot=draft.lot,
        mass_kg=draft.mass_kg,
        total_mass_kg=draft.total_mass_kg,
        carried=told,
        supplement=_supplement(draft, claim, policy),
        replaces=draft.replaces,
        correction_reason=draft.correction_reason,
        confirm_by=max(draft.issued_on, stated_on)
        + timedelta(days=policy.integer("document.confirm_days")),
        evidence=claim.evidence,
        policy_id=policy.policy_id,
        customer_evidence=seen,
        activity=claim.activity,
        from_closed=claim.from_closed,
        holder_entity_id=_holder(claim, seen),
    )


def _holder(claim: OutputDesignated, seen: Checked | None) -> EntityId | None:
    """Who takes the metal by its share of a joint venture. A correction leaves a holder what it
    took, also where its certificate has ended since: then there is nothing to look at again."""
    if claim.holder_scope_id is None or seen is None or not seen.holds(Standard.PERFORMANCE):
        return None
    return seen.entity_id


def _supplement(draft: Draft, claim: OutputDesignated, policy: Policy) -> Supplement:
    lot, step, mass = claim.carried, claim.step, draft.mass_kg
    whole = footprint.disclosed(carried_amount(mass, lot), policy)
    inputs = footprint.disclosed(footprint.before_step(lot, mass), policy).intensity
    scrap = draft.lot is Lot.SCRAP  # all of it pre-consumer, whatever its metal is of
    pre, post = footprint.percent(lot.pre_kg, mass), footprint.percent(lot.post_kg, mass)
    pre, post = (Decimal(100), Decimal(0)) if scrap else (pre, post)
    return Supplement(
        country_of_origin=draft.country_of_origin,
        ps_certified=claim.evidence.holds(Standard.PERFORMANCE),
        ps_pending=draft.ps_pending,
        pre_consumer_percent=pre,
        post_consumer_percent=post,
        intensity_kgco2e_per_kg=whole.intensity,
        inputs_kgco2e_per_kg=inputs if step and step.how != "booked" else None,
        step=step,
        known_percent=whole.known_percent,
        known_part_kgco2e_per_kg=whole.known_part,
        at_least_kgco2e_per_kg=whole.at_least,
    )


def of_facilities(document: DocumentIssued, seen: Checked) -> Checked:
    """What is known of the seller, asked of the facilities that the claim was made for (older
    documents name none)."""
    claimed = document.evidence
    named = {"facilities": claimed.facilities, "ps_later": claimed.ps_later}
    return seen.model_copy(update=named)


def checked(document: DocumentIssued, seen: Checked, holder: Checked | None = None) -> Verdict:
    """The receiver's check, by what is known of the seller on the day of issue; and of the `holder`
    of a share in a joint venture, where the metal is of that."""
    seen = of_facilities(document, seen)
    reasons = supplier_faults(seen, ps_pending=document.supplement.ps_pending)
    reasons = (*reasons, *holder_faults(holder))
    if document.certificate_id not in {one.certificate_id for one in seen.certificates}:
        reasons = (*reasons, "certificate-named-is-unknown")
    return Verdict(not reasons, reasons)


def check_mass(document: DocumentIssued, received_kg: int, policy: Policy) -> None:
    """Refuse a confirmation of another mass than was stated (`mass-differs`)."""
    permille = policy.integer("tolerance.delivery_permille")
    stated = document.total_mass_kg
    if abs(received_kg - stated) * 1000 > permille * stated:
        raise Refused(
            "mass-differs",
            f"{document.number} states {stated} kg, and {received_kg} kg came: more than"
            f" {permille} per mille of difference. Dispute it, and let the seller correct it.",
            stated_kg=stated,
            received_kg=received_kg,
        )
