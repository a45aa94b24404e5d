"""What a step itself gives off, by the verified results of its facilities: kg CO2e per kg. Pure.

The metal that a pool took in brings its footprint along; the step adds its own to what leaves. Its
own are the scopes that the policy names: what is given off on site, power, fuel and power before
they came, transport to the site, and purchased goods (anodes, caustic soda, lime, alloying
elements). Of these goods bauxite, alumina, metal and scrap are left out: they are in the pool
already, and nothing is counted twice. A year counts where every facility of the scope has a
verified result, and the statements cover these scopes: else nothing is added, and the reason told.

    mine, refinery                its emissions / its product
    cells, anodes, casthouse, mill   over all metal that leaves, each emission once (`step_shares`)

What a site shares is spread over its steps in proportion to what they give off. Rules: sources.md
4.1, 5.7.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple, TypeVar

from contracts import ghg
from contracts.custody import Material, Stage, StepEmissions
from contracts.envelope import Recorded
from contracts.inventory import Scope, Step
from contracts.values import Activity
from infra.policy import Policy
from infra.readmodel import Projection
from services.coc_ledger.evidence import FacilityResult

from . import step_shares
from .accounts import GRAMS
from .accounts import Amount as Lot
from .accounts import part as part_of
from .facility_anodes import anodes_of
from .facility_metal import CAST, SEMI, TAPPED, made_of, metal_of, works_of
from .footprint import StepPart

NINE_PLACES = Decimal("0.000000001")
LOOK_BACK = 5
"""Years before that of the document that are looked up; the policy says how old one may be."""
ZERO = Decimal(0)
CASTHOUSE = (Step.CASTING, Step.REMELTING)
BAUXITE, ALUMINA = "output.bauxite", "output.alumina"
CELLS = (Step.ELECTROLYSIS, Step.ANODE_PRODUCTION)
CHAINS: Mapping[Material, tuple[Step, ...]] = {
    Material.BAUXITE: (Step.BAUXITE_MINING,),
    Material.ALUMINA: (Step.ALUMINA_REFINING,),
    Material.LIQUID: CELLS,
    Material.COLD: (*CELLS, *CASTHOUSE),
    Material.CASTHOUSE_PRODUCT: (*CELLS, *CASTHOUSE),
    Material.SEMI: (*CELLS, *CASTHOUSE, Step.SEMI_FABRICATION),
    Material.PRE_CONSUMER_SCRAP: (*CELLS, *CASTHOUSE),
}
"""What a material may have gone through within its stage."""
ORES = {Material.BAUXITE: BAUXITE, Material.ALUMINA: ALUMINA}
"""Materials before metal, with what their one step makes."""
LAST_STEPS = (
    (SEMI, Step.SEMI_FABRICATION),
    (CAST, Step.CASTING),
    (TAPPED, Step.ELECTROLYSIS),
    (ALUMINA, Step.ALUMINA_REFINING),
    (BAUXITE, Step.BAUXITE_MINING),
)
"""By its products, the last step of a facility."""
ONWARD: Mapping[Stage, Material] = {
    Stage.BAUXITE: Material.BAUXITE,
    Stage.ALUMINA: Material.ALUMINA,
}
"""What goes on to the next stage."""
ANY = frozenset(Activity)
MAKERS: Mapping[Stage, frozenset[Activity]] = {
    Stage.BAUXITE: frozenset({Activity.BAUXITE_DEVELOPMENT, Activity.BAUXITE_MINING}),
    Stage.ALUMINA: frozenset({Activity.ALUMINA_REFINING, Activity.HIGH_PURITY_ALUMINA}),
}
"""Who has a step of its own at a stage. A smelter's alumina, and a refinery's bauxite, are bought:
their own step comes at the next stage, once."""


# --- what the events of `ghg` told ---


TOLD = {
    *("member_id", "totals", "outputs", "gwp_set", "brought_along"),
    *("products_left", "metal_in", "anodes_in"),
}


Found = TypeVar("Found")


class ResultRow(NamedTuple):
    """A facility's calendar year: its last verified result, and those that are not (yet)."""

    facility_year: str
    facility_id: str
    year: int
    verified: dict[str, Any] | None
    waiting: dict[str, dict[str, Any]]


def row_key(facility_id: str, year: int) -> str:
    """The key of a facility's year."""
    return f"{facility_id}:{year}"


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, (ghg.ResultCalculated, ghg.ResultVerified)):
        return (row_key(event.facility_id, event.year),)
    return ()


def _evolve(key: str, row: ResultRow | None, recorded: Recorded) -> ResultRow | None:
    event = recorded.event
    if isinstance(event, ghg.ResultCalculated):
        told = event.model_dump(mode="json", include=TOLD)
        before = row or ResultRow(key, event.facility_id, event.year, None, {})
        return before._replace(waiting={**before.waiting, str(event.result): told})
    if row is None or not isinstance(event, ghg.ResultVerified):
        return row
    found = row.waiting.get(str(event.result))
    if found is None:
        return row
    stated = event.model_dump(mode="json", include={"result", "verifier_id", "scopes"})
    left = {name: one for name, one in row.waiting.items() if name != str(event.result)}
    return row._replace(verified={**found, **stated}, waiting=left)


RESULTS = Projection(
    "results",
    6,
    ResultRow,
    _keys,
    _evolve,
    (("facility_id",),),
    frozenset({ghg.ResultCalculated, ghg.ResultVerified}),
)


def result_of(row: ResultRow | None) -> FacilityResult | None:
    """A facility's verified result of a year; None where there is none."""
    if row is None or row.verified is None:
        return None
    told = {"facility_id": row.facility_id, "year": row.year, **row.verified}
    return FacilityResult.model_validate(told)


def newest(
    facilities: Sequence[str], day: date, row: Callable[[str], ResultRow | None]
) -> tuple[FacilityResult, ...]:
    """The verified results of all facilities of the newest calendar year, through that of the day,
    in which each has one; nothing where there is no such year."""
    return newest_of(facilities, day, lambda key: result_of(row(key)))


def newest_of(
    facilities: Sequence[str], day: date, result: Callable[[str], Found | None]
) -> tuple[Found, ...]:
    """The same of results, or of what names them, by `row_key`."""
    for year in range(day.year, day.year - LOOK_BACK - 1, -1):
        found: list[Found] = []
        for facility_id in facilities:
            told = result(row_key(facility_id, year))
            if told is None:
                break
            found.append(told)
        if found and len(found) == len(facilities):
            return tuple(found)
    return ()


# --- what the step adds ---


def passes_through(stage: Stage, activities: Collection[Activity]) -> bool:
    """Whether a scope with these activities does nothing to what is at a stage, so that no step of
    its own is missing there; False where its activities are not known."""
    return bool(activities) and MAKERS.get(stage, ANY).isdisjoint(activities)


def step_of(
    results: Sequence[FacilityResult],
    material: Material,
    day: date,
    policy: Policy,
    *,
    by_hand: bool = False,
) -> StepEmissions:
    """What the step adds to a kilogram of a material, or why nothing is added. `by_hand`: the
    pool's stock carries it already."""
    if by_hand:
        return StepEmissions(how="booked")
    if not results:
        return StepEmissions(how="unknown", reason="no-verified-result")
    year = results[0].year
    if day.year - year > policy.integer("step.years_back_at_most"):
        return StepEmissions(how="unknown", reason="verified-result-too-old")
    scopes = policy.words("step.scopes")
    if any(set(scopes) - {scope.value for scope in one.scopes} for one in results):
        return StepEmissions(how="unknown", reason="statement-covers-too-little")
    if Scope.PURCHASED in scopes and any(one.brought_along is None for one in results):
        return StepEmissions(how="unknown", reason="result-tells-no-bought-metal-apart")
    per_kg = _per_kg(results, scopes, material)
    if per_kg is None:
        unsure = step_shares.unsure(material, _metal(results))
        reason = "result-tells-not-what-left" if unsure else "no-output-of-stage"
        return StepEmissions(how="unknown", reason=reason)
    return StepEmissions(
        how="verified",
        kgco2e_per_kg=per_kg.quantize(NINE_PLACES, ROUND_HALF_EVEN),
        boundary=":".join(("step", *scopes)),
        method=":".join(dict.fromkeys(one.gwp_set for one in results)),
        period=str(year),
        verifiers=tuple(dict.fromkeys(one.verifier_id for one in results)),
        results=names_of(results),
        material=material,
    )


def names_of(results: Sequence[FacilityResult]) -> tuple[str, ...]:
    """Results by name: `<facility>:<year>:<result>`."""
    return tuple(f"{one.facility_id}:{one.year}:{one.result}" for one in results)


def at_most(results: Sequence[FacilityResult], material: Material, policy: Policy) -> bool:
    """Whether what a material bears is the most that it may: it would be less if metal that came
    into the works of nobody named was a stranger's, or anodes another one's of the scope, and
    nobody tells."""
    scopes = policy.words("step.scopes")
    most = _per_kg(results, scopes, material)
    return most is not None and most != _per_kg(results, scopes, material, unnamed=False)


def _per_kg(
    results: Sequence[FacilityResult],
    scopes: Sequence[str],
    material: Material,
    *,
    unnamed: bool = True,
) -> Decimal | None:
    """What a kilogram of a material bears; None where something was given off and nothing made, or
    none of it happens here."""
    emitted: dict[Step, Decimal] = {}
    anodes = anodes_of(results, most=unnamed)
    for one in results:
        for step, kg in _spread(one, scopes, anodes.given_off_elsewhere(one)).items():
            used = anodes.used(one) if step is Step.ANODE_PRODUCTION else Decimal(1)
            emitted[step] = emitted.get(step, ZERO) + kg * used
    if material in ORES:
        kg = sum((emitted.get(step, ZERO) for step in CHAINS[material]), ZERO)
        tonnes = sum((made_of(one, ORES[material]) for one in results), ZERO)
        per_tonne = kg / tonnes if tonnes else None
    else:
        metal = _metal(results, unnamed=unnamed)
        per_tonne = step_shares.per_tonne(material, _given_off(emitted), metal)
    return None if per_tonne is None else max(per_tonne / 1000, ZERO)


def _metal(results: Sequence[FacilityResult], *, unnamed: bool = True) -> step_shares.Metal:
    works = works_of(results, unnamed=unnamed)
    return step_shares.together(metal_of(one, works) for one in results)


def _given_off(emitted: Mapping[Step, Decimal]) -> step_shares.GivenOff:
    cells, anodes, casting, furnaces, mill = (
        emitted.get(step, ZERO) for step in CHAINS[Material.SEMI]
    )
    return step_shares.GivenOff(cells + anodes, casting + furnaces, mill, furnaces)


def _spread(
    one: FacilityResult, scopes: Sequence[str], elsewhere: Iterable[tuple[Step, Decimal]]
) -> dict[Step, Decimal]:
    """A facility's own emissions by step, with those of the whole site among them, and without what
    its metal brought along, nor those of its purchased goods that are told `elsewhere`."""
    by_step: dict[Step, Decimal] = {}
    for total in one.totals:
        if total.scope.value in scopes:
            by_step[total.step] = by_step.get(total.step, ZERO) + total.kg
    for total in one.brought_along or ():
        if total.scope.value in scopes:
            by_step[total.step] = by_step.get(total.step, ZERO) - total.kg
    if Scope.PURCHASED in scopes:
        for step, kg in elsewhere:
            by_step[step] = by_step.get(step, ZERO) - kg
    shared = by_step.pop(Step.SITE, ZERO)
    known = sum(by_step.values(), ZERO)
    if known > 0:
        return {step: kg + shared * kg / known for step, kg in by_step.items()}
    return {**by_step, **({_last_step(one): shared} if shared else {})}


def _last_step(one: FacilityResult) -> Step:
    """The last step of a facility that tells nothing by step."""
    return next((step for item, step in LAST_STEPS if made_of(one, item) > 0), Step.CASTING)


def step_in(step: StepEmissions | None, lot: Lot, stepped_kg: int = 0) -> StepPart:
    """What the step changes of what a lot carries. Its emissions are added to the mass whose
    footprint is known and, apart, to the rest, which stays unknown; rounded half to even. Where
    nothing is known of the step, the lot leaves known in part: no later average may rest on it. So
    much of the lot as has the step in already (`stepped_kg`) stays as it is."""
    if step is None or step.how == "booked":
        return StepPart(stepped_kg=stepped_kg)
    if stepped_kg:
        lot = part_of(lot, lot.kg - stepped_kg)
    if step.kgco2e_per_kg is None:
        untold_kg, untold_g = max(0, lot.known_kg), max(0, lot.emission_g)
        return StepPart(untold_kg=untold_kg, untold_g=untold_g, stepped_kg=stepped_kg)
    known = min(max(0, lot.known_kg), lot.kg)
    grams, partial = (
        int((step.kgco2e_per_kg * kg * GRAMS).to_integral_value(ROUND_HALF_EVEN))
        for kg in (known, lot.kg - known)
    )
    return StepPart(grams, partial, stepped_kg=stepped_kg)
