"""CO2 of anodes, paste and coke, as carbon balances that show their working. Pure.

Source: sources.md 4.2 (IPCC 2006 volume 3 equations 4.21 to 4.24, and the aluminium protocol for
coke calcination). A facility gives what it has measured by symbol (`own={"S_a": ...}`); what it
does not give is a default of the factor set, named as such in the result. A value outside the
published 95 % range is used, and doubted. Two defaults are themselves doubtful, and say so in
their notes: CD (two sources a hundred times apart) and the upper bound of S_pc.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum

from infra.errors import Refused
from services.ghg.factors.book import FactorSet

from .working import CARBON_TO_CO2, Doubt, Term, Working, chosen, from_set, given

FAMILY = "electrolysis"
CO2, CARBON = CARBON_TO_CO2
METHANE = Decimal(16)
"""Molar mass of methane, g/mol."""
KG_PER_T = Decimal(1000)
Own = Mapping[str, Decimal]
NOTHING: Own = {}


class Furnace(StrEnum):
    """Anode baking furnaces, which differ in the tar that they collect."""

    RIEDHAMMER = "riedhammer"
    OTHER = "other"


class Stud(StrEnum):
    """Soederberg cells."""

    HORIZONTAL = "HSS"
    VERTICAL = "VSS"


class Paste(StrEnum):
    """Soederberg paste."""

    DRY = "dry"
    WET = "wet"


class Process(StrEnum):
    """What tier 1 tells apart."""

    PREBAKE = "prebake"
    SOEDERBERG = "soederberg"


Formula = Callable[[Mapping[str, Decimal]], Decimal]


class _Balance:
    """Collects the terms of one equation, and refuses own values that the equation has not."""

    def __init__(self, rule: str, factors: FactorSet, own: Own) -> None:
        self.rule = rule
        self.factors = factors
        self.own = own
        self.terms: list[Term] = []
        self.doubts: list[Doubt] = []
        self.known: set[str] = set()

    def data(self, symbol: str, value: Decimal, unit: str) -> None:
        """An activity of the facility."""
        self.terms.append(given(symbol, value, unit))

    def parameter(self, symbol: str, name: str | None = None) -> None:
        """A parameter: the facility's own, or the default `name` of the set."""
        term, doubts = chosen(self.factors, name or symbol, symbol, self.own)
        self.known.add(symbol)
        if term.unit.startswith("t/t") and term.value > 1:
            raise Refused(
                "share-above-one",
                f"{symbol} is {term.value} t/t: a content is a fraction between 0 and 1, so 2 % is"
                " 0.02.",
                symbol=symbol,
                value=term.value,
            )
        self.terms.append(term)
        self.doubts += doubts

    def result(self, formula: str, compute: Formula) -> Working:
        """The value; a balance below zero stands, and is doubted: its inputs contradict."""
        unknown = sorted(set(self.own) - self.known)
        if unknown:
            raise Refused(
                "unknown-parameter",
                f"{self.rule} has no {', '.join(unknown)}; it has {', '.join(sorted(self.known))}.",
                unknown=unknown,
                known=sorted(self.known),
            )
        value = compute({term.symbol: term.value for term in self.terms})
        if value < 0:
            sentence = f"The balance gives {value} t CO2: more carbon leaves than enters."
            self.doubts.append(Doubt("negative_balance", sentence, self.rule))
        name = self.factors.factor_set
        doubts = tuple(self.doubts)
        return Working(self.rule, formula, tuple(self.terms), value, "t CO2", name, doubts)


def tier1(metal_t: Decimal, process: Process, factors: FactorSet) -> Working:
    """Tier 1: metal times a default per tonne."""
    balance = _Balance("tier 1", factors, NOTHING)
    balance.data("MP", metal_t, "t Al")
    balance.terms.append(from_set(factors, f"tier1.{process}", "EF", default=True))
    return balance.result("EF * MP", lambda of: of["EF"] * of["MP"])


def anode(
    metal_t: Decimal, net_t_per_t: Decimal, factors: FactorSet, own: Own = NOTHING
) -> Working:
    """Equation 4.21: net consumption of prebaked anodes (t/t Al), less sulphur and ash."""
    balance = _Balance("equation 4.21, prebaked anodes", factors, own)
    balance.data("NAC", net_t_per_t, "t/t Al")
    balance.data("MP", metal_t, "t Al")
    balance.parameter("S_a")
    balance.parameter("Ash_a")
    return balance.result(
        "NAC * MP * (1 - S_a - Ash_a) * 44/12",
        lambda of: of["NAC"] * of["MP"] * (1 - of["S_a"] - of["Ash_a"]) * CO2 / CARBON,
    )


def pitch(
    baked_t: Decimal,
    furnace: Furnace,
    factors: FactorSet,
    own: Own = NOTHING,
    *,
    green_t: Decimal | None = None,
) -> Working:
    """Equation 4.22: pitch volatiles that burn while anodes bake. Green anode that nobody weighed
    is baked anode times the default ratio; WT is a ratio of green anode."""
    balance = _Balance("equation 4.22, pitch volatiles", factors, own)
    balance.data("BA", baked_t, "t baked anode")
    if green_t is None:
        balance.parameter("GA_BA")
    else:
        balance.data("GA", green_t, "t green anode")
    balance.parameter("H_w")
    balance.parameter("WT", f"WT.{furnace}")

    def burnt(of: Mapping[str, Decimal]) -> Decimal:
        green = of["BA"] * of["GA_BA"] if green_t is None else of["GA"]
        return (green - of["H_w"] * green - of["BA"] - of["WT"] * green) * CO2 / CARBON

    green = "BA * GA_BA" if green_t is None else "GA"
    return balance.result(f"({green} * (1 - H_w - WT) - BA) * 44/12", burnt)


def packing(baked_t: Decimal, factors: FactorSet, own: Own = NOTHING) -> Working:
    """Equation 4.23: packing coke that burns in the baking furnace."""
    balance = _Balance("equation 4.23, packing coke", factors, own)
    balance.data("BA", baked_t, "t baked anode")
    for symbol in ("PCC", "S_pc", "Ash_pc"):
        balance.parameter(symbol)
    return balance.result(
        "PCC * BA * (1 - S_pc - Ash_pc) * 44/12",
        lambda of: of["PCC"] * of["BA"] * (1 - of["S_pc"] - of["Ash_pc"]) * CO2 / CARBON,
    )


def soederberg(
    metal_t: Decimal,
    paste_t_per_t: Decimal,
    stud: Stud,
    paste: Paste,
    factors: FactorSet,
    own: Own = NOTHING,
) -> Working:
    """Equation 4.24: paste, less soluble matter, less what in pitch and coke is no carbon, less
    carbon in skimmed dust."""
    balance = _Balance("equation 4.24, Soederberg paste", factors, own)
    balance.data("PC", paste_t_per_t, "t/t Al")
    balance.data("MP", metal_t, "t Al")
    balance.parameter("CSM", f"CSM.{stud}")
    balance.parameter("BC", f"BC.{paste}")
    for symbol in ("S_p", "Ash_p", "H_p", "S_c", "Ash_c", "CD"):
        balance.parameter(symbol)

    def burnt(of: Mapping[str, Decimal]) -> Decimal:
        binder = of["BC"] * of["PC"] * (of["S_p"] + of["Ash_p"] + of["H_p"])
        coke = (1 - of["BC"]) * of["PC"] * (of["S_c"] + of["Ash_c"])
        per_t = of["PC"] - of["CSM"] / KG_PER_T - binder - coke - of["CD"]
        return per_t * of["MP"] * CO2 / CARBON

    formula = (
        "(PC - CSM/1000 - BC * PC * (S_p + Ash_p + H_p) - (1 - BC) * PC * (S_c + Ash_c) - CD)"
        " * MP * 44/12"
    )
    return balance.result(formula, burnt)


def calcination(
    green_t: Decimal,
    factors: FactorSet,
    own: Own = NOTHING,
    *,
    calcined_t: Decimal | None = None,
    dust_t: Decimal | None = None,
    under_calcined_t: Decimal = Decimal(0),
) -> Working:
    """Coke calcination: carbon of green coke, less that of calcined and under-calcined coke and
    dust, and the methane and tar that burn. What was not weighed is a default ratio of green
    coke."""
    balance = _Balance("coke calcination", factors, own)
    balance.data("GC", green_t, "t green coke")
    for symbol in ("H2O_gc", "V_gc", "S_gc"):
        balance.parameter(symbol)
    if calcined_t is None:
        balance.parameter("CC_GC")
    else:
        balance.data("CC", calcined_t, "t calcined coke")
    balance.data("UCC", under_calcined_t, "t under-calcined coke")
    if dust_t is None:
        balance.parameter("DE_GC")
    else:
        balance.data("DE", dust_t, "t dust")
    balance.parameter("S_cc")
    balance.parameter("M_gc")

    def burnt(of: Mapping[str, Decimal]) -> Decimal:
        calcined = of["GC"] * of["CC_GC"] if calcined_t is None else of["CC"]
        dust = of["GC"] * of["DE_GC"] if dust_t is None else of["DE"]
        entered = of["GC"] * (1 - of["H2O_gc"] - of["V_gc"] - of["S_gc"])
        left = (calcined + of["UCC"] + dust) * (1 - of["S_cc"])
        return (entered - left) * CO2 / CARBON + of["GC"] * of["M_gc"] * CO2 / METHANE

    calcined = "GC * CC_GC" if calcined_t is None else "CC"
    dust = "GC * DE_GC" if dust_t is None else "DE"
    formula = (
        f"(GC * (1 - H2O_gc - V_gc - S_gc) - ({calcined} + UCC + {dust}) * (1 - S_cc)) * 44/12"
        " + GC * M_gc * 44/16"
    )
    return balance.result(formula, burnt)
