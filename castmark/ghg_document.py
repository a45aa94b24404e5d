"""What `castmark ghg calculate` tells programs: one JSON document."""

import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal

import orjson

from contracts.values import plain
from services.ghg.activity.installation import Installation
from services.ghg.offline import Wrong, Year
from services.ghg.reports.cbam import CbamFields, Good, Precursor, Stream
from services.ghg.results.biogenic import biogenic_shown
from services.ghg.results.primary_told import share_rule
from services.ghg.results.shown import line_shown


def print_json(found: Iterable[Year | list[Wrong]], explain: bool, ignored: Sequence[str]) -> int:
    """Print every facility-year, and the columns that nobody read; how many years could not be
    calculated."""
    years: list[object] = []
    refused: list[object] = []
    wrong = 0
    for one in found:
        if isinstance(one, Year):
            years.append(_year_json(one, explain))
        else:
            wrong += 1
            refused += [
                {"facility_year": row.key, "row": row.row, **row.fault._asdict()} for row in one
            ]
    document = {"years": years, "refused": refused, "columns_not_used": ignored}
    text = orjson.dumps(document, default=_plain, option=orjson.OPT_INDENT_2)
    sys.stdout.write(text.decode() + "\n")
    return wrong


def _year_json(year: Year, explain: bool) -> dict[str, object]:
    report, threshold = year.report, year.threshold
    shown: dict[str, object] = {
        "facility_id": year.inventory.site.facility_id,
        "year": year.inventory.year,
        "site": year.inventory.site._asdict(),
        **year.calculated.model_dump(mode="json", exclude={"data_version", "data_hash"}),
        "primary_share_rule": share_rule(year.calculated.engine),
        "biogenic_co2": biogenic_shown(year.biogenic),
        "assumed": year.assumed,
        "report": {
            "regime": report.regime,
            "gwp_set": report.gwp_set,
            "pfc_set": report.pfc_set,
            "scrap_method": report.scrap_method,
            "scrap_methods": report.rules.methods,
            "product": report.product,
            "products": report.products,
            "tonnes": report.tonnes,
            "total_kg": report.total_kg,
            "intensity_t_per_t": report.intensity,
            "declared_unit": report.declared_unit,
            "other_side_t_per_t": report.other_side,
            "lines_left_out": len(report.left_out),
            "cut_offs": [one._asdict() for one in report.cut_offs],
            "doubts": [one._asdict() for one in report.doubts],
            "cbam": report.cbam,
            "biogenic_co2": None if report.biogenic is None else biogenic_shown(report.biogenic),
            "findings": [one.model_dump(mode="json") for one in report.findings],
            "blocking": report.blocking,
        },
        "criterion_5_2": None if threshold is None else _threshold_json(year),
        "not_judged": year.unjudged or None,
        "notes": {note: year.notes.count(note) for note in dict.fromkeys(year.notes)},
    }
    if explain:
        shown["lines"] = [
            {
                **line_shown(one.line, year.calculated.engine),
                "share": one.share,
                "counted_kg": one.kg,
                "reason": one.reason,
            }
            for one in report.lines
        ]
    return shown


def _threshold_json(year: Year) -> dict[str, object]:
    found = year.threshold
    assert found is not None  # asked for only where there is one
    checks = [
        {**one._asdict(), "gap": one.gap, "gap_percent": one.gap_percent} for one in found.checks
    ]
    doubts = [one.rule for one in year.doubted_by]
    return {**found._asdict(), "checks": checks, "doubted_by": list(dict.fromkeys(doubts))}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, CbamFields | Stream | Precursor | Good | Installation):
        return value._asdict()
    raise TypeError(f"{type(value).__name__} has no JSON")
