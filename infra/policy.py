"""Numbers that ASI may change: dated data with evidence and source. Pure; files are read in apps.

A policy file is `{"policy_id", "valid_from", "figures": {name: {value, evidence, source}}}`. The
policy of a day is the latest file valid on it; figures it does not name come from earlier files.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import Id

Evidence = Literal["verified", "derived", "design", "unverified"]
"""verified: read in a public source (docs/sources.md); derived: follows from such; design: our own
choice; unverified: general knowledge, shown to users as such."""


class Figure(BaseModel):
    """One number or switch with where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: bool | int | str | tuple[int, ...] | tuple[str, ...]
    evidence: Evidence
    source: Annotated[str, Field(min_length=3)]


class PolicyFile(BaseModel):
    """One dated file as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    policy_id: Id
    valid_from: date
    figures: Mapping[str, Figure]


class Policy:
    """The figures that hold on a day. Readers are typed and name what is missing or wrong."""

    def __init__(self, policy_id: str, figures: Mapping[str, Figure]) -> None:
        self.policy_id = policy_id
        self.figures = figures

    def figure(self, name: str) -> Figure:
        """A figure with its evidence; KeyError when the policy has none of that name."""
        if name not in self.figures:
            raise KeyError(f"policy {self.policy_id} has no figure {name!r}")
        return self.figures[name]

    def integer(self, name: str) -> int:
        """A whole number."""
        value = self.figure(name).value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} of {self.policy_id} is not a whole number: {value!r}")
        return value

    def flag(self, name: str) -> bool:
        """A switch."""
        value = self.figure(name).value
        if not isinstance(value, bool):
            raise TypeError(f"{name} of {self.policy_id} is not true or false: {value!r}")
        return value

    def text(self, name: str) -> str:
        """A word."""
        value = self.figure(name).value
        if not isinstance(value, str):
            raise TypeError(f"{name} of {self.policy_id} is not a text: {value!r}")
        return value

    def decimal(self, name: str) -> Decimal:
        """An exact decimal, written as text or as a whole number."""
        value = self.figure(name).value
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise TypeError(f"{name} of {self.policy_id} is not a decimal: {value!r}")
        return Decimal(value)

    def day(self, name: str) -> date:
        """A date."""
        return date.fromisoformat(self.text(name))

    def integers(self, name: str) -> tuple[int, ...]:
        """Whole numbers."""
        value = self.figure(name).value
        if not isinstance(value, tuple) or not all(isinstance(item, int) for item in value):
            raise TypeError(f"{name} of {self.policy_id} is not a list of numbers: {value!r}")
        return tuple(int(item) for item in value)

    def words(self, name: str) -> tuple[str, ...]:
        """Words."""
        value = self.figure(name).value
        if not isinstance(value, tuple):
            raise TypeError(f"{name} of {self.policy_id} is not a list of words: {value!r}")
        return tuple(str(item) for item in value)


class Policies:
    """All dated policies of a service; `on(day)` gives the one that holds."""

    def __init__(self, files: Iterable[PolicyFile]) -> None:
        self._dated: list[tuple[date, Policy]] = []
        figures: dict[str, Figure] = {}
        for file in sorted(files, key=lambda file: file.valid_from):
            figures = {**figures, **file.figures}
            self._dated.append((file.valid_from, Policy(file.policy_id, figures)))
        if not self._dated:
            raise ValueError("no policy at all")

    def named(self, policy_id: str) -> Policy | None:
        """The policy of that id; None when there is none."""
        return next((policy for _, policy in self._dated if policy.policy_id == policy_id), None)

    def on(self, day: date) -> Policy:
        """The policy valid on a day; the first one also holds for all days before it."""
        holds = self._dated[0][1]
        for valid_from, policy in self._dated:
            if valid_from <= day:
                holds = policy
        return holds
