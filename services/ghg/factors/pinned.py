"""Everything a calculation may look up, fixed before it starts. Pure.

A result names what it was pinned to, so that the same data and the same names give the same result
for ever, and a newer set or announcement makes a new result beside the old one.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from infra.policy import Policy
from services.ghg.calculation.working import Doubt

from . import gwp, secondary
from .book import FactorBook, FactorSet
from .grid import GridFactor, announced, elsewhere, for_site, residual

FIRST_ENGINE = "castmark-ghg-1"
SECOND_ENGINE = "castmark-ghg-2"
THIRD_ENGINE = "castmark-ghg-3"
FOURTH_ENGINE = "castmark-ghg-4"
FIFTH_ENGINE = "castmark-ghg-5"
SIXTH_ENGINE = "castmark-ghg-6"
SEVENTH_ENGINE = "castmark-ghg-7"
EIGHTH_ENGINE = "castmark-ghg-8"
ENGINE = "castmark-ghg-9"
"""The version of these equations. It changes with any result; older ones stay runnable."""
BEFORE_FOURTH = frozenset({FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE})
BEFORE_FIFTH = BEFORE_FOURTH | {FOURTH_ENGINE}
BEFORE_SIXTH = BEFORE_FIFTH | {FIFTH_ENGINE}
BEFORE_SEVENTH = BEFORE_SIXTH | {SIXTH_ENGINE}
BEFORE_EIGHTH = BEFORE_SEVENTH | {SEVENTH_ENGINE}
BEFORE_NINTH = BEFORE_EIGHTH | {EIGHTH_ENGINE}

PRIMARY_FAMILY = "world_primary"
OTHER_FUELS = "other_fuels"
"""Fuels beside the first six: combustion, calorific values and upstream in one set."""


@dataclass(frozen=True, eq=False)
class Pinned:
    """The sets of one calculation. `as_of` is the day whose announcements count: nothing that was
    published later is used. `pin` gives the same object for the same names, so that what follows
    from it (`tables`) is worked out once."""

    book: FactorBook
    policy: Policy
    as_of: date
    gwp: FactorSet
    pfc: FactorSet
    electrolysis: FactorSet
    fuels: FactorSet
    upstream: FactorSet
    materials: FactorSet
    transport: FactorSet
    world: FactorSet
    primary: FactorSet
    other_fuels: FactorSet
    engine: str = ENGINE

    def names(self) -> tuple[str, ...]:
        """The names of the sets that every result names, in a fixed order. That of other fuels is
        none of them: it came later, and a result names it where a line took it, as it does that of
        its grid."""
        sets = (
            self.gwp,
            self.pfc,
            self.electrolysis,
            self.fuels,
            self.upstream,
            self.materials,
            self.transport,
            self.world,
            self.primary,
        )
        return tuple(one.factor_set for one in sets)

    def grid_of(
        self, country: str, subdivision: str | None
    ) -> tuple[GridFactor, GridFactor | None, tuple[Doubt, ...]]:
        """Grid factor of a site, the factor of what contracts leave (None where none is
        published), and what is doubtful about the choice."""
        if not announced(self.book, country, self.as_of):
            found, doubts = elsewhere(self.book, country, subdivision, self.as_of)
            return found, None, doubts
        found, doubts = for_site(self.book, country, subdivision, self.as_of)
        left = residual(self.book, country, self.as_of) if country == "CN" else None
        return found, left, doubts


@lru_cache(maxsize=64)
def pin(
    book: FactorBook,
    policy: Policy,
    as_of: date,
    gwp_set: str | None,
    pfc_set: str,
    engine: str = ENGINE,
) -> Pinned:
    """The newest set of each family that was public on a day, with the named warming potentials
    and PFC coefficients, for an engine; refused `gwp-set-missing`, `unknown-factor-set`,
    `no-factor-set-yet`."""
    return Pinned(
        book=book,
        policy=policy,
        as_of=as_of,
        gwp=gwp.gwp_set(book, gwp_set),
        pfc=book.named(pfc_set, "pfc"),
        electrolysis=book.latest("electrolysis", as_of),
        fuels=book.latest("combustion", as_of),
        upstream=book.latest("upstream", as_of),
        materials=book.latest("material", as_of),
        transport=book.latest("transport", as_of),
        world=book.latest(secondary.FAMILY, as_of),
        primary=book.latest(PRIMARY_FAMILY, as_of),
        other_fuels=book.latest(OTHER_FUELS, as_of),
        engine=engine,
    )
