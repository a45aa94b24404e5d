"""What a claim says, and whether it may be said so. Pure.

Source: sources.md 7, R-15, R-16. A claim is a text (or logo, or link) with what stands behind it.
Terms are dated data of the policy, in English and Chinese: adjectives that make a metal green, the
nouns they are put to, words that may stand between, and how a sentence says so of the noun. The
rules of a claim's statements have numbers of their own, C-01 to C-05, since the list of audit
failures does not number them.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from contracts.ghg import Finding
from contracts.inventory import Severity
from infra.policy import Policy

SOURCE = "sources.md 7"
BETWEEN_MAX = 3
DASHES = re.compile("[\u2010-\u2015\u2212]")
ASI = re.compile("(?<![a-z])asi(?![a-z])")
"""The name by itself, also among Chinese characters, and not within a word such as Asian."""
UNSAID = re.compile("[\"'`*\u2018-\u201f\u00ab\u00bb\u2039\u203a\u300c-\u300f\u00ae\u2122]")
"""Quotation marks and the like: a word in them is said all the same."""

NEGATED = re.compile(r"(?:\b(?:not|no|never)(?: (?:an?|any|asi|of|mean|imply))*|[非不无]是?)$")
"""What makes of a term its opposite, right before it: "is not certification"."""


class Form(StrEnum):
    """What a claim may be about: being a member, a certificate to the Performance Standard, or
    material under the Chain of Custody. A footprint is a statement of its own."""

    MEMBERSHIP = "membership"
    PS_CERTIFIED = "ps_certified"
    COC_MATERIAL = "coc_material"
    FOOTPRINT = "footprint"


class Footprint(NamedTuple):
    """A product's footprint as stated; what is empty was not said. `boundary` must be one that
    runs from cradle to gate."""

    t_per_t: Decimal | None = None
    boundary: str = ""
    method: str = ""
    verifier: str = ""


class ClaimEvidence(NamedTuple):
    """A claim as it would be read, and what stands behind it. `states` are the parts that its text
    or its fine print states (`claims.statements.<form>` of the policy names those it must);
    `valid_until` is the last day of the certificate that it rests on."""

    claim_id: str
    text: str
    form: Form | str
    states: frozenset[str] = frozenset()
    certificate: str = ""
    valid_until: date | None = None
    footprint: Footprint | None = None


def check_claim(claim: ClaimEvidence, on: date, policy: Policy) -> tuple[Finding, ...]:
    """Everything that is wrong with a claim on a day, the gravest first."""
    major, block = Severity.MAJOR, Severity.BLOCK
    found = [_finding("C-03", block, line, claim) for line in _not_certified(claim, on, policy)]
    found += [_finding("R-15", major, line, claim) for line in low_carbon_faults(claim, policy)]
    terms = unrecognised_terms(claim.text, policy)
    if terms:
        sentence = f"ASI does not recognise this term: {', '.join(terms)}."
        found.append(_finding("R-16", major, sentence, claim))
    found += [_finding("C-01", major, line, claim) for line in _unstated(claim, policy)]
    found += [_finding("C-02", major, line, claim) for line in _other_form(claim, policy)]
    for rule, figure, sentence in (
        ("C-04", "physical", "Allocation is by mass balance, no atoms are promised: {}."),
        ("C-05", "absolute", "Absolute words imply more than was assured: {}."),
    ):
        said = _said(claim.text, figure, policy)
        if rule == "C-05":
            said = (*said, *_eco(claim.text, policy))
        if said:
            found.append(_finding(rule, major, sentence.format(", ".join(said)), claim))
    return tuple(found)


def unrecognised_terms(text: str, policy: Policy) -> tuple[str, ...]:
    """Green, zero, clean aluminium and their like, as the text spells them, each once."""
    plain = _plain(text)
    found = (match.group() for pattern in _metals(policy) for match in pattern.finditer(plain))
    return tuple(dict.fromkeys(found))


def says_low_carbon(text: str, policy: Policy) -> tuple[str, ...]:
    """The ways in which a text says "low carbon"."""
    return _said(text, "low_carbon", policy)


def low_carbon_faults(claim: ClaimEvidence, policy: Policy) -> Iterator[str]:
    """R-15: low carbon, without a figure from cradle to gate, its method and its verifier. That
    power is renewable is no answer: it says nothing of anodes, alumina and transport."""
    said = says_low_carbon(claim.text, policy)
    if not said:
        return
    stated = claim.footprint or Footprint()
    boundaries = policy.words("claims.cradle_to_gate")
    parts = {
        "a figure": stated.t_per_t is not None,
        "a cradle-to-gate boundary": stated.boundary in boundaries,
        "its method": bool(stated.method),
        "its verifier": bool(stated.verifier),
    }
    missing = [what for what, there in parts.items() if not there]
    if missing:
        yield (
            f'"{said[0]}" needs a cradle-to-gate figure with method and verifier; missing:'
            f" {', '.join(missing)}. Clean power alone makes no metal low carbon."
        )


def _not_certified(claim: ClaimEvidence, on: date, policy: Policy) -> Iterator[str]:
    if not _rests_on_certificate(claim, policy):
        return
    if not claim.certificate or claim.valid_until is None:
        yield "The claim names no certificate with its last day: there is nothing to claim."
    elif claim.valid_until < on:
        yield f"Certificate {claim.certificate} ended on {claim.valid_until}: withdraw the claim."


def _rests_on_certificate(claim: ClaimEvidence, policy: Policy) -> bool:
    """By its form, by the one it names, or because a footprint is told of what ASI certified."""
    if claim.form in (Form.PS_CERTIFIED, Form.COC_MATERIAL) or claim.certificate:
        return True
    of_asi = bool(ASI.search(_plain(claim.text)) and _said(claim.text, "certified", policy))
    return claim.form == Form.FOOTPRINT and of_asi


def _unstated(claim: ClaimEvidence, policy: Policy) -> Iterator[str]:
    name = f"claims.statements.{claim.form}"
    if name not in policy.figures:
        return
    missing = [part for part in policy.words(name) if part not in claim.states]
    if missing:
        words = ", ".join(part.replace("_", " ") for part in missing)
        yield f"A claim of this form must state: {words}."


def _other_form(claim: ClaimEvidence, policy: Policy) -> Iterator[str]:
    allowed = policy.words("claims.forms")
    if claim.form not in allowed:
        yield f"No claim has the form {claim.form}; there are {', '.join(allowed)}."
        return
    if claim.form == Form.MEMBERSHIP:
        said = _said(claim.text, "certified", policy, denied=NEGATED)
        if said:
            yield f"Membership is not certification, but the claim says {', '.join(said)}."


def _said(
    text: str, figure: str, policy: Policy, *, denied: re.Pattern[str] | None = None
) -> tuple[str, ...]:
    """Terms of a list that stand in a text, as it spells them, each once; but for those right
    before which they are `denied`."""
    plain = _plain(text)
    found = (one for pattern in _terms(figure, policy) for one in pattern.finditer(plain))
    told = (
        one.group()
        for one in found
        if denied is None or not denied.search(plain[: one.start()].rstrip())
    )
    return tuple(dict.fromkeys(told))


@lru_cache(maxsize=64)
def _terms(figure: str, policy: Policy) -> tuple[re.Pattern[str], ...]:
    english = policy.words(f"claims.{figure}.en")
    chinese = policy.words(f"claims.{figure}.zh")
    return (
        re.compile(rf"\b(?:{'|'.join(_english(one) for one in english)})\b"),
        re.compile("|".join(re.escape(one) for one in chinese)),
    )


@lru_cache(maxsize=8)
def _metals(policy: Policy) -> tuple[re.Pattern[str], ...]:
    """A metal that is called green: adjective, words that may stand between, and metal; or metal,
    copula, adverb and adjective."""

    def of(part: str) -> str:
        words = sorted(policy.words(f"claims.metal.{part}.en"), key=len, reverse=True)
        return "|".join(_english(one) for one in words)

    adjective, between, noun = (of(part) for part in ("adjective", "between", "noun"))
    else_is = rf"(?![\s-]+(?:{of('of_something_else')})\b)"
    metal = rf"\b(?:{noun})\b"
    named = rf"\b(?:{adjective})(?:[\s,/-]+(?:{between})){{0,{BETWEEN_MAX}}}[\s-]+{metal}{else_is}"
    verbs = rf"[\s-]+(?:{of('copula')})(?:[\s-]+(?:{of('adverb')}))*[\s-]+"
    made = rf"(?:[\s-]+(?:{of('product')})\b)?"
    called = rf"{metal}{made}{verbs}(?:{adjective})\b{else_is}"
    return (re.compile(named), re.compile(called), *_chinese("adjective", policy))


def _eco(text: str, policy: Policy) -> tuple[str, ...]:
    """Metal that a Chinese text calls friendly to the environment: the words for it are those for
    its protection, so that they mean it beside the metal alone, and not where they say what was
    certified."""
    plain = _plain(text)
    found = (one.group() for way in _chinese("eco", policy) for one in way.finditer(plain))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8)
def _chinese(figure: str, policy: Policy) -> tuple[re.Pattern[str], ...]:
    """As in English: words of a figure, words that may stand between, and metal; or metal or what
    is made of it, copula, adverb and such a word; or what is made of it and what is said plainly of
    a product."""

    def of(part: str) -> str:
        words = sorted(policy.words(f"claims.metal.{part}.zh"), key=len, reverse=True)
        return "|".join(map(re.escape, words))

    said, between, noun = of(figure), of("between"), of("noun")
    if f"claims.metal.{figure}_of.zh" in policy.figures:
        said = rf"(?:{said})(?!{of(f'{figure}_of')})"
    else_is = rf"(?!的?(?:{of('of_something_else')}))"
    gap, made = r"[、·・/\s-]?", of("product")
    named = rf"(?:{said})(?:{gap}(?:{between})){{0,{BETWEEN_MAX}}}{gap}(?:{noun}){else_is}"
    serves = rf"(?!色?(?:{of('called_of')}))"
    called = rf"(?:{noun})(?:{made})?(?:{of('copula')})(?:{of('adverb')})?(?:{said}){serves}"
    plainly = rf"(?:{noun})(?:{made})(?:{of('adverb')})?(?:{of('plain')}){serves}"
    return re.compile(named), re.compile(called), re.compile(plainly)


def _english(term: str) -> str:
    """A term whose blanks may be blanks or hyphens."""
    return r"[\s-]+".join(re.escape(word) for word in term.split())


def _plain(text: str) -> str:
    """One spelling: full-width letters as ordinary ones, small, dashes of all kinds as one; without
    what does not show (soft hyphens, joiners), quotation marks and marks of emphasis."""
    shown = "".join(one for one in UNSAID.sub("", text) if unicodedata.category(one) != "Cf")
    narrow = unicodedata.normalize("NFKC", shown).casefold()
    return DASHES.sub("-", narrow).replace("_", " ")


def _finding(rule: str, severity: Severity, sentence: str, claim: ClaimEvidence) -> Finding:
    source = f"{SOURCE}, {rule}" if rule.startswith("R-") else SOURCE
    return Finding(
        rule=rule,
        severity=severity,
        data=(claim.claim_id,),
        data_count=1,
        sentence=sentence if len(sentence) <= 600 else f"{sentence[:597]}...",
        source=source,
    )
