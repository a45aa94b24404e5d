"""A CoC document on paper: the words of it, for people, in an order of their own. Pure.

The PDF and the JSON say the same. What a document became (confirmed, replaced) is said beside what
was stated, never in its place. Fields: sources.md 5.7.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.coc_documents import DocumentIssued
from contracts.custody import Lot, Party, StepEmissions
from contracts.values import plain

STATEMENT = (
    "The mass stated here is designated as CoC Material by mass balance over the accounting period"
    " of the issuer's certification scope. The metal itself may be of any origin."
)
NOTICE = "Made with Castmark, which is not affiliated with the Aluminium Stewardship Initiative."
WORDS = {
    "coc_bauxite": "CoC Bauxite",
    "coc_alumina": "CoC Alumina",
    "coc_aluminium_liquid": "CoC Aluminium, liquid metal",
    "coc_aluminium_cold": "CoC Aluminium, cold metal",
    "coc_casthouse_product": "CoC Aluminium, casthouse product",
    "coc_aluminium_semi": "CoC Aluminium, semi-fabricated",
    "coc_preconsumer_scrap": "CoC pre-consumer scrap",
}
WHOLLY_SCRAP = "all of it is pre-consumer scrap"
"""Of scrap of manufacturing: its receiver books it so, whatever its metal was made of, and of that
the paper tells nothing (`shown`)."""
STATES = {
    "issued": "issued, not yet confirmed",
    "pending_check": "confirmed, the check is pending",
    "confirmed": "confirmed, and counted as CoC by its receiver",
    "non_coc": "checked, and not counted as CoC",
    "disputed": "disputed by its receiver",
    "lapsed": "lapsed: nobody confirmed it in time",
    "withdrawn": "withdrawn",
    "superseded": "replaced by another document",
}


HOLDS = ("issued", "pending_check", "confirmed")
"""States of a document that may be good."""


class Became(NamedTuple):
    """What a document is now: its state, why, and by which document it was replaced."""

    state: str
    reasons: tuple[str, ...] = ()
    replaced_by: str | None = None


class Section(NamedTuple):
    """A heading with lines of name and value."""

    title: str
    lines: tuple[tuple[str, str], ...]


class Paper(NamedTuple):
    """All that is printed; `link` is where the document can be checked, as text and as QR code."""

    number: str
    issued_on: date
    state: str
    valid: bool
    sections: Sequence[Section]
    link: str


def paper(document: DocumentIssued, became: Became, link: str, why_not: str = "") -> Paper:
    """The words of a document. `why_not`: why it is not good by what is known now of certificates
    (`verdict.why_not`); nothing where that says nothing against it."""
    holds = became.state in HOLDS
    state = STATES.get(became.state, became.state)
    sections = (
        Section("Document", _head(document)),
        Section("Issuer", _party(document.issuer, document.certificate_id)),
        Section("Customer", _party(document.customer, _of_customer(document))),
        Section("Material", _material(document)),
        Section("Footprint", _footprint(document)),
        Section("State", _state(became, why_not)),
    )
    return Paper(
        document.number,
        document.issued_on,
        f"{state}. {why_not}" if holds and why_not else state,
        holds and not why_not,
        tuple(section for section in sections if section.lines),
        link,
    )


def _head(document: DocumentIssued) -> tuple[tuple[str, str], ...]:
    return _said(
        ("Number", document.number),
        ("Issued on", document.issued_on.isoformat()),
        ("To be confirmed by", document.confirm_by.isoformat()),
        ("Responsible (reference)", document.responsible),
        ("Replaces", document.replaces),
        ("Reason for it", document.correction_reason),
    )


def _party(party: Party, certificate: str | None) -> tuple[tuple[str, str], ...]:
    return _said(
        ("Name", party.name),
        ("Address", party.address),
        ("Entity", party.entity_id),
        ("Certificate", certificate),
    )


def _of_customer(document: DocumentIssued) -> str | None:
    """The customer's certificate; who looked at it, where that was the issuer alone."""
    number = document.customer.certificate_id
    if number is None or document.customer_evidence is not None:
        return number
    return _claimed(number)


def _material(document: DocumentIssued) -> tuple[tuple[str, str], ...]:
    said, carried = document.supplement, document.carried
    return _said(
        ("Material", WORDS[document.material.value]),
        ("CoC Material", kilograms(document.mass_kg)),
        ("Whole shipment", kilograms(document.total_mass_kg)),
        ("Country of origin", said.country_of_origin),
        ("Recycled content", WHOLLY_SCRAP if document.lot is Lot.SCRAP else None),
        ("Pre-consumer scrap in it", kilograms(carried.pre_kg) if carried.pre_kg else None),
        ("Post-consumer scrap in it", kilograms(carried.post_kg) if carried.post_kg else None),
        ("Performance Standard", _ps(document)),
    )


def _ps(document: DocumentIssued) -> str:
    if document.supplement.ps_certified:
        return "the issuer was certified on the day of issue"
    if document.supplement.ps_pending:
        return "the issuer's certification is pending, within its deadline"
    return "the issuer was not certified on the day of issue"


def _footprint(document: DocumentIssued) -> tuple[tuple[str, str], ...]:
    said, carried = document.supplement, document.carried
    whole, known = said.intensity_kgco2e_per_kg, said.known_percent
    lines = [("Intensity", _per_kg(whole) or "incomplete: not known for enough of the mass")]
    if known is not None and known < 100:
        lines.append(("Footprint wholly known", f"for {plain(known)} % of the mass"))
        part, least = said.known_part_kgco2e_per_kg, said.at_least_kgco2e_per_kg
        lines += _said(
            ("Average of that part alone", _per_kg(part) if whole is None else None),
            ("All of it, at least", _per_kg(least)),
        )
    lines += _said(
        ("Of it the metal that came in", _per_kg(said.inputs_kgco2e_per_kg)),
        *_step(said.step, carried.stepped_kg),
    )
    if whole is None:
        return tuple(lines)
    stated = _said(
        ("Boundary", _claimed(carried.boundary)),
        ("Method", _claimed(carried.method)),
        ("Period", _claimed(carried.period)),
        ("Verified by", _claimed(carried.verifier)),
    )
    return (*lines, *stated)


def _step(step: StepEmissions | None, stepped_kg: int) -> tuple[tuple[str, str | None], ...]:
    """The issuer's own step: what it adds, by what, or why nothing is known of it; and of how much
    of the metal it is booked by hand."""
    if step is None:
        return ()
    if step.how == "booked":
        return (("Of it the issuer's own step", "booked by hand, in the metal's average"),)
    before = _said(
        (
            "The issuer's own step",
            f"of {kilograms(stepped_kg)} booked by hand before, in the metal's average"
            if stepped_kg
            else None,
        )
    )
    if step.how == "unknown":
        return (*before, ("The issuer's own step", f"not known, and not added: {step.reason}"))
    whose = "The issuer's own step, of the rest" if before else "Of it the issuer's own step"
    return (
        *before,
        (whose, _per_kg(step.kgco2e_per_kg)),
        ("Its boundary", step.boundary),
        ("Its warming potentials", step.method),
        ("Its year", step.period),
        ("Its source", "results of its facilities as verified, not the issuer's word"),
        ("Its results verified by", ", ".join(step.verifiers)),
    )


def _claimed(words: str | None) -> str | None:
    """What nobody but the issuer says."""
    return None if words is None else f"{words} (as the issuer says)"


def _per_kg(intensity: Decimal | None) -> str | None:
    return None if intensity is None else f"{plain(intensity)} kg CO2e per kg"


def _state(became: Became, why_not: str) -> tuple[tuple[str, str], ...]:
    return _said(
        ("State", STATES.get(became.state, became.state)),
        ("Because", ", ".join(became.reasons) or None),
        ("Not good", why_not or None),
        ("Replaced by", became.replaced_by),
    )


def _said(*lines: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in lines if value is not None)


def kilograms(kg: int) -> str:
    """`1 234 567 kg`: thousands apart, so that nobody reads one zero too many."""
    return f"{kg:,}".replace(",", "\N{NO-BREAK SPACE}") + "\N{NO-BREAK SPACE}kg"
