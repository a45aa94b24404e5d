"""What must be told before anybody knows how much primary metal was cast, or rolled of what. Pure.

Each is a doubt of a result, found by R-34 with the row to add. Of the metal cast, mine to metal is
refused by its slug until then, and criterion 5.2 cannot be judged (decision 0017); of what was
rolled, the product of the mill has no footprint and no report (decision 0018).
"""

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from contracts.values import plain
from infra.errors import Refused

from .shared_cast import GRAMS, SOURCE, UNKNOWN, SharedCast
from .working import Doubt

UNREAD, UNPASSED = "scrap_in_cells_untold", "furnace_metal_untold"
UNSTORED = "scrap_stock_untold"
UNSTOCKED, UNSHARED = "cast_stock_untold", "furnace_share_untold"
"""What doubts here are about."""
SLUGS = {
    UNKNOWN: "scrap-loss-missing",
    UNREAD: "scrap-in-cells-untold",
    UNPASSED: "furnace-metal-untold",
    UNSTORED: "scrap-stock-untold",
}
"""Why mine to metal is refused, by what the doubt is about."""
WHAT = {
    UNKNOWN: "what was lost of post-consumer scrap is not told",
    UNREAD: "whether scrap in cells is in what they tapped is not told",
    UNPASSED: "what a remelting furnace gave to casting is not told",
    UNSTORED: "what scrap lies in stock is not told",
}


class Missing(NamedTuple):
    """What is not told (a key of `SLUGS`), the row to add, and the facts of the refusal."""

    about: str
    sentence: str
    steps: tuple[Step, ...]


def missing(cast: SharedCast) -> Iterator[Missing]:
    """All that must be told of a cast."""
    if cast.unread_t:
        sentence = (
            f"nobody tells whether {_t(cast.unread_t)} of scrap that cells melted are in what they"
            " tapped, and no difference of masses tells it: the next tonne of post-consumer scrap"
            " would turn it. Say in `of` of each row of it output.liquid_metal where its metal was"
            " weighed with what cells tapped, output.cast_metal where it was not; of post-consumer"
            " scrap the same in all; and where tapped metal is told by lines of cells or by days,"
            " the potline (or technology) and the days of one of its rows in each row of that scrap"
            " and of its loss."
        )
        yield Missing(UNREAD, sentence, (Step.ELECTROLYSIS,))
    if cast.unpassed_t:
        sentence = (
            "nobody tells what a remelting furnace that casts metal itself gave to casting of the"
            f" {_t(cast.unpassed_t)} that it was charged with, in a year in which post-consumer"
            " scrap was melted and run-around scrap came back, or in which of tapped metal the cast"
            " alone is told. Add output.to_casting at remelting, 0 where it gave none."
        )
        yield Missing(UNPASSED, sentence, (Step.REMELTING,))
    if cast.unknown_t:
        of = " and ".join(f"{_t(t)} at {step}" for step, t in cast.unknown_t.items())
        sentence = (
            f"nobody tells what was lost of post-consumer scrap ({of}), and no difference of masses"
            " tells it where it is a part of what cells tapped, or where of tapped metal the cast"
            " alone is told. Add loss.metal with scrap_kind post_consumer at"
            f" {' and '.join(cast.unknown_t)}, 0 where nothing was lost; or output.liquid_metal"
            " where it is not told."
        )
        yield Missing(UNKNOWN, sentence, tuple(cast.unknown_t))
    if cast.unstored_t:
        sentence = (
            f"nobody tells of what scrap the stock is that changed by {_t(cast.unstored_t)}: it may"
            " be of post-consumer scrap or of other, or at several steps or lines of cells, and the"
            " next tonne of such scrap would move it. Tell stock.opening and stock.closing of"
            " scrap.in at the step that melts it, each with its scrap_kind; or leave them out, and"
            " tell of that scrap what was melted."
        )
        yield Missing(UNSTORED, sentence, ())


def doubts_of_untold(cast: SharedCast, products: Collection[Step] = ()) -> Iterator[Doubt]:
    """The same as doubts of a result, with the steps of whose `products` the footprint is not known
    either."""
    made = " and ".join(sorted(products))
    neither = f" Nor is the footprint of what {made} made, until then." if products else ""
    for one in missing(cast):
        sentence = f"Mine to metal is not known: {one.sentence}{neither}"
        yield Doubt(one.about, sentence, SOURCE)


def refuse_untold(cast: SharedCast) -> None:
    """Refused for the first, with the steps at which to tell it, if there is any:
    `scrap-in-cells-untold`, `furnace-metal-untold`, `scrap-loss-missing`, `scrap-stock-untold`."""
    for one in missing(cast):
        sentence, steps = f"mine to metal is not known: {one.sentence}", list(one.steps)
        if one.about == UNREAD:
            raise Refused("scrap-in-cells-untold", sentence, steps=steps)
        if one.about == UNPASSED:
            raise Refused("furnace-metal-untold", sentence, steps=steps)
        if one.about == UNSTORED:
            raise Refused("scrap-stock-untold", sentence)
        raise Refused("scrap-loss-missing", sentence, steps=steps)


def doubts_of_products(stock_t: Decimal, recast: Collection[Step]) -> Iterator[Doubt]:
    """Why products have no footprint though mine to metal is known: stock of cast metal changed by
    `stock_t` of which nobody tells whether they were cast (`Flows.stock_unread_t`), and a furnace
    gave casting nobody tells what, which moves the footprint at steps of `recast`."""
    if stock_t:
        yield Doubt(UNSTOCKED, _of_stock(stock_t), f"{SOURCE}, R-34")
    if recast:
        yield Doubt(UNSHARED, _of_furnace(recast), f"{SOURCE}, R-34")


def refuse_product(step: Step, stock_t: Decimal, recast: Collection[Step]) -> None:
    """Refused for the same, of the product of one step: `furnace-metal-untold`,
    `cast-stock-untold`."""
    if step in recast:
        raise Refused("furnace-metal-untold", _of_furnace(recast), steps=[Step.REMELTING])
    if stock_t and step is Step.SEMI_FABRICATION:
        raise Refused("cast-stock-untold", _of_stock(stock_t))


def _of_furnace(recast: Collection[Step]) -> str:
    return (
        f"The footprint of what {' and '.join(sorted(recast))} made is not known: nobody tells what"
        " a remelting furnace that casts metal itself gave to casting, and what was lost of"
        " post-consumer scrap, which nobody tells, would move it. Add output.to_casting at"
        " remelting, 0 where it gave none; or loss.metal with scrap_kind post_consumer at the steps"
        " that melted such scrap."
    )


def _of_stock(unread_t: Decimal) -> str:
    return (
        "The footprint of what the mill made is not known: cast metal in stock at the casthouse"
        f" changed by {_t(unread_t)}, and whether these are in what was cast would follow what was"
        " lost of post-consumer scrap, which nobody tells. Add stock.opening and stock.closing of"
        " output.liquid_metal at casting, with what waited to be cast on either day, 0 where"
        " nothing did: stock of output.cast_metal is then metal that was cast. Or add loss.metal"
        " with scrap_kind post_consumer at the steps that melted such scrap."
    )


def _t(tonnes: Decimal) -> str:
    return f"{plain(round(tonnes, GRAMS))} t"
