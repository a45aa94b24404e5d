"""Emission factors and parameters as dated, sourced data. Pure; `factorfiles` reads the files.

A factor file is `{"factor_set", "family", "title", "valid_from", "factors": {name: factor}}`. Files
of one family say the same kind of thing (grid factors, PFC slopes, warming potentials): by whom
and from which day. A calculation names the set it used, so a set is never edited, only followed
by another. Unlike a policy, a set inherits nothing from earlier ones: what it does not name it
does not know, because a factor of another year under this year's name would be a silent error.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import Id, PlainDecimal
from infra.errors import Refused
from infra.policy import Evidence

Words = Annotated[str, Field(min_length=1, max_length=400)]


class Factor(BaseModel):
    """One number with its unit and where it comes from.

    `low` and `high` bound the 95 % range, `uncertainty_percent` is its half-width around the value
    (at most one of the two is given). `note` says what is doubtful and is shown to users.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: PlainDecimal
    unit: Words
    evidence: Evidence
    source: Words
    low: PlainDecimal | None = None
    high: PlainDecimal | None = None
    uncertainty_percent: Annotated[PlainDecimal, Field(ge=0)] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("a range has both ends")
        if self.low is not None and self.high is not None:
            if self.uncertainty_percent is not None:
                raise ValueError("a range or a percentage, not both")
            if not self.low <= self.value <= self.high:
                raise ValueError(f"{self.value} lies outside {self.low} to {self.high}")
        return self

    def within(self, value: Decimal) -> bool:
        """Whether a value lies in the 95 % range; yes when none is known."""
        low, high = self.range()
        return (low is None or value >= low) and (high is None or value <= high)

    def half_width_percent(self) -> Decimal | None:
        """The half-width of the 95 % range in per cent of the value: of a lopsided range the
        wider side. None where no range is known, or the value is zero."""
        if self.uncertainty_percent is not None:
            return self.uncertainty_percent
        if self.low is None or self.high is None or self.value == 0:
            return None
        return max(self.high - self.value, self.value - self.low) * 100 / abs(self.value)

    def range(self) -> tuple[Decimal | None, Decimal | None]:
        """The 95 % range, from its bounds or from the percentage."""
        if self.uncertainty_percent is None:
            return self.low, self.high
        width = abs(self.value) * self.uncertainty_percent / 100
        return self.value - width, self.value + width


class FactorSet(BaseModel):
    """One dated file. `valid_from` is the day from which it could be known (its publication);
    `data_year` the year that its numbers describe, where that is another; `gwp_set` the warming
    potentials in its numbers, where they are amounts of CO2e and the source says under which."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    factor_set: Id
    family: Id
    title: Words
    valid_from: date
    data_year: int | None = None
    gwp_set: str = ""
    factors: Annotated[Mapping[str, Factor], Field(min_length=1)]

    def has(self, name: str) -> bool:
        """Whether the set names it."""
        return name in self.factors

    def factor(self, name: str) -> Factor:
        """A factor; refused `unknown-factor` when the set does not name it."""
        found = self.factors.get(name)
        if found is None:
            raise Refused(
                "unknown-factor",
                f"{self.factor_set} ({self.title}) has no factor {name}.",
                factor_set=self.factor_set,
                factor=name,
            )
        return found


class FactorBook:
    """All factor sets that the service knows."""

    def __init__(self, sets: Iterable[FactorSet]) -> None:
        self._sets: dict[str, FactorSet] = {}
        for one in sets:
            if one.factor_set in self._sets:
                raise ValueError(f"two factor sets are called {one.factor_set}")
            self._sets[one.factor_set] = one

    def named(self, factor_set: str, family: str) -> FactorSet:
        """The set of that name; refused `unknown-factor-set`, also when of another family."""
        found = self._sets.get(factor_set)
        if found is None or found.family != family:
            known = [one.factor_set for one in self.family(family)]
            raise Refused(
                "unknown-factor-set",
                f"no {family} set is called {factor_set}; there are {', '.join(known)}.",
                factor_set=factor_set,
                family=family,
                known=known,
            )
        return found

    def knows(self, factor_set: str) -> bool:
        """Whether there is a set of that name."""
        return factor_set in self._sets

    def gwp_of(self, factor_set: str) -> str:
        """The warming potentials in a set's numbers; empty where its source does not say, or there
        is no set of that name."""
        found = self._sets.get(factor_set)
        return "" if found is None else found.gwp_set

    def sets(self) -> tuple[FactorSet, ...]:
        """All of them."""
        return tuple(self._sets.values())

    def only(self, names: Iterable[str]) -> "FactorBook":
        """A book in which the families of these sets have no other sets: what was pinned once is
        found again, whatever was added since. Names that nobody knows are passed over."""
        kept = {name for name in names if name in self._sets}
        families = {self._sets[name].family for name in kept}
        return FactorBook(
            one for one in self.sets() if one.factor_set in kept or one.family not in families
        )

    def family(self, family: str) -> tuple[FactorSet, ...]:
        """The sets of a family, oldest first."""
        found = [one for one in self._sets.values() if one.family == family]
        return tuple(sorted(found, key=lambda one: (one.valid_from, one.factor_set)))

    def latest(self, family: str, as_of: date) -> FactorSet:
        """The newest set of a family that was public on a day; refused `no-factor-set-yet`. A
        later one is never used for an earlier day: nobody could have known it."""
        public = [one for one in self.family(family) if one.valid_from <= as_of]
        if not public:
            raise Refused(
                "no-factor-set-yet",
                f"no {family} set was public on {as_of}.",
                family=family,
                as_of=as_of,
            )
        return public[-1]
