"""Whether a document is good, said at once: to its two sides, and to who holds the paper. Pure.

Three things decide: what became of it, whether its issuer was certified on the day of issue as far
as is known now, and whether another document stands in its place. Rules: sources.md 5.6 (3), 5.7.
"""

from typing import Literal, NamedTuple

from contracts.coc_documents import DocumentIssued
from contracts.custody import VALID, Checked
from contracts.values import Standard
from services.coc_ledger.evidence import age_of, told_age
from services.coc_ledger.scopes.entity_rules import holder_faults

from .paper import Became
from .words import checked

Word = Literal["good", "waiting", "not_good"]
SENTENCES = {
    "withdrawn": "The issuer took it back.",
    "superseded": "Another document stands in its place.",
    "disputed": "The receiver says that the delivery was another one.",
    "lapsed": "Nobody confirmed it in time.",
    "non_coc": "The check failed: the metal does not count as CoC.",
}
REASONS = {
    "issuer-coc-certificate-not-valid": "The issuer held no valid Chain of Custody certificate.",
    "issuer-ps-certificate-not-valid": "The issuer held no valid Performance Standard certificate.",
    "issuer-scope-suspended": "The issuer's scope was suspended: it did not bring the Performance"
    " Standard in time.",
    "holder-ps-certificate-not-valid": "The customer, whose share of a joint venture the metal is,"
    " held no valid Performance Standard certificate.",
    "certificate-named-is-unknown": "Nobody knows the certificate that the document names.",
}
LATE_S = 5
"""Knowledge that is younger is as good as new: it is looked at once a second."""
NAMES = {Standard.CHAIN_OF_CUSTODY: "Chain of Custody", Standard.PERFORMANCE: "Performance"}


class Held(NamedTuple):
    """A certificate that the issuer held on the day of issue; where it held none, one that was not
    valid."""

    certificate_id: str
    standard: str
    status: str


class Standing(NamedTuple):
    """A document as it stands. `known_through_position`: the last public certification event that
    the check looked at."""

    word: Word
    sentence: str
    passed: bool
    reasons: tuple[str, ...]
    on: str
    held: tuple[Held, ...]
    known_through_position: int


def standing(
    document: DocumentIssued, became: Became, seen: Checked, holder: Checked | None = None
) -> Standing:
    """Whether a document is good, by what is `seen` of its issuer on the day of issue, and of the
    `holder` of a share."""
    found = checked(document, seen, holder)
    told = [one for one in seen.certificates if one.status in VALID or not found.passed]
    whose = "customer" if found.reasons == holder_faults(holder) else "issuer"
    word, sentence = _said(became, whose, passed=found.passed)
    return Standing(
        word,
        sentence,
        found.passed,
        tuple(REASONS.get(one, one) for one in found.reasons),
        seen.day.isoformat(),
        tuple(Held(one.certificate_id, NAMES[one.standard], one.status.value) for one in told),
        seen.known_through_position,
    )


def why_not(found: Standing) -> str:
    """Why a document is not good, for its paper; nothing where it is good, or waits."""
    return " ".join((found.sentence, *found.reasons)) if found.word == "not_good" else ""


class Age(NamedTuple):
    """How old what is known of certificates is (None: nobody knows), and what that means, where it
    means anything."""

    behind_s: int | None
    late: str | None


def age(behind_s: int) -> Age:
    """What is to be said beside a document that rests on knowledge of some age."""
    if behind_s < LATE_S:
        return Age(behind_s, None)
    late = (
        f"What is known here of certificates is {age_of(behind_s)}: what has happened to them since"
        " is not in this answer. Ask again in a moment."
    )
    return Age(told_age(behind_s), late)


def _said(became: Became, whose: str, *, passed: bool) -> tuple[Word, str]:
    if became.state in SENTENCES:
        return "not_good", SENTENCES[became.state]
    if not passed:
        return "not_good", f"Its {whose} was not certified on the day of issue."
    if became.state == "confirmed":
        return "good", "The receiver confirmed the delivery, and it counts as CoC."
    if became.state == "pending_check":
        return "waiting", (
            "The receiver confirmed the delivery; whether it counts as CoC is checked as soon as"
            " what is known here of certificates is up to date."
        )
    return "waiting", (
        "The issuer was certified, and its ledger covers the mass; the receiver has not confirmed"
        " the delivery yet."
    )
