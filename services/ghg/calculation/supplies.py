"""What a step took in beside what it made of it: alumina and carbon of cells, bauxite. Pure.

Source: sources.md 4.1, 4.5, R-08 and R-34. What was used is what was bought and made here, less
what was sold and what went into stock. Cells that made metal had alumina and carbon of somebody,
and a refinery had bauxite: where nothing tells of any, its emissions are missing from category 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.ghg.activity.inventory import Datum, Site

from .cell_carbon import STUDS
from .cells import TAPPED, tapped
from .metal import own_part

ZERO = Decimal(0)
OPENING, CLOSING, SOLD = "stock.opening", "stock.closing", "output.sold"
ALUMINA = ("bought.alumina", "output.alumina")
BAUXITE = ("bought.bauxite", "output.bauxite")
CARBON: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "anodes": ("anode_per_metal", ("bought.anode", "output.anode")),
    "paste": ("paste_per_metal", ("bought.paste", "output.paste")),
}
OWN_CARBON = ("bought.coke", "bought.green_coke", "bought.pitch", "input.green_anode")
"""Who makes anodes or paste on site may tell what went into them alone."""
ByItem = Mapping[str, Sequence[Datum]]


class Supply(NamedTuple):
    """`used_t` of `title` for `made_t` of `product`; `figure` names its range in the policy. `told`
    says that something tells of it, `whole` that its mass is known. `data` are the ids behind it,
    those of the product first."""

    figure: str
    title: str
    product: str
    used_t: Decimal
    made_t: Decimal
    told: bool
    whole: bool
    data: tuple[str, ...]

    @property
    def per_t(self) -> Decimal:
        """Tonnes used per tonne made."""
        return self.used_t / self.made_t


def supplies(by_item: ByItem, site: Site) -> Iterator[Supply]:
    """What the cells and the refinery of a facility must have had; nothing of what they did not
    make, as of scrap that cells melted."""
    outputs = [*by_item.get(TAPPED, ()), *by_item.get("output.cast_metal", ())]
    metal, _ = tapped(outputs, site, [])
    weighed = bool(by_item.get(TAPPED))  # cast metal may be of other metal than the cells'
    own = own_part(by_item)
    if own and _sum(metal) > 0:
        alumina = _supply(("alumina_per_metal", "alumina", ALUMINA), metal, by_item, whole=weighed)
        yield alumina._replace(made_t=alumina.made_t * own)
    for title, made in _by_carbon(metal, site).items():
        if own and _sum(made) > 0:
            carbon = _carbon(title, made, by_item, weighed)
            yield carbon._replace(made_t=carbon.made_t * own)
    refined = by_item.get("output.alumina", ())
    if _sum(refined) > 0:
        yield _supply(("bauxite_per_alumina", "bauxite", BAUXITE), refined, by_item, "alumina")


def unmade(by_item: ByItem) -> Iterator[Supply]:
    """Bauxite and alumina of which somebody tells that nothing was made: metal or alumina is told,
    and is zero. Of alumina what was bought alone: what a refinery made may be sold."""
    for what, item, product in (
        (("bauxite_per_alumina", "bauxite", BAUXITE), "output.alumina", "alumina"),
        (("alumina_per_metal", "alumina", ALUMINA[:1]), TAPPED, "liquid metal"),
    ):
        made = by_item.get(item)
        if made and _sum(made) == 0:
            found = _supply(what, made, by_item, product)
            if found.used_t > 0:
                yield found


def _by_carbon(metal: Sequence[Datum], site: Site) -> Mapping[str, Sequence[Datum]]:
    """The metal by what its cells burn."""
    made: dict[str, list[Datum]] = {}
    for datum in metal:
        burn = "paste" if (datum.technology or site.technology) in STUDS else "anodes"
        made.setdefault(burn, []).append(datum)
    return made


def _carbon(title: str, made: Sequence[Datum], by_item: ByItem, weighed: bool) -> Supply:
    """Anodes or paste of some metal. What went into those that were made here says that there were
    some; how many, only their own mass does."""
    figure, items = CARBON[title]
    found = _supply((figure, title, items), made, by_item, whole=weighed)
    raw = [one for item in OWN_CARBON for one in by_item.get(item, ()) if one.quantity > 0]
    here = any(by_item.get(item) for item in items if item.startswith("output."))
    return found._replace(told=found.told or bool(raw), whole=weighed and (here or not raw))


def _supply(
    what: tuple[str, str, tuple[str, ...]],
    made: Sequence[Datum],
    by_item: ByItem,
    product: str = "liquid metal",
    *,
    whole: bool = True,
) -> Supply:
    figure, title, items = what
    supplied = [one for item in items for one in by_item.get(item, ())]
    sold = [one for one in by_item.get(SOLD, ()) if one.of in items]
    opening = [one for one in by_item.get(OPENING, ()) if one.of in items]
    closing = [one for one in by_item.get(CLOSING, ()) if one.of in items]
    both = bool(opening and closing)
    used = _sum(supplied) - _sum(sold)
    if both:
        used += _sum(opening) - _sum(closing)
    behind = (*made, *supplied, *sold, *opening, *closing)
    return Supply(
        figure,
        title,
        product,
        used,
        _sum(made),
        any(one.quantity > 0 for one in (*supplied, *(opening if both else ()))),
        whole,
        tuple(one.datum_id for one in behind),
    )


def _sum(data: Sequence[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
