"""Every engine that ever made a result. Pure.

An engine gives its result the name that it is pinned to. When the equations change, the old ones
stay here under their name: a result is worked out again, reported under a regime and tried with a
supplier's answer by the engine that made it.
"""

from typing import Protocol

from contracts.inventory import Regime
from infra.errors import Refused
from services.ghg.activity.inventory import Inventory
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Result
from services.ghg.calculation.scrap import Method
from services.ghg.factors.pinned import (
    EIGHTH_ENGINE,
    ENGINE,
    FIFTH_ENGINE,
    FIRST_ENGINE,
    FOURTH_ENGINE,
    SECOND_ENGINE,
    SEVENTH_ENGINE,
    SIXTH_ENGINE,
    THIRD_ENGINE,
    Pinned,
)


class Engine(Protocol):
    """As `calculate`, and refused as it says."""

    def __call__(
        self,
        inventory: Inventory,
        pinned: Pinned,
        /,
        *,
        regime: Regime = ...,
        scrap_method: Method | None = ...,
    ) -> Result: ...


ENGINES: dict[str, Engine] = {
    FIRST_ENGINE: calculate,
    SECOND_ENGINE: calculate,
    THIRD_ENGINE: calculate,
    FOURTH_ENGINE: calculate,
    FIFTH_ENGINE: calculate,
    SIXTH_ENGINE: calculate,
    SEVENTH_ENGINE: calculate,
    EIGHTH_ENGINE: calculate,
    ENGINE: calculate,
}
"""The newest last: that one makes new results. The first makes the same lines as the second, and
counts other ones as primary data (`lines.primary_rule`). The third differs from both in which of
several own PFC coefficients it takes (`own_pfc`), in how it weighs anode effects (`pfc_cells`) and
in whose metal stands beside anodes and paste (`cell_carbon`). The fourth differs from these
in what goes on to the next step (`flows`), in weighing anode effects by metal (`weighing`), in
when an own ratio of C2F6 expires (`own_pfc`), in leaving out a stock beyond all purchases
(`stock_lines`), and in unproven power of a plant dirtier than the grid (`electricity`).
The fifth differs from the fourth in what scrap bears and is credited under `substitution`
(`scrap`, `scrap_lines`), in an own PFC coefficient that is not told whole (`own_pfc`), in what
claims of power leave of which none is proven (`electricity`), and in whose loss a melt's is
(`melts`). The sixth differs from the fifth in that alone (`shared_cast`). The seventh differs from
the sixth in what it guesses of scrap in cells and of furnaces, and in run-around scrap of which
nobody tells where it came off (`primary_cast`, `in_cells`, `cells`). The eighth differs from the
seventh in whether cast metal in stock was cast already, which rows of stock may tell, and in what
products have no footprint, as a loss that nobody tells would decide it (`flows`). The ninth
differs from the eighth in what of bought metal and scrap was melted, where their stock is told
(`stored`), in which step such stock is a line of (`stock_lines`), and in who bears what was lost
in dross (`primary_cast`)."""


def newest() -> str:
    """The name of the engine that makes new results."""
    return next(reversed(ENGINES))


def engine_of(name: str) -> Engine:
    """An engine by name; refused `engine-unknown` where this build has it not."""
    engine = ENGINES.get(name)
    if engine is None:
        raise Refused(
            "engine-unknown",
            f"this build has no engine {name}; it has {', '.join(ENGINES)}.",
            engine=name,
        )
    return engine
