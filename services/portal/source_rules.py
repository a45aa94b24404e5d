"""The rules in our own words, with the documents behind them and what nobody has found. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Rule(NamedTuple):
    """A rule in our own words, the documents behind it, and what of it nobody has found public."""

    number: str
    title: str
    says: str
    documents: Sequence[str]
    open: str


LISTED: Sequence[Rule] = (
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
    Rule(
        "1.5",
        "Yearly duties",
        "Fees follow size and kind. Certified entities publish their emissions and energy use by"
        " source every year.",
        ("A5", "A18"),
        "the levels of fees; by which day a year is to be published",
    ),
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
        "3.3",
        "Greenhouse gases (principle 5)",
        "5.1: emissions and energy use by source are published yearly, verified independently"
        " before. 5.2: from mine to metal at most 11 t CO2e/t for smelters that started after 2020;"
        " older ones reach less than 11 by 2030. 5.3: a plan and a pathway of 1.5 degrees, by the"
        " method that ASI endorses since May 2024, with a public intermediate target of at most"
        " five years over all scopes. 5.4: goals, procedures and plans whose effect is looked at.",
        ("A18", "A25", "A26", "A27"),
        "the criterion's own words: at most or below, rounding, the value of 2025, what counts as"
        " the start of production; for how long a verifier must not have worked for a member",
    ),
    Rule(
        "4.1",
        "From mine to metal",
        "Scopes 1 and 2 and of Scope 3 the categories 1, 3 and 4, at the casthouse of the smelter,"
        " of primary metal alone.",
        ("A18", "A24", "A39"),
        "how metal that was bought cold is kept apart",
    ),
    Rule(
        "4.2",
        "Process equations",
        "Carbon of anodes, paste and coke as balances of IPCC 2006, equations 4.21 to 4.24.",
        ("G3",),
        "the volume of IPCC itself; two values of its tables disagree between the codes",
    ),
    Rule(
        "4.3",
        "Perfluorocarbons",
        "By slope, over-voltage or own measurement; an own measurement is within 15 per cent and"
        " renewed every three years. IPCC 2006 and the EU regulation of 2025 have other"
        " coefficients.",
        ("G3", "G4"),
        "coefficients for emissions without an anode effect",
    ),
    Rule(
        "4.4",
        "Warming potentials",
        "Which set is used is for the reporter to choose and to disclose; sets are never mixed.",
        ("A42", "G1", "G3", "G4"),
        "methane and nitrous oxide beyond AR5",
    ),
    Rule(
        "4.5",
        "Default data",
        "World averages stand in where nobody tells, and are shown as defaults.",
        ("B5", "G5"),
        "averages by process after 2019",
    ),
    Rule(
        "4.6",
        "Electricity",
        "By location and by market side by side. In China the newest provincial factor that was"
        " public on the day; green power needs the proof of a physical connection.",
        ("G7",),
        "the ministry's tables line by line; which proof is enough; what contracts leave to others",
    ),
    Rule(
        "4.7",
        "GB/T 44905-2024",
        "Per tonne of remelt ingot or liquid metal, cradle to gate, of a calendar year; each"
        " cut-off below 1 per cent, together at most 5.",
        ("A42", "B9", "B10"),
        "its treatment of scrap; its report template",
    ),
    Rule(
        "4.8",
        "Scrap",
        "Post-consumer scrap enters nearly without burden, pre-consumer scrap keeps the footprint"
        " of its metal. The method used is disclosed. The EU's border adjustment gives scrap none.",
        ("A40", "A41", "A57", "G4"),
        "the methods' details",
    ),
    Rule(
        "4.9",
        "The pathways method",
        "Three families: primary metal, purchased metal, casthouse and semi-fabrication. The"
        " sector's budget of 1.5 degrees over its output gives a slope to 2050; a decision tree"
        " finds the base year.",
        ("A18", "A21", "A24", "A58", "G12"),
        "its formula, its tree, its activity data: variants are named, never chosen unsaid",
    ),
    Rule(
        "4.10",
        "Quality of data",
        "Each datum tells its kind, year, place and source. The share of primary data and the"
        " uncertainty, by error propagation or by simulation, are told with a result.",
        (),
        "how ASI weighs kinds of data; the formulas, which are general knowledge",
    ),
    Rule(
        "5.3",
        "Mass balance",
        "What part of a year's material came from certified entities, that part of the output,"
        " scrap with it, may be claimed as CoC material. Lots are claimed whole. The year is the"
        " longest period; certified and other material are told apart.",
        ("A28", "A29"),
        "pools by stage, yields, tolerances, stock from earlier periods",
    ),
    Rule(
        "5.4",
        "Balance and overdraft",
        "A balance left over serves in the next period and no longer; an overdraft is made good by"
        " the end of the next.",
        (),
        "all of it",
    ),
    Rule(
        "5.5",
        "Eligible scrap",
        "Scrap comes from the end of a product's life, from manufacturing, or out of dross.",
        ("A35",),
        "which of it counts as CoC material, on what proof",
    ),
    Rule(
        "5.6",
        "Entities in the chain",
        "Chain of Custody is voluntary and rests on a certificate to the Performance Standard: up"
        " to the casthouse that comes first, behind it by the membership's deadline, and, for an"
        " entity that has such a certificate, within a year for a facility added later. Input"
        " counts from suppliers with both certificates. A partner without control takes its"
        " share, which the controlling entity accounts for. Suppliers of other material are"
        " looked at.",
        ("A32", "A33", "A34", "A52"),
        "contractors; how a scope or a facility passes from one entity to another",
    ),
    Rule(
        "5.7",
        "CoC documents",
        "A seller states a delivery, the buyer checks it. A supplier's certificates are those of"
        " the day of issue.",
        ("A34",),
        "the fields, corrections, how long a buyer has",
    ),
    Rule(
        "5.8",
        "Yearly report",
        "Input and output quantities of a calendar year are reported to ASI.",
        ("A31",),
        "the day by which it is due",
    ),
    Rule(
        "6",
        "Circularity",
        "Recycled content, process scrap, yield and residues, by mass; pre- and post-consumer scrap"
        " apart.",
        ("B15",),
        "which of several definitions ASI takes",
    ),
    Rule(
        "7",
        "Claims",
        "What is claimed is certified, told with scope, standard and validity, and approved before."
        " ASI does not recognise green aluminium and defines no low carbon.",
        ("A28", "A37", "A38"),
        "the guide's text",
    ),
    Rule(
        "8",
        "Findings before the audit",
        "R-01 to R-34: what audits of greenhouse-gas data find again and again, as rules.",
        ("A18", "A25", "A27", "A38", "A42", "B9"),
        "their severities, which are ours",
    ),
)
RULES: Mapping[str, Rule] = {one.number: one for one in LISTED}
