"""`castmark ghg`: greenhouse gases of a file, without a server. Nothing is stored or sent."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.ghg import Finding
from contracts.inventory import Regime, Scope, Step
from contracts.values import plain
from infra.errors import Refused
from infra.importing.formats import Format, examine
from infra.importing.mapping import Said, bind
from infra.importing.order import Order, Ranked, ranked, sort
from infra.importing.rows import Row
from services.ghg.activity.installation import Installation
from services.ghg.activity.rows import REPEATED
from services.ghg.activity.words import FIELDS
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.working import Term
from services.ghg.offline import Offline, Under, Wrong, Year
from services.ghg.reports.cbam import CbamFields
from services.ghg.reports.report import Reported

from .bulk import FORMATS
from .ghg_document import print_json

TONNE = Decimal(1000)
MAX_REASONS = 8
NOTES = {REPEATED: ", each like one before it in every cell; all are counted"}
WHOLE_FROM_T = 1000
COLOURS = {"block": "red", "major": "red", "minor": "yellow", "info": "cyan"}


class Wanted(NamedTuple):
    """Which file, under what, and how to tell it. `map` has `field=column`, `constants`
    `field=value`; without `as_of` today's announcements count, without `scrap_method` scrap bears
    what the regime's first method gives it, and without `product` the report speaks of its first
    product that was made."""

    file: Path
    regime: Regime
    scrap_method: str | None
    product: Step | None
    gwp: str | None
    pfc: str | None
    as_of: str | None
    map: Sequence[str]
    constants: Sequence[str]
    json: bool
    explain: bool


def calculate(wanted: Wanted, out: Console) -> None:
    """Calculate a file and print it. Raises Refused when it cannot be read, typer.Exit(1) when a
    facility-year could not be calculated."""
    today = datetime.now(UTC).date()
    method = _method(wanted.scrap_method)
    day = _day(wanted.as_of, today)
    under = Under(wanted.regime, day, today, wanted.gwp, wanted.pfc, method, wanted.product)
    form = _format(wanted.file)
    said = Said(_pairs(wanted.map), _pairs(wanted.constants))
    with tempfile.TemporaryDirectory(prefix="castmark-") as folder:
        offline, rows = opened(wanted.file, form, said, under, Path(folder))
        offline.pinned()  # refused before anything is printed
        found = offline.years(rows)
        if wanted.json:
            wrong = print_json(found, wanted.explain, offline.ignored)
        else:
            if offline.ignored:
                out.print(
                    f"[yellow]columns not used: {escape(', '.join(offline.ignored))}[/yellow]"
                )
            wrong = show(found, out, explain=wanted.explain)
    if wrong:
        raise typer.Exit(1)


def opened(
    file: Path, form: Format, said: Said, under: Under, folder: Path
) -> tuple[Offline, Iterable[Ranked]]:
    """What calculates a file, and the file's rows by facility-year; refused whole when it cannot
    be read."""
    made: list[tuple[Offline, Order]] = []

    def watch(columns: tuple[str, ...]) -> Callable[[Row], object]:
        offline = Offline(bind(columns, FIELDS, said, Said({}, {})), under)
        made.append((offline, Order(offline.key)))
        return made[0][1].rank

    found = examine(file, form, watch)
    offline, order = made[0]
    beside = folder / "sorted"
    if order.scattered:
        sort(file, form, found.columns, offline.key, beside)
    return offline, ranked(file, form, found.columns, offline.key, beside)


def _day(text: str | None, today: date) -> date:
    if text is None:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day: write 2026-03-31") from error


def _method(text: str | None) -> Method | None:
    if text is None:
        return None
    try:
        return Method(text.strip().lower().replace("-", "_"))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(Method)}") from error


def _format(file: Path) -> Format:
    form = FORMATS.get(file.suffix.lower())
    if form is None:
        raise typer.BadParameter(f"{file.name} should end in one of {', '.join(FORMATS)}")
    return form


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    known = {field.name for field in FIELDS}
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or name not in known:
            raise Refused(
                "invalid-mapping", f"{text[:80]!r} is not field=...; fields: {', '.join(known)}"
            )
        pairs[name] = value
    return pairs


# --- for people ---


def show(found: Iterable[Year | list[Wrong]], out: Console, *, explain: bool) -> int:
    """Print every facility-year; how many could not be calculated."""
    wrong = 0
    for one in found:
        if isinstance(one, Year):
            _show_year(one, out)
            if explain:
                _explain(one.report.lines, out)
        else:
            wrong += 1
            _show_wrong(one, out)
    return wrong


def _show_wrong(wrong: Sequence[Wrong], out: Console) -> None:
    out.print(f"\n[red]{escape(wrong[0].key or 'no facility-year')}: not calculated[/red]")
    for one in wrong:
        at = f"row {one.row}" + (f", {one.fault.field}" if one.fault.field else "")
        out.print(f"  {at}: [bold]{one.fault.slug}[/bold] {escape(one.fault.sentence)}")


def _show_year(year: Year, out: Console) -> None:
    inventory, made = year.inventory, year.calculated
    site = inventory.site
    where = f"{site.country}{f', {site.subdivision}' if site.subdivision else ''}"
    out.print(f"\n[bold]{escape(site.facility_id)} {inventory.year}[/bold]  ({where})")
    out.print(f"  under {made.gwp_set}, PFC {made.pfc_set}, {made.policy_id}, as of {made.as_of}")
    table = Table(
        title="t CO2e by process and scope",
        title_justify="left",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("process", no_wrap=True)
    for scope in Scope:  # a figure is never cut, however narrow the terminal
        table.add_column(scope.value.replace("_", " "), justify="right", overflow="fold")
    for step in Step:
        cells = [year.by_step.get((step, scope)) for scope in Scope]
        if any(cell is not None for cell in cells):
            table.add_row(step.value, *("" if one is None else _t(one) for one in cells))
    table.add_section()
    sums = [
        sum((kg for (_, at), kg in year.by_step.items() if at is scope), Decimal(0))
        for scope in Scope
    ]
    table.add_row("all", *map(_t, sums))
    out.print(table)
    if year.biogenic.fuels:
        fuels = ", ".join(
            f"{one.item} at {plain(one.factor.value)} {one.factor.unit}, {one.factor.evidence}"
            for one in year.biogenic.fuels
        )
        out.print(
            f"  CO2 of biomass, in no scope: [bold]{_t(year.biogenic.kg)}[/bold] t"
            f" ({escape(fuels)})"
        )
    for sentence in year.assumed:
        out.print(f"  {escape(sentence)}")
    for intensity in made.intensities:
        out.print(
            f"  {intensity.of}, {intensity.power}-based power:"
            f" [bold]{intensity.t_per_t:.3f}[/bold] t CO2e/t"
        )
    if made.uncertainty_percent is not None:
        out.print(f"  uncertainty (95 %): ± {made.uncertainty_percent:.1f} %, power as bought")
    if made.primary_share is not None:
        out.print(
            f"  primary data: {made.primary_share * 100:.0f} % of emissions, metered power at a"
            " grid's factor counted as primary: the sources are silent (rule 4.10)"
        )
    _show_report(year, out)
    _show_threshold(year, out)
    for note in dict.fromkeys(year.notes):
        out.print(f"  note {note}: {year.notes.count(note)} rows{NOTES.get(note, '')}")
    _show_findings(year, out)


def _show_report(year: Year, out: Console) -> None:
    report = year.report
    out.print(f"  report {report.regime} ({report.gwp_set}, scrap by {report.scrap_method}):")
    if report.intensity is None:
        out.print(f"    {_t(report.total_kg)} t CO2e, and nothing made that it speaks of")
    else:
        out.print(
            f"    {_t(report.total_kg)} t CO2e / {report.tonnes:,.0f} t ="
            f" [bold]{report.intensity:.3f}[/bold] t CO2e per"
            f" {escape(report.declared_unit)}"
        )
    others = ", ".join(one for one in report.products if one is not report.product)
    if others and report.product is None:
        out.print(f"    the product that it would speak of is not known; --product takes {others}")
    elif others:
        out.print(f"    of what {report.product} made; --product also takes {others}")
    reasons: dict[str, int] = {}
    for line in report.left_out:
        reasons[line.reason] = reasons.get(line.reason, 0) + 1
    for reason, count in list(reasons.items())[:MAX_REASONS]:
        out.print(f"    {count} lines left out: {escape(reason)}")
    for doubt in report.doubts:
        out.print(f"    [yellow]{escape(doubt.sentence)}[/yellow]")
    for one in report.cut_offs:
        word = "left out" if one.allowed else "not to be left out"
        out.print(f"    {escape(one.what)} ({one.percent:.2f} %) {word}: {escape(one.reason)}")
    told = {(one.rule, one.severity, one.data) for one in year.findings}
    for found in report.findings:  # what is found in the result as well is told with its findings
        if (found.rule, found.severity, found.data) not in told:
            _show_finding(found, out)
    if report.blocking:
        out.print(f"    [red]not to be submitted or published: {', '.join(report.blocking)}[/red]")
    if report.cbam is not None:
        _show_cbam(report.cbam, out)


def _show_cbam(fields: CbamFields, out: Console) -> None:
    """The fields of the border mechanism, one a line; what else lists tell is in `--json`."""
    for name, value in fields._asdict().items():
        if isinstance(value, Installation):
            for field, said in value._asdict().items():
                out.print(f"    {field}: {_field(said, 'not given')}")
        elif name == "goods":
            out.print(f"    goods: {escape(' or '.join(fields.goods)) or 'none'}")
        elif name == "products":
            for one in fields.products:
                out.print(
                    f"    product {escape(one.datum_id)}: {_short(one.tonnes)} t, code"
                    f" {one.cn_code or 'not given'}"
                )
        elif name == "streams":
            for stream in fields.streams:
                out.print(
                    f"    stream {stream.step} {stream.item}: {_short(stream.tonnes)} t CO2e,"
                    f" calorific value {_field(stream.calorific_value, 'not given')}"
                    f" {stream.calorific_unit}, oxidation factor"
                    f" {_field(stream.oxidation_factor, 'not given')}".replace(" ,", ",")
                )
        elif name == "precursors":
            for bought in fields.precursors:
                out.print(
                    f"    precursor {escape(bought.datum_id)}: {_short(bought.tonnes)} t, embeds"
                    f" {_field(bought.embedded_kg_per_t, 'not given')} kg CO2e/t, boundary"
                    f" {bought.boundary or 'not given'}"
                )
        elif isinstance(value, tuple):
            out.print(f"    {name}: {len(value)}")
        else:
            out.print(f"    {name}: {_field(value, 'not known')}")


def _field(value: object, absent: str) -> str:
    if value is None or value == "":
        return absent
    return _short(value) if isinstance(value, Decimal) else escape(str(value))


def _show_threshold(year: Year, out: Console) -> None:
    threshold = year.threshold
    if threshold is None:
        out.print(f"  criterion 5.2: not judged, {escape(year.unjudged)}")
        return
    word = "[green]met[/green]" if threshold.meets else "[red]missed[/red]"
    out.print(f"  criterion 5.2: {word} ({threshold.way})")
    if year.doubted_by:
        rules = ", ".join(dict.fromkeys(one.rule for one in year.doubted_by))
        out.print(f"    [red]the intensity may be too low: see {rules} below[/red]")
    for check in threshold.checks:
        if check.value is None or check.gap is None or check.gap_percent is None:
            out.print(f"    {check.what} {check.year}: limit {check.limit}, nothing given")
        elif check.holds:
            out.print(f"    {check.what} {check.year}: {check.value:.3f}, limit {check.limit}")
        else:
            out.print(
                f"    {check.what} {check.year}: {check.value:.3f}, limit {check.limit}:"
                f" {check.gap:.3f} t CO2e/t ({check.gap_percent:.1f} %) to go"
            )


def _show_findings(year: Year, out: Console) -> None:
    out.print(f"  findings: {year.calculated.findings_count}")
    for one in year.findings:
        _show_finding(one, out)


def _show_finding(one: Finding, out: Console) -> None:
    colour = COLOURS[one.severity.value]
    out.print(
        f"    [{colour}]{one.rule} {one.severity}[/{colour}] {escape(one.sentence)}"
        f" ({escape(one.source)})"
    )


def _explain(lines: Sequence[Reported], out: Console) -> None:
    for one in lines:
        line, factor = one.line, one.line.factor
        out.print(
            f"\n  [bold]{escape(' '.join(line.data))}[/bold] {line.item}, {line.step},"
            f" scope {line.scope}: {plain(line.activity)} {line.unit}"
            f" x {_short(factor.value)} {escape(factor.unit)} = [bold]{_short(line.kg)}[/bold] kg"
        )
        out.print(
            f"    {escape(line.rule)}; factor {escape(factor.name)} of {escape(factor.factor_set)},"
            f" {factor.evidence}: {escape(factor.source)}"
        )
        if one.share != 1:
            out.print(f"    counts {one.share:.4f}: {escape(one.reason)}")
        for working in line.working:
            out.print(f"    {escape(working.rule)}: {escape(working.formula)}")
            for term in working.terms:
                out.print(
                    f"      {escape(term.symbol)} = {_short(term.value)} {escape(term.unit)}"
                    f"  ({term.evidence}: {escape(_source(term))})"
                )
        for doubt in line.doubts:
            out.print(f"    [yellow]{escape(doubt.sentence)}[/yellow]")


def _source(term: Term) -> str:
    return f"{term.source}; {term.note}" if term.note else term.source


def _t(kg: Decimal) -> str:
    tonnes = kg / TONNE
    return f"{tonnes:,.0f}" if abs(tonnes) >= WHOLE_FROM_T else f"{tonnes:,.1f}"


def _short(value: Decimal) -> str:
    return plain(Decimal(f"{value:.9g}"))
