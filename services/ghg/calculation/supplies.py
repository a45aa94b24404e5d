"""What a step took in beside what it made of it: alumina and carbon of cells, bauxite. Pure.

Source: sources.md 4.1, 4.5, R-08 and R-34. What was used is what was bought and made here, less
what was sold and what went into stock. Cells that made metal had alumina and carbon of somebody,
and a refinery had bauxite: where nothing tells of any, its emissions are missing from category 1.

Where tapped metal is told as cast alone, cells made what the equations take them to have made of it
(`cells`): no less, and no more than that and what the scrap beside it may have lost in the melt.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.ghg.activity.inventory import Datum, Inventory, Site

from .cell_carbon import STUDS
from .cells import TAPPED, made_of_cast, tapped
from .metal import SCRAP_IN, own_part

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
    those of the product first. `open_t` more may have been made: nobody tells what the scrap lost
    that was cast with it."""

    figure: str
    title: str
    product: str
    used_t: Decimal
    made_t: Decimal
    told: bool
    whole: bool
    data: tuple[str, ...]
    open_t: Decimal = ZERO

    @property
    def per_t(self) -> Decimal:
        """Tonnes used per tonne made."""
        return self.used_t / self.made_t

    @property
    def least_per_t(self) -> Decimal:
        """The same, of all that may have been made."""
        return self.used_t / (self.made_t + self.open_t)


def supplies_of(
    inventory: Inventory, by_item: ByItem, engine: str, melt_loss: Decimal
) -> Iterator[Supply]:
    """As `supplies`, of a year whose data are `by_item`; where tapped metal is told as cast alone,
    of what an engine takes cells to have made of it. `melt_loss` is the part of scrap that a melt
    usually takes."""
    of_cast = None if TAPPED in by_item else made_of_cast(inventory, engine)
    lost_t = _sum(by_item.get(SCRAP_IN, ())) * melt_loss if of_cast else ZERO
    yield from supplies(by_item, inventory.site, of_cast, lost_t)


def supplies(
    by_item: ByItem, site: Site, of_cast: Sequence[Datum] | None = None, open_t: Decimal = ZERO
) -> Iterator[Supply]:
    """What the cells and the refinery of a facility must have had; nothing of what they did not
    make, as of scrap that cells melted. `of_cast` is what cells made where tapped metal is told as
    cast alone, and is known; `open_t` what they may have made beside."""
    outputs = [*by_item.get(TAPPED, ()), *by_item.get("output.cast_metal", ())]
    metal = tapped(outputs, site, [])[0] if of_cast is None else of_cast
    # else cast metal may be of other metal than the cells'
    weighed = bool(by_item.get(TAPPED)) or of_cast is not None
    own = own_part(by_item)
    if own and _sum(metal) > 0:
        alumina = _supply(("alumina_per_metal", "alumina", ALUMINA), metal, by_item, whole=weighed)
        yield alumina._replace(made_t=alumina.made_t * own, open_t=open_t)
    for title, made in _by_carbon(metal, site).items():
        if own and _sum(made) > 0:
            carbon = _carbon(title, made, by_item, weighed)
            yield carbon._replace(made_t=carbon.made_t * own, open_t=open_t)
    refined = by_item.get("output.alumina", ())
    if _sum(refined) > 0:
        yield _supply(("bauxite_per_alumina", "bauxite", BAUXITE), refined, by_item, "alumina")


def unmade(by_item: ByItem, site: Site) -> Iterator[Supply]:
    """Bauxite and alumina of which somebody tells that nothing was made: metal (tapped, or cast
    alone) or alumina is told, and is zero. Of alumina what was bought alone: what a refinery made
    may be sold."""
    outputs = [*by_item.get(TAPPED, ()), *by_item.get("output.cast_metal", ())]
    metal = tapped(outputs, site, [])[0]
    refined = by_item.get("output.alumina", ())
    for what, made, product in (
        (("bauxite_per_alumina", "bauxite", BAUXITE), refined, "alumina"),
        (("alumina_per_metal", "alumina", ALUMINA[:1]), metal, "liquid metal"),
    ):
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
