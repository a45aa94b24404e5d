"""The public documents that the rules rest on, and how far each was read. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Document(NamedTuple):
    """Something public that can be looked up."""

    key: str
    title: str
    publisher: str
    url: str
    read: str


ASI = "ASI"
SITE = "https://aluminium-stewardship.org/"
PAGE = "page read in a stored copy"
IAI = "International Aluminium Institute"
FOUND = "page read in a stored copy; its full address was not kept"
LISTED: Sequence[Document] = (
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
        "A18",
        "Climate change",
        ASI,
        SITE + "drive-change/sustainability-priorities/climate-change",
        PAGE,
    ),
    Document(
        "A21",
        "ASI releases update to its GHG Pathways calculation tool (February 2025)",
        ASI,
        SITE + "asi-releases-update-to-its-ghg-pathways-calculation-tool",
        PAGE + "; the tool itself was not",
    ),
    Document(
        "A24",
        "The ASI Entity GHG Pathways Method",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_8098.html",
        "second hand: it describes the method, whose text was not read",
    ),
    Document(
        "A25",
        "Criterion 5.3 and intermediate targets",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_7198.html",
        "second hand: it quotes the standard's guidance",
    ),
    Document("A26", "ASI and greenhouse gas intensity", ASI, SITE + "?p=69636", PAGE),
    Document(
        "A27",
        "COP 26 outcomes and ASI's alignment",
        ASI,
        SITE + "climate-cop-26-outcomes-and-asi-alignment",
        PAGE,
    ),
    Document("A28", "Claims", ASI, SITE + "claims", PAGE),
    Document(
        "A29",
        "Guide to CoC reporting",
        ASI,
        SITE,
        FOUND,
    ),
    Document(
        "A31",
        "CoC material flow",
        ASI,
        SITE + "why-aluminium/asi-outcomes-impacts/asi-coc-material-flow/",
        PAGE,
    ),
    Document(
        "A32",
        "Chain of Custody Standard",
        ASI,
        SITE + "asi-standards/chain-of-custody-standard/",
        "the page about the standard read in a stored copy; the standard itself was not",
    ),
    Document(
        "A33",
        "When Chain of Custody may come first",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_7899.html",
        "second hand: it quotes the standard",
    ),
    Document(
        "A34",
        "Whose input counts",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_9230.html",
        "second hand: it quotes the standard",
    ),
    Document(
        "A35",
        "Points of origin of scrap",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_7380.html",
        "second hand: it quotes the standard",
    ),
    Document(
        "A36",
        "Audit reports within eight weeks",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_9500.html",
        "second hand: it quotes the Assurance Manual",
    ),
    Document(
        "A37",
        "ASI Claims Guide",
        ASI,
        SITE + "asi-standards/claims-guide",
        "the page about the guide read in a stored copy; the guide itself was not",
    ),
    Document(
        "A38",
        "Issue brief: low carbon aluminium",
        "a mirror of ASI's brief",
        "https://patbriscoaluminiumfoil.com/?p=133",
        "mirror read in a stored copy; ASI's own page was not",
    ),
    Document(
        "A39",
        "Green claims explained",
        "Hydro, at Aluminium i Norge",
        "https://aluminiuminorge.no/",
        FOUND,
    ),
    Document("A40", "Hydro CIRCAL", "Wicona", "https://ref.wicona.com/", FOUND),
    Document(
        "A41",
        "Carbon footprint of recycled aluminium (2025)",
        IAI,
        "https://international-aluminium.org/wp-content/uploads/2025/10/"
        "Carbon-Footprint-of-Recycled-Aluminium-IAI-Document-Final.pdf",
        "its page read in a stored copy; the body of the document was not",
    ),
    Document(
        "A42",
        "Aluminium carbon footprint methodology",
        "Carbon Transparency, of IAI's method",
        "https://carbon-transparency.org/resources/aluminium-carbon-footprint-methodology",
        PAGE,
    ),
    Document(
        "A52",
        "The Performance Standard in its third version",
        "asi-cn.com, a consultancy",
        "https://www.asi-cn.com/news/ASI_6798.html",
        "second hand: it quotes the standard",
    ),
    Document(
        "A57", "Not all recycled aluminium is equal", "Hydro", "https://www.hydro.com/", FOUND
    ),
    Document(
        "A58",
        "ASI News: endorsement of the sector's strategy (September 2022)",
        ASI,
        "https://us10.campaign-archive.com/?u=76e1739f033b4fd1950bedeb0&id=e427fe63c6",
        "newsletter read in a stored copy",
    ),
    Document(
        "B5",
        "Scope 3 emissions: a potential pivot",
        "CRU",
        "https://www.crugroup.com/",
        "an analyst's " + FOUND,
    ),
    Document(
        "B9",
        "GB/T 44905-2024 described",
        "a seller of standards",
        "https://2vag.yxtcp.com/chanpinzhanshi/631449.html",
        "second hand: a description; the standard itself was not read",
    ),
    Document(
        "B10",
        "GB/T 44905-2024 in force",
        "SMM, a news service",
        "https://news.smm.cn/news/103067337",
        "second hand: a news page; the standard itself was not read",
    ),
    Document(
        "B15",
        "Recycling indicators",
        "The Aluminium Story",
        "https://thealuminiumstory.com/recycling/recycling-indicators/",
        PAGE,
    ),
    Document(
        "G1",
        "Certificate 409 as an example in an ontology",
        "Carbonsig",
        "https://github.com/Carbonsig/comet-ontology",
        "one example's dates",
    ),
    Document(
        "G3",
        "Process equations and warming potentials as code",
        "mamhoff/datasets",
        "https://github.com/mamhoff/datasets",
        "code read, at b33b25b; one of two that agree with each other",
    ),
    Document(
        "G4",
        "Implementing Regulation (EU) 2025/2547",
        "European Union",
        "https://data.europa.eu/eli/reg_impl/2025/2547/oj",
        "an extract read; the Official Journal's own text was not",
    ),
    Document(
        "G5",
        "Inventory of Bayer and Hall-Heroult processes as data",
        "sesame-academic",
        "https://github.com/sesame-sustainability/sesame-academic",
        "table read, at 7d1ee5d",
    ),
    Document(
        "G7",
        "Codes for sources of power in the registry of the border adjustment",
        "European Union",
        "https://taxation-customs.ec.europa.eu/carbon-border-adjustment-mechanism_en",
        "a public excerpt of the registry's schema read, not this page",
    ),
    Document(
        "G12",
        "Sector pathways of the Mission Possible Partnership as data",
        "Mission Possible Partnership",
        "https://github.com/missionpossiblepartnership/mpp-shared-code",
        "data read, at b09472f",
    ),
)
DOCUMENTS: Mapping[str, Document] = {one.key: one for one in LISTED}
