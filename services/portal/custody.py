"""The pages of the chain of custody as data: what may be claimed, documents, traces. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from . import charts, words

Content = Mapping[str, Any]
STAGES: Mapping[str, str] = {
    "aluminium": "Aluminium",
    "alumina": "Alumina",
    "bauxite": "Bauxite",
}
"""The last stage first: it is what most clerks look at."""
STATES: Mapping[str, str] = {
    "issued": "issued, waits for its buyer",
    "pending_check": "confirmed, the check waits",
    "confirmed": "confirmed",
    "non_coc": "checked, not CoC",
    "disputed": "disputed",
    "lapsed": "lapsed",
    "withdrawn": "withdrawn",
    "superseded": "replaced",
}
WORDS: Mapping[str, str] = {
    "good": "Good",
    "waiting": "Not confirmed yet",
    "pending_check": "Confirmed, not checked yet",
    "not_good": "Not good",
}
KINDS: Mapping[str, str] = {
    "document": "CoC document",
    "own_mine": "Own mine",
    "post_consumer_scrap": "Post-consumer scrap",
    "recovered_from_dross": "Recovered from dross",
    "non_coc_metal": "Metal that is no CoC material",
    "opening_stock": "Stock from the period before",
    "carried": "Balance carried over a period's end",
    "earlier_stage": "Stage before, same scope",
    "overdraft": "Overdraft: no input behind it yet",
    "next_stage": "Next stage, same scope",
    "held": "Still in the pool",
    "unclaimed": "Never claimed, and its period is closed",
    "not_issued": "Not issued yet on that day",
    "superseded": "Replaced: its claim was given back",
    "withdrawn": "Withdrawn: its claim was given back",
    "non_coc": "Does not count as CoC",
    "unknown": "Not known",
    "beyond": "Beyond the levels asked for",
}
KILOTONNES = ("kt", 1_000_000, "Thousand tonnes")
TONNES = ("t", 1_000, "Tonnes")
SMALL_KG = 10_000_000
"""A running balance that never reaches so much is drawn in tonnes."""
THIN = Decimal("0.3")
"""Parts smaller than this (in per cent) are drawn together."""
SHOWN_AT_MOST = 500
"""So many parts of a trace stand in its table."""


class Entry(NamedTuple):
    """A node of a trace in words; `percent` of the whole. Its metal carries at least `per_kg` kg
    CO2e per kilogram, which is all of it for `known` per cent of the mass; `told` says of a past
    day when the ledger was told of it, and what it became since."""

    level: int
    kind: str
    percent: Decimal
    document: str | None
    pool: str | None
    masked: bool
    final: bool
    per_kg: Decimal | None = None
    known: Decimal = Decimal(0)
    told: Content | None = None


class End(NamedTuple):
    """All ends of a trace of one kind at one place, in words: so many `ends`, `percent` of the
    whole, which is `share` of it exactly. A masked one names no place."""

    kind: str
    member_id: str | None
    scope_id: str | None
    stage: str | None
    masked: bool
    ends: int
    percent: Decimal
    share: str


class Mixed(NamedTuple):
    """All metal of a kind in a document's pool, in words: `percent` of what came in, which is
    `share` of it exactly, with what it carried as in `Entry`."""

    kind: str
    percent: Decimal
    share: str
    per_kg: Decimal | None
    known: Decimal


BESIDE = frozenset({"non_coc_metal", "opening_stock"})
"""Metal of a pool that a trace does not follow."""


class Picture(NamedTuple):
    """A picture as SVG, with its title."""

    title: str
    svg: str


# --- addresses ---


def scope_page(scope_id: str, **query: str | None) -> str:
    """The page of a scope; what is None is left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"/custody/scopes/{quote(scope_id, safe='')}" + (f"?{urlencode(given)}" if given else "")


def document_page(number: str, part: str = "") -> str:
    """A page of a document."""
    return f"/custody/documents/{quote(number, safe='')}{part}"


def statement(pool: str, form: str) -> str:
    """Where a pool's statement is fetched."""
    return f"/custody/pools/{quote(pool, safe='')}/statement?form={form}"


def proofs(scope_id: str, year: int) -> str:
    """Where the proofs of origin that are named more than once are fetched."""
    return f"/custody/scopes/{quote(scope_id, safe='')}/proofs?year={year}"


def years_of(pools: Sequence[Content]) -> Sequence[int]:
    """The calendar years of some periods, the last first."""
    days = [date.fromisoformat(one[name]) for one in pools for name in ("period", "ends_on")]
    return sorted({day.year for day in days}, reverse=True)


def check_page(number: str, code: str) -> str:
    """The page of a document for who has its code."""
    return f"/check/{quote(number, safe='')}/{quote(code, safe='')}"


def checked(number: str, code: str) -> str:
    """Where the ledger tells the same as JSON."""
    return f"/coc/public/documents/{quote(number, safe='')}/{quote(code, safe='')}"


# --- a scope ---


def stages_of(pools: Sequence[Content]) -> Sequence[str]:
    """The stages at which anything was booked."""
    there = {pool["stage"] for pool in pools}
    return [stage for stage in STAGES if stage in there]


def running_of(balance: Content, days: Sequence[Content]) -> charts.Running | None:
    """The running balance of a pool, day by day to the day of its balance; None where nothing was
    booked. Small ones are in tonnes, so that they are no row of zeros."""
    if not days:
        return None
    last = days[-1]
    claimed = list(accumulate(one["designated_kg"] for one in days))
    most = max(kg + one["available_kg"] for kg, one in zip(claimed, days, strict=True))
    unit, kilograms, named = KILOTONNES if most >= SMALL_KG else TONNES
    told = (words.number(Decimal(kg) / kilograms, 1) for kg in (claimed[-1], last["available_kg"]))
    return charts.Running(
        f"Running balance of {balance['scope_id']}, {balance['stage']}",
        f"{named}, day by day: what was claimed as CoC, and what may still be claimed on top of it."
        f" On {words.day(last['day'])}: claimed {next(told)} {unit}, still {next(told)} {unit}."
        " The table below has every day.",
        unit,
        tuple(
            charts.Day(
                date.fromisoformat(one["day"]),
                Decimal(kg) / kilograms,
                Decimal(one["available_kg"]) / kilograms,
            )
            for kg, one in zip(claimed, days, strict=True)
        ),
        date.fromisoformat(balance["on"]),
    )


def otherwise_of(told: Content) -> Decimal:
    """Kilograms of CO2e that a pool's documents, or one of them, should have told more, as far as
    it is known: of metal whose footprint is wholly known, and of the rest; and of their step."""
    return _sum(told) + _sum(told.get("step") or NO_STEP)


NO_STEP: Content = {"emission_kgco2e": "0", "partial_kgco2e": "0", "known_kg": 0}


def _sum(told: Content) -> Decimal:
    return Decimal(told["emission_kgco2e"]) + Decimal(told["partial_kgco2e"])


def unknown_of(told: Content) -> Sequence[str]:
    """What is not known of that, and what of it is of the step, in sentences."""
    step = told.get("step") or NO_STEP
    partly = Decimal(told["partial_kgco2e"]) + max(Decimal(0), Decimal(step["partial_kgco2e"]))
    known_kg, of_step = told["known_kg"] + step["known_kg"], _sum(step)
    found = []
    if of_step:
        found.append(
            f"{words.number(of_step, 3)} kg of it are of your own step, by results as they are"
            " verified by now."
        )
    if partly:
        found.append(
            f"{words.number(partly, 3)} kg of it are of metal whose footprint is known only in"
            " part: what else that metal emitted is not known."
        )
    if known_kg:
        way = "more" if known_kg > 0 else "less"
        found.append(
            f"The footprint is wholly known for {words.tonnes(abs(known_kg), 1)} t {way} than was"
            " told."
        )
    return found


# --- a trace ---


def entries_of(told: Content) -> Sequence[Entry]:
    """The nodes of a trace, level by level, the largest first."""
    found = [
        Entry(
            one["level"],
            KINDS.get(one["kind"], words.label(one["kind"])),
            Decimal(one["parts"]) * 100 / told["whole"],
            one["document"],
            one["pool"],
            one["masked"],
            one["final"],
            *_footprint(one.get("carries")),
            one.get("told"),
        )
        for one in told["nodes"]
    ]
    return sorted(found, key=lambda one: (one.level, -one.percent, one.kind, one.document or ""))


def ends_of(told: Content) -> Sequence[End]:
    """What a trace ends in, all together, the largest first."""
    return [
        End(
            KINDS.get(one["kind"], words.label(one["kind"])),
            one["member_id"],
            one["scope_id"],
            words.label(one["stage"]) if one["stage"] else None,
            one["masked"],
            one["ends"],
            Decimal(one["share"]) * 100,
            one["share"],
        )
        for one in told["totals"]
    ]


def mix_of(told: Content) -> Sequence[Mixed]:
    """All metal that the document tells the average of; nothing where that is what is traced."""
    kinds = told.get("mix", ())
    if not any(one["kind"] in BESIDE for one in kinds):
        return []
    return [
        Mixed(
            KINDS.get(one["kind"], words.label(one["kind"])),
            Decimal(one["share"]) * 100,
            one["share"],
            *_footprint(one["carries"]),
        )
        for one in kinds
    ]


def _footprint(carries: Content | None) -> tuple[Decimal | None, Decimal]:
    """What the metal carries per kilogram, at least, and for how much of it that is all."""
    if not carries or not carries["kg"]:
        return None, Decimal(0)
    kg, grams = Decimal(carries["kg"]), carries["emission_g"] + carries["partial_g"]
    known = carries["known_kg"] * 100 / kg
    return (grams / kg / 1000 if grams or known else None), known


def _shares(here: Sequence[Entry]) -> list[charts.Share]:
    """The parts of a level; those too thin to be seen are drawn together."""
    shares: list[charts.Share] = []
    thin: dict[str, Decimal] = {}
    for one in here:
        look = "masked" if one.masked else "ends" if one.final else "goes on"
        if one.percent < THIN:
            thin[look] = thin.get(look, Decimal(0)) + one.percent
        else:
            shares.append(charts.Share(one.document or one.kind, one.percent, look))
    return [*shares, *(charts.Share("small parts", part, look) for look, part in thin.items())]


def levels_of(number: str, upstream: bool, entries: Sequence[Entry]) -> charts.Levels | None:
    """The picture of a trace: each level a bar of shares. What ended at a level stays in the
    levels below it as what was found already, so that each bar is the whole."""
    if not entries:
        return None
    levels, ended = [], Decimal(0)
    for level in range(1, max(one.level for one in entries) + 1):
        here = [one for one in entries if one.level == level]
        parts = _shares(here)
        levels.append(
            charts.Level(
                f"level {level}",
                tuple([*parts, charts.Share("found above", ended, "above")] if ended else parts),
            )
        )
        ended += sum((one.percent for one in here if one.final), Decimal(0))
    way = "comes from" if upstream else "went"
    ends = "; ".join(
        f"{'masked' if one.masked else one.kind} {words.number(one.percent, 1)} %"
        for one in entries
        if one.final and one.percent >= 1
    )
    return charts.Levels(
        f"Where the metal of {number} {way}",
        f"Each level is the whole, in parts by mass. Above 1 % it ends in: {ends}. The table below"
        " has the parts.",
        tuple(levels),
    )
