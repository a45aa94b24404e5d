"""The public documents that the rules rest on, and how far each was read. Pure.

The same as docs/sources.md, which a test compares. A rule is cited by its number (`rule 1.2`), a
document by its key (`[A1, A6]`); `pieces` finds both in a policy's words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Document(NamedTuple):
    """Something public that can be looked up."""

    key: str
    title: str
    publisher: str
    url: str
    read: str


class Rule(NamedTuple):
    """A rule in our own words, the documents behind it, and what of it nobody has found public."""

    number: str
    title: str
    says: str
    documents: Sequence[str]
    open: str


class Piece(NamedTuple):
    """Some words of a citation; what they name, if it is one of ours: `rule-1.2`, `A1`."""

    text: str
    names: str | None
    title: str


ASI = "ASI"
SITE = "https://aluminium-stewardship.org/"
PAGE = "page read in a stored copy"
_DOCUMENTS = (
    Document(
        "A1",
        "Maintaining good standing: avoiding ASI membership suspension",
        ASI,
        SITE + "maintaining-good-standing-avoiding-asi-membership-suspension",
        PAGE,
    ),
    Document(
        "A2",
        "Maintaining ASI membership by achieving and sustaining certification (August 2023)",
        ASI,
        SITE + "maintaining-asi-membership-by-achieving-and-sustaining-certification",
        PAGE,
    ),
    Document("A3", "Join ASI", ASI, SITE + "join-asi/", PAGE),
    Document(
        "A4",
        "FAQ: considering ASI membership",
        ASI,
        SITE + "top-5-faq/faq-considering-asi-membership/",
        PAGE,
    ),
    Document(
        "A5",
        "ASI News, September 2015",
        ASI,
        "https://us10.campaign-archive.com/?u=76e1739f033b4fd1950bedeb0&id=4189a7bd59",
        "newsletter read in a stored copy",
    ),
    Document(
        "A6",
        "How ASI certifications impact the aluminium market (July 2019)",
        "CRU",
        "https://www.prnewswire.com/news-releases/"
        "cru-how-asi-certifications-impact-the-aluminium-market-300881588.html",
        "press release of an analyst, not of ASI, read in a stored copy",
    ),
    Document(
        "A7",
        "ASI Assurance Manual: what the revision changed",
        ASI,
        SITE + "asi-standards/assurance-manual",
        "the page about the manual read in a stored copy; the manual itself was not",
    ),
    Document(
        "A8",
        "Updates to the ASI Assurance Manual",
        ASI,
        SITE + "updates-to-the-asi-assurance-manual",
        PAGE,
    ),
    Document(
        "A9",
        "ASI Assurance Manual update coming soon",
        ASI,
        SITE + "asi-assurance-manual-update-coming-soon",
        PAGE,
    ),
    Document(
        "A10",
        "Transitioning from a provisional to a full certification (September 2023)",
        ASI,
        SITE
        + "successfully-transitioning-from-a-provisional-certification-to-a-full-certification",
        PAGE,
    ),
    Document(
        "A11",
        "What does provisional status certification mean? (January 2024)",
        ASI,
        SITE + "what-does-provisional-status-certification-mean",
        PAGE,
    ),
    Document(
        "A12",
        "FAQ: I would like to become ASI certified",
        ASI,
        SITE + "help-desk/faq-i-would-like-to-become-asi-certified",
        "stored copy breaks off where it says when a surveillance audit follows",
    ),
    Document(
        "A14b", "ASI certification", "UCSL, an auditor", "https://ucsl.eu/asi", PAGE + ", not ASI's"
    ),
    Document(
        "A32",
        "Chain of Custody Standard",
        ASI,
        SITE + "asi-standards/chain-of-custody-standard/",
        "the page about the standard read in a stored copy; the standard itself was not",
    ),
    Document(
        "A36",
        "Audit reports within eight weeks",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_9500.html",
        "second hand: it quotes the Assurance Manual",
    ),
    Document(
        "G1",
        "Certificate 409 as an example in an ontology",
        "Carbonsig",
        "https://github.com/Carbonsig/comet-ontology",
        "one example's dates",
    ),
)
DOCUMENTS: Mapping[str, Document] = {one.key: one for one in _DOCUMENTS}

_RULES = (
    Rule(
        "1.1",
        "Classes",
        "Of six classes of members two have the duty to certify and may do so: Production and"
        " Transformation (PT) and Industrial Users (IU). Mining, refining or smelting makes a"
        " member PT; so, since November 2023, do bauxite development and high purity alumina.",
        ("A1", "A4", "A5", "A8", "A9", "A12"),
        "which classes are full members",
    ),
    Rule(
        "1.2",
        "The duty to certify",
        "Within two years of joining, or of the programme's launch in December 2017 if that was"
        " later, a certificate to the Performance Standard covers at least one facility. Then the"
        " member recertifies in time. Who does not forfeits the membership.",
        ("A1", "A2", "A3", "A6", "A11", "A32"),
        "extensions, changes of class, the days between a miss and the forfeit, the launch's day",
    ),
    Rule(
        "1.3",
        "Good standing",
        "An invoice is paid within 60 days. Unpaid fees or a missed certification suspend: the"
        " member is not listed until the conditions are met. A suspension can be cured, a forfeit"
        " is an end.",
        ("A1",),
        "when after the last day an unpaid fee suspends",
    ),
    Rule(
        "1.4",
        "Applications and ways out",
        "Draft, submitted, under review, approved or declined; then a member, until it resigns,"
        " forfeits or is terminated. The states and their names are ours.",
        (),
        "all of it",
    ),
    Rule("1.5", "Yearly duties", "Fees follow size and kind.", ("A5",), "the levels"),
    Rule(
        "1.6",
        "Members, entities, facilities",
        "A member has entities, which are certified; an entity has facilities. What a certificate"
        " covers is for the entity to say: a business, facilities, a product.",
        ("A14b",),
        "how control is decided in joint ventures",
    ),
    Rule(
        "2.1",
        "Audits and how long certificates hold",
        "A certificate holds three years, a provisional one year; at the end of a cycle all is"
        " audited again, and usually once at 18 months. Getting ready takes 6 to 12 months,"
        " booking an audit 1 to 3. The report follows within eight weeks.",
        ("A10", "A11", "A12", "A36"),
        "kinds of audit beyond the first, surveillance and recertification",
    ),
    Rule(
        "2.2",
        "Findings",
        "(1) One major finding makes the certificate provisional. (2) More than three, and none is"
        " issued, or it is revoked. (3) Corrective actions are planned within a month and done"
        " within 6 to 12. (4) A finding at one site counts for all that was audited. High maturity"
        " only without any finding.",
        ("A7", "A10", "A11"),
        "what a minor finding and a critical breach are and lead to",
    ),
    Rule(
        "2.3",
        "Maturity and surveillance",
        "The better the overall maturity, the fewer surveillance audits.",
        ("A12",),
        "how many for which rating, and when",
    ),
    Rule(
        "2.7",
        "A certificate's states",
        "Full, provisional, suspended, withdrawn, expired. The last day is the first plus the"
        " years, less a day.",
        ("G1",),
        "suspension and withdrawal step by step",
    ),
    Rule(
        "3.2",
        "Activities",
        "What applies to an entity follows from its supply-chain activities and its class.",
        ("A14b",),
        "the list of activities as ASI has it",
    ),
    Rule(
        "5.6",
        "Facilities in other hands",
        "Chain of Custody is voluntary and rests on a certificate to the Performance Standard.",
        ("A32",),
        "how a facility passes from one entity to another",
    ),
)
RULES: Mapping[str, Rule] = {one.number: one for one in _RULES}

EVIDENCE: Mapping[str, str] = {
    "verified": "read in the document named; not compared with the standard's own text",
    "derived": "follows from what was read",
    "design": "our own choice, where nothing is laid down",
    "unverified": "general knowledge or a guess that nobody has compared with anything",
}

_CITED = re.compile(r"\b(?:A\d+b?|G\d+|\d\.\d)\b")


def pieces(text: str) -> Sequence[Piece]:
    """A citation cut where it names a rule or a document of ours; all of its text, in order."""
    found: list[Piece] = []
    at = 0
    for match in _CITED.finditer(text):
        piece = _named(match.group())
        if piece is not None:
            found += [Piece(text[at : match.start()], None, ""), piece]
            at = match.end()
    return [piece for piece in (*found, Piece(text[at:], None, "")) if piece.text]


def _named(word: str) -> Piece | None:
    if word in RULES:
        return Piece(word, f"rule-{word}", RULES[word].title)
    if word in DOCUMENTS:
        one = DOCUMENTS[word]
        return Piece(word, word, f"{one.title} – {one.publisher}")
    return None


def documents_in(texts: Iterable[str]) -> Sequence[Document]:
    """The documents that citations name, each once, in the order of this list."""
    named = {piece.names for text in texts for piece in pieces(text)}
    return [one for one in _DOCUMENTS if one.key in named]
