"""A report of a facility's year under a regime: the same data, another boundary. Pure.

Sources: sources.md 4.1, 4.4, 4.7, 4.8. A report calculates under the warming potentials, PFC
coefficients and scrap method of its regime, takes of every line the part that its product carries,
and says of every line that it leaves out, or counts in part, why.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from contracts.ghg import Finding
from contracts.inventory import Regime, Scope, Step
from contracts.values import plain
from infra.errors import Refused
from services.ghg.activity.inventory import Inventory
from services.ghg.activity.items import BIOGENIC, ITEMS, Family
from services.ghg.calculation import pfc
from services.ghg.calculation.flows import PRODUCTS, Flows, flows_of
from services.ghg.calculation.lines import Line, Result, primary_rule
from services.ghg.calculation.melts import ONE, ZERO
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import (
    KG_PER_T,
    OTHER_SIDE,
    Side,
    carried_apart,
    casthouse_share,
    casthouse_shares,
    cells_of,
    leaving,
    with_site,
)
from services.ghg.calculation.untold import refuse_product, refuse_untold
from services.ghg.calculation.working import Doubt
from services.ghg.factors import gwp
from services.ghg.factors.pinned import Pinned
from services.ghg.factors.tables import tables
from services.ghg.results.biogenic import Biogenic, of_biomass
from services.ghg.results.engines import engine_of

from .cbam import CbamFields, Counts, doubts_of, fields_of, plant_fuels
from .cut_offs import CutOff, cut_offs
from .doubted import doubts as asked
from .doubted import other_goods
from .mixed import Stands, mixed, stopped
from .regimes import Rules, method_of, rules_of

COUNTED = "counted"


class Reported(NamedTuple):
    """A line in a report: the share of it that counts, its kilograms, and the reason."""

    line: Line
    share: Decimal
    kg: Decimal
    reason: str


class _Bounds(NamedTuple):
    """What decides about a line: the rules, the shares of the steps, the side of Scope 2, whether
    primary metal alone is told, and which data are fuels of the own power plant."""

    rules: Rules
    shares: Mapping[Step, Decimal]
    side: Side
    primary: bool
    flows: Flows
    plant: frozenset[str]


class _Goods(NamedTuple):
    """What a report of goods speaks of: the step that made them, and their tonnes."""

    step: Step | None
    tonnes: Decimal
    rules: Rules


class Report(NamedTuple):
    """A facility's year under a regime. `intensity` is in t CO2e per tonne of what `declared_unit`
    says (the regime's, or of what is told for want of it), None where none was made; `other_side`
    is the same with Scope 2 told the other way; `products` are the steps of whose products a
    report may speak. `doubts` are those of the report; the lines carry
    their own. `findings` are those of R-18 over what counts in it. `biogenic` is the CO2 of biomass
    that the product carries, beside the total: by the shares of the lines of its fuels; None where
    the regime does not ask for it."""

    regime: Regime
    facility_id: str
    year: int
    rules: Rules
    gwp_set: str
    pfc_set: str
    scrap_method: Method
    product: Step | None
    products: tuple[Step, ...]
    tonnes: Decimal
    declared_unit: str
    lines: tuple[Reported, ...]
    total_kg: Decimal
    intensity: Decimal | None
    other_side: Decimal | None
    cut_offs: tuple[CutOff, ...]
    cbam: CbamFields | None
    doubts: tuple[Doubt, ...]
    findings: tuple[Finding, ...]
    biogenic: Biogenic | None = None

    @property
    def blocking(self) -> tuple[str, ...]:
        """The rules by which this report is not to be handed out as one of its regime. The result,
        which is what is submitted and published here, has blocking findings of its own."""
        return stopped(self.findings)

    @property
    def left_out(self) -> tuple[Reported, ...]:
        """The lines of which nothing counts."""
        return tuple(one for one in self.lines if one.share == 0)


def report(
    inventory: Inventory,
    pinned: Pinned,
    regime: Regime,
    *,
    scrap_method: Method | None = None,
    cut: Collection[str] | None = None,
    asked_for: Step | None = None,
) -> Report:
    """The report of a regime, by the engine that is pinned. `cut` are ids of data that the facility
    wants to leave out: those that are marked so, where nobody says. What the regime's rule of
    cut-offs does not allow stays in. It speaks of the product of one step: the first of the
    regime's that was made, unless another is `asked_for`. Refused: `scrap-method-not-allowed`,
    `product-not-reported`, `engine-unknown`, and what the engine refuses."""
    policy = pinned.policy
    rules = rules_of(regime, policy)
    method = method_of(rules, scrap_method)
    sets = repinned(pinned, rules)
    result = engine_of(pinned.engine)(inventory, sets, regime=regime, scrap_method=method)
    if rules.gases_co2_pfc:
        result = result._replace(lines=tuple(_co2_alone(one, sets) for one in result.lines))
    flows = flows_of(inventory, result.engine, result.melt_loss)
    product, primary = what = _product(rules, flows, asked_for)
    counted = _counted(result, rules, what, flows, rules.side)
    wanted = marked(inventory) if cut is None else cut
    outs = cut_offs(counted, rules.cut_off, wanted)
    counted = [_without(one, outs) for one in counted]
    total = sum((one.kg for one in counted), ZERO)
    tonnes = _tonnes(product, primary, method, flows)
    other = Side.LOCATION if rules.side is Side.MARKET else Side.MARKET
    beside = [_without(one, outs) for one in _counted(result, rules, what, flows, other)]
    beside_kg = sum((one.kg for one in beside), ZERO)
    cbam = None
    doubts = [*result.doubts, *asked(inventory, rules, what, pinned)]
    if regime is Regime.CBAM:
        cbam = _cbam(result, flows, counted, _Goods(product, tonnes, rules))
        doubts += [*doubts_of(cbam, rules.covered), *other_goods(inventory, flows, rules, product)]
    return Report(
        regime=regime,
        facility_id=inventory.site.facility_id,
        year=inventory.year,
        rules=rules,
        gwp_set=sets.gwp.factor_set,
        pfc_set=sets.pfc.factor_set,
        scrap_method=method,
        product=product,
        products=products_of(rules, flows),
        tonnes=tonnes,
        declared_unit=_unit(rules, what, leaving(method, product, flows) if product else ZERO),
        lines=tuple(counted),
        total_kg=total,
        intensity=total / tonnes / KG_PER_T if tonnes else None,
        other_side=beside_kg / tonnes / KG_PER_T if tonnes else None,
        cut_offs=outs,
        cbam=cbam,
        doubts=tuple(doubts),
        findings=mixed(result, Stands((_lines(counted), _lines(beside)), cbam), rules, sets),
        biogenic=_biogenic(counted, sets) if rules.biogenic_memo else None,
    )


def _biogenic(counted: Sequence[Reported], sets: Pinned) -> Biogenic:
    burnt: dict[str, Decimal] = {}
    for one in counted:
        if one.line.item in BIOGENIC and one.line.scope is Scope.DIRECT:
            mj = one.line.activity * one.share
            burnt[one.line.item] = burnt.get(one.line.item, ZERO) + mj
    return of_biomass(burnt, sets.as_of, sets.book)


def _lines(told: Sequence[Reported]) -> Iterator[Line]:
    return (one.line for one in told if one.share)


def marked(inventory: Inventory) -> frozenset[str]:
    """The ids of data that the facility wants to leave out."""
    return frozenset(one.datum_id for one in inventory.data if one.left_out)


def refused_cut_offs(inventory: Inventory, pinned: Pinned) -> tuple[CutOff, ...]:
    """What is marked as left out and may not be, under each regime that has a rule for it; named
    with its regime (R-24)."""
    if not marked(inventory):
        return ()
    return tuple(
        one._replace(reason=f"under {regime} {one.reason}")
        for regime in Regime
        if rules_of(regime, pinned.policy).cut_off is not None
        for one in report(inventory, pinned, regime).cut_offs
        if not one.allowed
    )


BEFORE_METAL = frozenset({Step.BAUXITE_MINING, Step.ALUMINA_REFINING, Step.ANODE_PRODUCTION})
"""Steps whose products a declared unit of metal does not speak of."""


@lru_cache(maxsize=64)
def repinned(pinned: Pinned, rules: Rules) -> Pinned:
    """What a report is pinned to: the same, but for the sets that its regime lays down."""
    changed = pinned
    if rules.gwp is not None and rules.gwp != pinned.gwp.factor_set:
        changed = replace(changed, gwp=gwp.gwp_set(pinned.book, rules.gwp))
    if rules.pfc is not None and rules.pfc != pinned.pfc.factor_set:
        known = pinned.book.named(rules.pfc, pfc.FAMILY)
        if known.valid_from <= pinned.as_of:
            changed = replace(changed, pfc=known)
    return changed


def _co2_alone(line: Line, pinned: Pinned) -> Line:
    """A fuel's line without methane and nitrous oxide; a factor of the facility's own stands."""
    if ITEMS.get(line.item) is None or ITEMS[line.item].family is not Family.FUEL:
        return line
    if line.scope is not Scope.DIRECT or line.factor.primary:
        return line
    factor = tables(pinned).fuels[line.item].carbon_dioxide
    rule = "combustion: energy times CO2"
    return line._replace(factor=factor, kg=line.activity * factor.value, rule=rule, working=())


def products_of(rules: Rules, flows: Flows) -> tuple[Step, ...]:
    """The steps of whose products a report may speak, the regime's first choice first. Of
    primary metal a regime speaks of nothing else where it is not known how much there is; nor of
    what a mill made where it is not known of what."""
    if rules.primary_only and flows.untold:
        return ()
    if rules.primary_only and flows.cast_primary_t > 0:
        return (Step.CASTING,)
    return tuple(one for one in _made(rules, flows) if one not in flows.unknown_of)


def _made(rules: Rules, flows: Flows) -> tuple[Step, ...]:
    return tuple(step for step in rules.products if flows.made.get(step, ZERO) > 0)


def _product(rules: Rules, flows: Flows, wanted: Step | None) -> tuple[Step | None, bool]:
    """The step whose product the report speaks of, and whether of its primary metal alone: of none
    where that of its choice is not known. Refused `product-not-reported` where another is wanted
    than it may speak of; where that is not known as `refuse_product` and `refuse_untold` say."""
    known = products_of(rules, flows)
    if wanted in flows.unknown_of:
        refuse_product(wanted, flows.stock_unread_t, flows.recast_unread)
        refuse_untold(flows.cast_shared)
    if wanted is not None and wanted not in known:
        raise Refused(
            "product-not-reported",
            f"{rules.regime} has no report of what {wanted} made: of this year it speaks of"
            f" {', '.join(known) or 'nothing'}.",
            regime=rules.regime,
            product=wanted,
            known=known,
        )
    unknown = any(one in flows.unknown_of for one in _made(rules, flows)[:1])
    product = wanted or (None if unknown else next(iter(known), None))
    return product, rules.primary_only and flows.cast_primary_t > 0


def _tonnes(product: Step | None, primary: bool, method: Method, flows: Flows) -> Decimal:
    if product is None:
        return ZERO
    if primary:
        return flows.cast_primary_t
    return flows.made[product] + leaving(method, product, flows)


def _unit(rules: Rules, what: tuple[Step | None, bool], scrap_t: Decimal) -> str:
    """What an intensity is per: the regime's unit. Where a regime of primary metal has none of it,
    the product that is told instead; of what metal is made of, that itself (sources.md 4.7: GB/T
    44905 is used for bauxite, alumina and anodes too); where scrap leaves as a product, with it."""
    product, primary = what
    if primary or product is None:
        return rules.declared_unit
    if product in BEFORE_METAL:
        return f"1 t of {ITEMS[PRODUCTS[product][0]].title}"
    scrap = f", or of scrap that leaves ({plain(scrap_t)} t of it)" if scrap_t else ""
    if not rules.primary_only:
        return f"{rules.declared_unit}{scrap}"
    return f"1 t of {ITEMS[PRODUCTS[product][0]].title}, not primary{scrap}"


def _counted(
    result: Result,
    rules: Rules,
    product: tuple[Step | None, bool],
    flows: Flows,
    side: Side,
) -> list[Reported]:
    shares = _shares(result, product, flows, side)
    plant = plant_fuels(result.inventory) if rules.own_power_apart else frozenset[str]()
    bounds = _Bounds(rules, shares, side, product[1], flows, plant)
    return [_reported(line, bounds) for line in result.lines]


def _shares(
    result: Result, product: tuple[Step | None, bool], flows: Flows, side: Side
) -> Mapping[Step, Decimal]:
    """How much of each step the product of the report carries; of nothing made, all of it."""
    step, primary = product
    cells = cells_of(result.lines, flows)
    if primary:
        return casthouse_shares(flows, cells, side)
    if step is None:
        return dict.fromkeys(Step, ONE)
    return with_site(flows.shares(step), cells, side)


def _reported(line: Line, bounds: _Bounds) -> Reported:
    reason = _outside(line, bounds)
    if reason:
        return Reported(line, ZERO, ZERO, reason)
    apart = carried_apart(line, bounds.flows) if bounds.primary else ""
    share = casthouse_share(line.step, apart, bounds.shares)
    if share == 1:
        return Reported(line, share, line.kg, COUNTED)
    if share > 0:
        return Reported(line, share, line.kg * share, "the part that the product carries")
    reason = "not primary metal from tapping" if apart else "not in the product that is reported"
    return Reported(line, ZERO, ZERO, reason)


def _outside(line: Line, bounds: _Bounds) -> str:
    """Why nothing of a line can count: its scope or its step is outside. Where a regime of primary
    metal tells another product for want of it, that product's steps are inside."""
    rules = bounds.rules
    if line.scope not in rules.scopes:
        if line.scope in OTHER_SIDE.values():
            return "bought power is told for information"
        return f"scope {line.scope} is not counted"
    if bounds.plant and line.data[0] in bounds.plant:
        return "fuel of the own power plant: told as power, for information"
    if line.scope is OTHER_SIDE[bounds.side]:
        return f"the other side of Scope 2: this report takes {bounds.side}"
    if line.step not in rules.steps and (bounds.primary or not rules.primary_only):
        return f"{line.step} is outside the boundary"
    return ""


def _cbam(result: Result, flows: Flows, counted: Sequence[Reported], made: _Goods) -> CbamFields:
    pfc_kg = sum((one.kg for one in counted if one.line.item.startswith("pfc.")), ZERO)
    co2_kg = sum((one.kg for one in counted), ZERO) - pfc_kg
    rule = primary_rule(result.engine)
    defaults = sum((one.kg for one in counted if not one.line.primary_by(rule)), ZERO)
    codes = next((codes for step, codes in made.rules.goods if step is made.step), ())
    direct = tuple((one.line, one.share) for one in counted if one.share)
    shares = _shares(result, (made.step, False), flows, made.rules.side)
    counts = Counts(co2_kg, pfc_kg, defaults, made.tonnes, codes, made.step, shares, direct)
    return fields_of(result, flows, counts)


def _without(one: Reported, outs: Sequence[CutOff]) -> Reported:
    cut = {name for out in outs if out.allowed for name in out.data}
    if one.share and cut.issuperset(one.line.data):
        return one._replace(share=ZERO, kg=ZERO, reason="cut off")
    return one
