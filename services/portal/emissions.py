"""The pages of a facility's emissions as data: figures, pictures, links. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from . import charts, words
from .board import Figure

Content = Mapping[str, Any]
SCOPES: Mapping[str, str] = {
    "1": "Scope 1",
    "2_location": "Scope 2, by location",
    "2_market": "Scope 2, as bought",
    "3.1": "Scope 3.1, purchased",
    "3.3": "Scope 3.3, fuel and power",
    "3.4": "Scope 3.4, transport",
}
STATES: Mapping[str, str] = {
    "data": "data submitted",
    "calculated": "calculated",
    "with_verifier": "with the verifier",
    "returned": "returned by the verifier",
    "verified": "verified",
    "disclosed": "publicly disclosed",
}
HAPPENED: Mapping[str, str] = {
    "ghg.activity_sealed.v1": "Data submitted",
    "ghg.result_calculated.v1": "Calculated",
    "ghg.result_submitted.v1": "Submitted to a verifier",
    "ghg.result_verified.v1": "Verified",
    "ghg.result_returned.v1": "Returned by the verifier",
    "ghg.submission_withdrawn.v1": "Taken back from the verifier",
    "ghg.disclosure_published.v1": "Publicly disclosed",
}
COMPARED: Mapping[str, str] = {"at_most": "at most", "below": "below"}
STEPS = (
    "bauxite_mining",
    "alumina_refining",
    "anode_production",
    "electrolysis",
    "casting",
    "remelting",
    "semi_fabrication",
    "site",
)
REGIMES = ("asi_mine_to_metal", "gbt_44905_2024", "iai", "cbam")
ZERO, KG_PER_T = Decimal(0), Decimal(1000)
FACTORS_SHOWN = 25


class Place(NamedTuple):
    """A result of a facility's year: what every address on its pages begins with."""

    facility_id: str
    year: int
    result: int

    @property
    def asked(self) -> str:
        """Where the service tells of the facility-year."""
        return f"/ghg/facilities/{quote(self.facility_id, safe='')}/years/{self.year}"

    @property
    def page(self) -> str:
        """Its own page."""
        return f"/emissions/{quote(self.facility_id, safe='')}/{self.year}"

    def link(self, part: str = "", **query: str | None) -> str:
        """A page of the same result; what is None is left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.page}{part}?" + urlencode({"result": self.result, **given})

    def datum(self, datum_id: str) -> str:
        """The lines that rest on a datum."""
        return self.link("/lines", datum=datum_id)


class Picture(NamedTuple):
    """A picture as SVG, with its title."""

    title: str
    svg: str


class Row(NamedTuple):
    """A process step: tonnes of CO2e by scope in the order of SCOPES (None: no line), and all of
    it with bought power counted by location and as it was bought."""

    step: str
    cells: Sequence[Decimal | None]
    location: Decimal
    market: Decimal


class Limit(NamedTuple):
    """A limit of criterion 5.2 against the intensity, with the evidence of its figures."""

    told: Content
    compared: str
    evidence: str
    source: str


class Used(NamedTuple):
    """A factor that lines rest on, with what they emit together and its share of all."""

    factor: Content
    tonnes: Decimal
    percent: Decimal | None


class Findings(NamedTuple):
    """What an auditor would find on a day (None: as stored, since today's cannot be asked), each
    with whether it was stored with the result; those that were and are found no longer; how many
    more there are; the certificates for power that other data name as well, with these (empty:
    another member's); and of how many facilities own factors are known."""

    on: str | None
    rows: Sequence[tuple[Content, bool]]
    gone: Sequence[Content]
    many: int
    blocking: Sequence[str]
    named_elsewhere: Mapping[str, Sequence[str]]
    population: Mapping[str, int]


class YearPage(NamedTuple):
    """The page of a facility's year. What could not be asked is None, and `absent` says why.
    `from_grid` is the part of all emissions that is power at a grid's factor, counted as primary
    data."""

    place: Place
    row: Content
    result: Content
    results: Sequence[int]
    state: str
    rows: Sequence[Row]
    sums: Row
    waterfall: Picture | None
    pathway: Picture | None
    pathway_told: Content | None
    limits: Sequence[Limit]
    levers: Sequence[tuple[Content, Content]]
    threshold: Content | None
    uncertainty: Content | None
    used: Sequence[Used]
    unverified_percent: Decimal | None
    from_grid: str | None
    figures: Sequence[Figure]
    events: Sequence[Content]
    findings: Findings
    absent: Mapping[str, str]


def circular_of(
    rows: Sequence[Content], year: str | None, member_id: str | None
) -> Mapping[str, str] | None:
    """The member and year whose circularity a list leads to: as asked for, else the only member of
    the list and its latest year; None where there is no one such."""
    members = {member_id} if member_id else {str(row["member_id"]) for row in rows}
    years = [year] if year else [str(row["year"]) for row in rows]
    if len(members) != 1 or not years:
        return None
    return {"member": members.pop(), "year": max(years)}


def table_of(totals: Iterable[Content]) -> Sequence[Row]:
    """Step by step, in tonnes; steps without a line are left out."""
    found: dict[tuple[str, str], Decimal] = {
        (one["step"], one["scope"]): Decimal(one["kg"]) / KG_PER_T for one in totals
    }
    present = [step for step in STEPS if any(one == step for one, _ in found)]
    return [_row(step, [found.get((step, scope)) for scope in SCOPES]) for step in present]


def sums_of(rows: Sequence[Row]) -> Row:
    """All steps together."""
    columns: list[Decimal | None] = []
    for place in range(len(SCOPES)):
        known = [row.cells[place] for row in rows]
        there = [one for one in known if one is not None]
        columns.append(sum(there, ZERO) if there else None)
    return _row("all", columns)


def waterfall_of(rows: Sequence[Row], place: Place) -> charts.Waterfall | None:
    """What each step adds, power as it was bought; None where nothing is given off."""
    names = [name for scope, name in SCOPES.items() if scope != "2_location"]
    bars = [
        charts.Bar(
            words.label(row.step),
            tuple(
                charts.Part(SCOPES[scope], cell / KG_PER_T)
                for scope, cell in zip(SCOPES, row.cells, strict=True)
                if cell is not None and scope != "2_location"
            ),
        )
        for row in rows
    ]
    if not bars:
        return None
    parts = "; ".join(
        f"{words.label(row.step)} {words.number(row.market / KG_PER_T, 2)}" for row in rows
    )
    total = sum((row.market for row in rows), ZERO) / KG_PER_T
    return charts.Waterfall(
        f"Emissions of {place.facility_id} in {place.year} by process step and scope",
        f"Thousand tonnes of CO2e, power as it was bought. {parts}; together"
        f" {words.number(total, 2)}. The table below has the same numbers.",
        "kt CO2e",
        tuple(names),
        tuple(bars),
    )


def pathway_of(told: Content, place: Place, limits: Sequence[Content]) -> charts.Pathway:
    """The facility's years against the 1.5 °C curve, with the limits of criterion 5.2."""
    years = tuple(
        charts.Year(
            one["year"],
            Decimal(one["target"]),
            None if one["actual"] is None else Decimal(one["actual"]),
            bool(one["verified"]),
        )
        for one in told["years"]
    )
    known = [one for one in years if one.actual is not None]
    spoken = "; ".join(
        f"{one.year} {words.number(one.actual, 2)} against {words.number(one.target, 2)}"
        for one in known
    )
    named = tuple(
        (f"criterion 5.2, {one['year']}: {words.number(one['limit'], 0)}", Decimal(one["limit"]))
        for one in limits
    )
    return charts.Pathway(
        f"{place.facility_id} against the 1.5 °C pathway from {told['base']['year']}",
        f"t CO2e per tonne. Actual against pathway: {spoken}. The pathway ends at"
        f" {words.number(years[-1].target, 2)} in {years[-1].year}. The table below has every"
        " year.",
        "t CO2e/t Al",
        years,
        named,
    )


def limits_of(what_if: Content | None, policy: Content) -> Sequence[Limit]:
    """The limits that a smelter of this start year has to reach."""
    if what_if is None:
        return []
    figures = policy.get("figures", {})
    found = []
    for one in what_if["limits"]:
        part = one["what"].removeprefix("limit ")
        name = f"5.2.existing.{part}.limit" if part != one["what"] else "5.2.new.limit"
        figure = figures.get(name, {"evidence": "unknown", "source": "the policy was not told"})
        compared = COMPARED[one["comparator"]]
        found.append(Limit(one, compared, figure["evidence"], figure["source"]))
    return found


def levers_of(what_if: Content | None) -> Sequence[tuple[Content, Content]]:
    """Each lever with what it does alone, the greatest saving first."""
    if what_if is None:
        return []
    named = {one["slug"]: one for one in what_if["levers"]}
    return [(named[one["levers"][0]], one) for one in what_if["alone"]]


def used_of(lines: Sequence[Content]) -> tuple[Sequence[Used], Decimal | None]:
    """The factors that lines rest on, the heaviest first, and the per cent of what is given off
    (power as it was bought) that rests on unverified ones."""
    sums: dict[tuple[str, str, str], tuple[Content, Decimal]] = {}
    every = unverified = ZERO
    for line in lines:
        if line["scope"] == "2_location":
            continue
        factor, kg = line["factor"], abs(Decimal(line["kg"]))
        key = (factor["factor_set"], factor["name"], factor["value"])
        before = sums.get(key, (factor, ZERO))[1]
        sums[key] = (factor, before + kg)
        every += kg
        unverified += kg if factor["evidence"] == "unverified" else ZERO
    heaviest = sorted(sums.values(), key=lambda one: -one[1])
    used = [
        Used(factor, kg / KG_PER_T, kg * 100 / every if every else None) for factor, kg in heaviest
    ]
    return used, unverified * 100 / every if every else None


def figures_of(policy: Content, starts: Sequence[str]) -> Sequence[Figure]:
    """The figures of a policy that a page rests on, by how their names begin."""
    known = policy.get("figures", {})
    return [Figure(name, **known[name]) for name in known if name.startswith(tuple(starts))]


def findings_of(result: Content, today: Content | None) -> Findings:
    """Today's findings against those that were stored with a result."""
    stored = result["findings"]
    if today is None:
        rows = [(one, True) for one in stored]
        return Findings(None, rows, [], result["findings_count"], result["blocking"], {}, {})
    then = {(one["rule"], one["sentence"]) for one in stored}
    now = {(one["rule"], one["sentence"]) for one in today["items"]}
    return Findings(
        today["on"],
        [(one, (one["rule"], one["sentence"]) in then) for one in today["items"]],
        [one for one in stored if (one["rule"], one["sentence"]) not in now],
        len(today["items"]) + today["hidden"],
        today["blocking"],
        today["named_elsewhere"],
        today["population"],
    )


def lines_shown(
    lines: Sequence[Content], step: str | None, scope: str | None, datum: str | None
) -> Sequence[Content]:
    """The lines of a step, of a scope, of a datum, the largest first."""
    found = [
        line
        for line in lines
        if (step is None or line["step"] == step)
        and (scope is None or line["scope"] == scope)
        and (datum is None or datum in line["data"])
    ]
    return sorted(found, key=lambda line: -abs(Decimal(line["kg"])))


def curve_of(told: Content, certified: bool) -> tuple[charts.Curve | None, Sequence[Content]]:
    """The emissions curve, or the certified part of it: of steps that may tell that part."""
    steps = [
        {
            **one,
            "shown_t": Decimal(one["certified_t" if certified else "output_t"] or 0),
            "shown": one["certified_intensity" if certified else "intensity"],
        }
        for one in told["steps"]
    ]
    blocks = tuple(
        charts.Block(one["shown_t"] / KG_PER_T, Decimal(one["shown"]))
        for one in steps
        if one["shown"] is not None and one["shown_t"] > 0
    )
    if not blocks:
        return None, steps
    what = "certified primary metal" if certified else "all primary metal"
    spoken = "; ".join(
        f"{words.number(one.output, 0)} kt at {words.number(one.intensity, 1)}" for one in blocks
    )
    drawn = charts.Curve(
        f"Emissions curve of {told['year']}, {what}",
        f"Cumulative {what} against mine-to-metal intensity in t CO2e per tonne, the lowest first:"
        f" {spoken}. The table below has the same numbers.",
        "kt",
        "t CO2e/t Al",
        blocks,
    )
    return drawn, steps


def _row(step: str, cells: Sequence[Decimal | None]) -> Row:
    by = dict(zip(SCOPES, cells, strict=True))
    shared = sum((one or ZERO for scope, one in by.items() if not scope.startswith("2_")), ZERO)
    location, market = by["2_location"] or ZERO, by["2_market"] or ZERO
    return Row(step, cells, shared + location, shared + market)
