"""A facility's year with nothing wrong, and one for every rule in which that rule finds a fault.

Lines are written by hand: the rules are proved against what a result says, whoever calculated it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from contracts.inventory import DataKind, Scope, Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.calculation.lines import Applied, Line, Result
from services.ghg.calculation.working import Doubt
from services.ghg.claims.wording import ClaimEvidence, Footprint, Form
from services.ghg.findings import Context, Publication, Spread, TargetSet, UsedPathway, Verification
from services.ghg.plans.pathway import Target
from services.ghg.reports.cut_offs import CutOff

from .given import BOOK, POLICY, d

YEAR = 2025
REPORTED = date(2026, 3, 1)
SMELTER = Site("site-1", "CN", "CN-YN", "CWPB", 2015, "measured")
CELLS, CAST = Step.ELECTROLYSIS, Step.CASTING


def datum(name: str, step: Step, item: str, quantity: str, **more: Any) -> Datum:
    """A measured datum with a reference."""
    kind = DataKind.SUPPLIER_VERIFIED if item.startswith("bought.") else DataKind.MEASURED
    plain = Datum(name, step, item, d(quantity), kind, evidence="doc-1")
    if more.get("factor") is not None:
        more = {"factor_gwp_set": "AR5", **more}
    return plain._replace(**more)


def line(name: str, scope: Scope, item: str, kg: str, **more: Any) -> Line:
    """A line of one unit times its emission, from primary data."""
    factor_set = str(more.pop("factor_set", "own"))
    applied = Applied(d(kg), "kg/unit", name, factor_set, "given", "a test", primary=True)
    made = Line(
        (name,), CELLS, scope, item, d("1"), "unit", applied, "a test", d(kg), DataKind.MEASURED
    )
    return made._replace(**more)


def announced(name: str, year: int) -> Applied:
    """A factor of a Chinese announcement."""
    source = f"cn_grid_{year}"
    return Applied(d("0.1"), "kg CO2/kWh", f"{name}.{year}", source, "verified", "a test")


YUNNAN = announced("provincial.CN-YN", 2023)
CLEAN_DATA = (
    datum("gas", CAST, "fuel.gas", "50000000"),
    datum("grid", CELLS, "power.grid", "1400000000"),
    datum("anode", CELLS, "input.net_anode", "42000"),
    datum("aem", CELLS, "anode_effect.minutes", "0.5"),
    datum("alumina", CELLS, "bought.alumina", "193000", factor=d("1200"), supplier_id="s-1"),
    datum("alf3", CELLS, "bought.alf3", "1600", factor=d("1500"), supplier_id="s-2"),
    datum("anodes", CELLS, "bought.anode", "54000", factor=d("600"), supplier_id="s-4"),
    datum("leg", CELLS, "transport.sea", "900000000", of="bought.alumina", supplier_id="s-1"),
    datum("leg-4", CELLS, "transport.rail", "27000000", of="bought.anode", supplier_id="s-4"),
    datum("tapped", CELLS, "output.liquid_metal", "100000"),
    datum("cast", CAST, "output.cast_metal", "99500"),
    datum("lost", CAST, "loss.metal", "400"),
)
CLEAN_LINES = (
    line("gas", Scope.DIRECT, "fuel.gas", "2800000"),
    line("gas", Scope.FUEL_AND_POWER, "fuel.gas", "300000"),
    line("grid", Scope.POWER_LOCATION, "power.grid", "186620000", factor=YUNNAN),
    line("grid", Scope.POWER_MARKET, "power.grid", "186620000", factor=YUNNAN),
    line("anode", Scope.DIRECT, "input.net_anode", "150000000"),
    line("aem", Scope.DIRECT, "gas.CF4", "57000000", factor_set="AR5"),
    line("alumina", Scope.PURCHASED, "bought.alumina", "231600000"),
    line("alf3", Scope.PURCHASED, "bought.alf3", "2400000"),
    line("anodes", Scope.PURCHASED, "bought.anode", "32400000"),
    line("leg", Scope.TRANSPORT, "transport.sea", "9000000"),
    line("leg-4", Scope.TRANSPORT, "transport.rail", "600000"),
)
TARGET = Target(2030, d("5"), frozenset({"1", "2", "3"}), public=True)
VERIFIED = Verification(date(2026, 2, 1), "accreditation-7", "scopes 1, 2 and 3", "statement-1")
FOOTPRINT = Footprint(d("3.9"), "cradle_to_gate", "ISO 14067", "verifier-1")


def audited(
    data: Iterable[Datum] = CLEAN_DATA,
    lines: Iterable[Line] = CLEAN_LINES,
    doubts: tuple[Doubt, ...] = (),
    site: Site = SMELTER,
) -> Context:
    """A context with everything told and nothing wrong, with some data and lines of its own."""
    inventory = Inventory(site, YEAR, tuple(data))
    result = Result(
        inventory, tuple(lines), "AR5", ("AR5", "ipcc_2006"), "ghg-test", "engine", doubts
    )
    return Context(
        inventory=inventory,
        result=result,
        policy=POLICY,
        reported_on=REPORTED,
        intensity=d("6.4"),
        book=BOOK,
        verification=VERIFIED,
        publication=Publication(date(2026, 3, 1), frozenset({2024}), 2022),
        pathway=UsedPathway("asi_ghg_pathways_v2", date(2026, 2, 1)),
        target=TargetSet(TARGET, 2025),
        claims=(ClaimEvidence("claim-1", "We are a member of ASI.", Form.MEMBERSHIP),),
    )


CLEAN = audited()


def also(*more: Datum, lines: tuple[Line, ...] = (), doubts: tuple[Doubt, ...] = ()) -> Context:
    """The clean year with something besides."""
    return audited((*CLEAN_DATA, *more), (*CLEAN_LINES, *lines), doubts)


def changed(name: str, **more: Any) -> Context:
    """The clean year with one datum otherwise."""
    data = [one._replace(**more) if one.datum_id == name else one for one in CLEAN_DATA]
    return audited(data)


def without(*names: str) -> Context:
    """The clean year without some data and their lines."""
    data = [one for one in CLEAN_DATA if one.datum_id not in names]
    return audited(data, [one for one in CLEAN_LINES if one.data[0] not in names])


def doubted(name: str, about: str) -> Context:
    """The clean year with a doubt on the lines of a datum."""
    doubt = Doubt(about, f"Doubtful: {about}.", "a test")
    lines = [one._replace(doubts=(doubt,)) if one.data == (name,) else one for one in CLEAN_LINES]
    return audited(lines=lines)


def stand_in(**more: Any) -> Context:
    """The clean year with a default for alumina, and without the supplier's factor."""
    lines = [
        one._replace(kind=DataKind.DEFAULT, factor=one.factor._replace(primary=False))
        if one.item == "bought.alumina"
        else one
        for one in CLEAN_LINES
    ]
    return audited(lines=lines)._replace(**more)


def scrap(name: str, kind: str, **more: Any) -> Datum:
    """A tenth of a per cent of the metal as scrap, from next door."""
    return datum(name, CAST, "scrap.in", "100", scrap_kind=kind, supplier_id="s-3", **more)


SCRAP_LEG = datum("leg-3", CAST, "transport.road", "900", of="scrap.in")
SCRAP_MOVED = line("leg-3", Scope.TRANSPORT, "transport.road", "100")


def scrapped(kind: str, **more: Any) -> Context:
    """The clean year with a lot of scrap, and the leg that brought it."""
    return also(scrap("scrap", kind, **more), SCRAP_LEG, lines=(SCRAP_MOVED,))


def claimed(text: str, **more: Any) -> Context:
    """The clean year with a claim."""
    claim = ClaimEvidence("claim-2", text, Form.FOOTPRINT)._replace(**more)
    return CLEAN._replace(claims=(claim,))


def power(name: str, source: str, **more: Any) -> Datum:
    """A hundred megawatt-hours of a source."""
    return datum(name, CELLS, f"power.{source}", "100000", **more)


def certified(mwh: str, lot: str = "lot-1", name: str = "ppa", **more: Any) -> Datum:
    """A green contract with certificates cancelled for it."""
    return power(name, "ppa_contract", factor=d("0"), certificates=((lot, d(mwh)),), **more)


def replaced(name: str, **more: Any) -> Context:
    """The clean year with lines of a datum otherwise."""
    lines = [one._replace(**more) if one.data == (name,) else one for one in CLEAN_LINES]
    return audited(lines=lines)


LIME = CutOff("bought.lime", d("1"), False, "each is below 1 %", ("lime",))
LAST_DAY, FIRST_HALF = date(YEAR, 12, 31), date(YEAR, 6, 30)
SECOND_HALF = date(YEAR, 7, 1)
FAILING: Mapping[str, Context] = {
    "R-01": stand_in(),
    "R-02": replaced("alumina", kind=DataKind.SUPPLIER_UNVERIFIED, kg=d("900000000")),
    "R-03": scrapped("pre_consumer", factor=d("0")),
    "R-04": scrapped("", factor=d("8000")),
    "R-05": scrapped("post_consumer", factor=d("100"), evidence=""),
    "R-06": changed("leg", of="bought.bauxite"),
    "R-07": replaced("leg", kg=d("900000000")),
    "R-08": without("alumina", "alf3", "anodes"),
    "R-09": replaced("grid", factor=announced("provincial.CN-YN", 2022)),
    "R-10": replaced("grid", factor=announced("national.CN", 2023)),
    "R-11": doubted("grid", "green_power_unproven"),
    "R-12": also(certified("99.999")),
    "R-13": doubted("grid", "residual_unknown"),
    "R-14": also(power("own", "own_generation", factor=d("0.6"))),
    "R-15": claimed("Low-carbon aluminium from hydropower"),
    "R-16": claimed("Our green aluminium"),
    "R-17": changed("alumina", factor=d("350"), evidence=""),
    "R-18": CLEAN._replace(result=CLEAN.result._replace(gwp_set="")),
    "R-19": CLEAN._replace(verification=None),
    "R-20": CLEAN._replace(publication=Publication(None, frozenset({2023}), 2022)),
    "R-21": CLEAN._replace(target=TargetSet(TARGET, 2024)),
    "R-22": CLEAN._replace(pathway=UsedPathway("", date(2024, 5, 1))),
    "R-23": CLEAN._replace(intensity=d("13")),
    "R-24": CLEAN._replace(cut_offs=(LIME,)),
    "R-25": without("aem"),
    "R-26": changed("gas", from_on=date(YEAR, 1, 1), to_on=FIRST_HALF),
    "R-34": changed("cast", quantity=d("92000")),
}
PASSING: Mapping[str, Context] = {
    "R-01": stand_in(inputs_asked=frozenset({("s-1", "bought.alumina")})),
    "R-02": CLEAN,
    "R-03": scrapped("pre_consumer", factor=d("8000")),
    "R-04": scrapped("pre_consumer", factor=d("8000")),
    "R-05": scrapped("post_consumer", factor=d("100")),
    "R-06": CLEAN,
    "R-07": CLEAN._replace(similar_transport=Spread(d("1"), d("2"))),
    "R-08": CLEAN,
    "R-09": CLEAN,
    "R-10": CLEAN,
    "R-11": CLEAN,
    "R-12": also(certified("100")),
    "R-13": also(certified("100")),
    "R-14": also(power("own", "own_generation")),
    "R-15": claimed("Low-carbon aluminium: 3.9 t CO2e/t", footprint=FOOTPRINT),
    "R-16": claimed("Aluminium for green buildings"),
    "R-17": changed("alumina", factor=d("350")),
    "R-18": CLEAN,
    "R-19": CLEAN,
    "R-20": CLEAN._replace(publication=Publication(None, frozenset({2024}), 2022)),
    "R-21": CLEAN,
    "R-22": CLEAN._replace(pathway=UsedPathway("", date(2024, 4, 30))),
    "R-23": CLEAN._replace(intensity=d("10.9999")),
    "R-24": CLEAN._replace(cut_offs=(LIME._replace(allowed=True),)),
    "R-25": CLEAN,
    "R-26": audited(
        [
            *(one for one in CLEAN_DATA if one.datum_id != "gas"),
            datum("gas", CAST, "fuel.gas", "2", from_on=date(YEAR, 1, 1), to_on=FIRST_HALF),
            datum("gas-2", CAST, "fuel.gas", "2", from_on=SECOND_HALF, to_on=LAST_DAY),
        ]
    ),
    "R-34": CLEAN,
}
