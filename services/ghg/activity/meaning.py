"""Words that mean something at some items only: what became of a waste, of which cells a datum is,
what was sold, what kind of scrap it is. Pure.

At other items such a column is free text, or not read. A word that nobody knows is refused where it
comes in, by name: it would otherwise count as not told, and nobody would see that it did. Data that
were stored before are calculated as they were. Source: sources.md 4.3, 6.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from infra.errors import Refused
from infra.importing.mapping import plain_name
from services.ghg.calculation.circularity import Level
from services.ghg.calculation.pfc import Technology

from .inventory import Datum
from .items import STOCKED, Family, Item

SHOWN = 40
SCRAP_RIGHT = (
    "scrap needs its kind: pre_consumer, post_consumer, internal or dross; split what is mixed"
)
SOLD, SCRAP_IN = "output.sold", "scrap.in"
WEIGHED_IN = frozenset({"", "output.liquid_metal", "output.cast_metal"})
"""Where scrap may say that its metal was weighed (`in_cells`)."""
CELL_FAMILIES = frozenset({Family.ANODE_EFFECT, Family.DUCT, Family.PARAMETER})
OF_CELLS = frozenset({"output.liquid_metal", "input.paste"})
OF_NO_CELLS = frozenset({"parameter.exit_rate"})
TREATMENTS: Mapping[str, str] = {
    **{level.value: level.value for level in Level},
    **dict.fromkeys(("reuse", "re_used"), Level.REUSED.value),
    **dict.fromkeys(("recycling", "recycle"), Level.RECYCLED.value),
    **dict.fromkeys(("recovery", "recover"), Level.RECOVERED.value),
    "treatment": Level.TREATED.value,
    **dict.fromkeys(("storage", "stockpiled"), Level.STORED.value),
    "landfill": Level.LANDFILLED.value,
    **dict.fromkeys(("landfill_untreated", "untreated_landfill"), Level.LANDFILLED_UNTREATED.value),
    "discharge": Level.DISCHARGED.value,
}
"""What became of a waste, by any of its names (as `plain_name` writes them)."""
TECHNOLOGIES: Mapping[str, str] = {plain_name(one): one.value for one in Technology}


def spelled(words: Mapping[str, str], text: str) -> str:
    """A word as it is kept, where it is one of these; else the text as it stands: whether that may
    be, the item says (`known`)."""
    return words.get(plain_name(text), text)


def known(datum: Datum, item: Item) -> None:
    """The words of a datum mean something at its item. Refused, with the field among the facts:
    `unknown-treatment`, `unknown-cell-technology`, `sold-of-nothing`,
    `scrap-of-nothing`."""
    if datum.treatment and item.family is Family.WASTE:
        _one_of("unknown-treatment", "treatment", "treatment of a waste", datum.treatment)
    if datum.technology and _of_cells(item):
        _one_of("unknown-cell-technology", "technology", "technology of cells", datum.technology)
    if item.slug == SOLD and datum.of not in STOCKED:
        raise Refused(
            "sold-of-nothing",
            f"{datum.of or 'nothing'} is not what can be sold here: name in `of` what was made or"
            " bought, as output.cast_metal",
            field="of",
        )
    if item.slug == SCRAP_IN and datum.of not in WEIGHED_IN:
        raise Refused(
            "scrap-of-nothing",
            f"{datum.of} is nothing that metal of scrap is weighed in: of scrap that cells melted"
            " say in `of` output.liquid_metal where it was weighed with what they tapped,"
            " output.cast_metal where it was not, and leave it empty of any other",
            field="of",
        )


def _of_cells(item: Item) -> bool:
    cells = item.family in CELL_FAMILIES or item.slug in OF_CELLS
    return cells and item.slug not in OF_NO_CELLS


def _one_of(slug: str, field: str, what: str, text: str) -> None:
    words = TREATMENTS if field == "treatment" else TECHNOLOGIES
    if text in words.values():
        return
    kept = [word for word in dict.fromkeys(words.values()) if word != Level.UNTOLD]
    raise Refused(
        slug,
        f"{text[:SHOWN]!r} is no {what}: {_nearest(text, words)}write one of {', '.join(kept)},"
        " or leave it empty where it is not told",
        field=field,
        known=kept,
    )


def _nearest(text: str, words: Mapping[str, str]) -> str:
    near: Iterable[str] = get_close_matches(plain_name(text[:200]), list(words), n=1, cutoff=0.6)
    return "".join(f"nearest is {words[one]}; " for one in near)


def kinded(scrap_kind: str, item: Item) -> None:
    """Refused `scrap-kind-missing` for scrap of which nobody says what kind it is: a file's row and
    a datum sent over HTTP alike."""
    if item.family is Family.SCRAP and not scrap_kind:
        raise Refused("scrap-kind-missing", SCRAP_RIGHT)
