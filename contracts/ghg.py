"""Greenhouse gases speak: activity data, results, verification and disclosure of a facility-year.

Source: sources.md sections 3.3, 4 and 8. Streams: `facility_year/<facility>:<year>` of `ghg`.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from .inventory import Severity
from .values import Id, Value

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=600)]
SourceText = Annotated[str, StringConstraints(max_length=200)]
DATA_NAMED = 20
"""At most so many data of a finding are named; `data_count` says how many there are."""


class Finding(Value):
    """What an auditor would write down: `rule` is R-01 to R-34 (sources.md 8), `data` the first of
    the data concerned."""

    rule: Id
    severity: Severity
    data: Annotated[tuple[Id, ...], Field(max_length=DATA_NAMED)] = ()
    data_count: Annotated[int, Field(ge=0)] = 0
    sentence: Sentence
    source: SourceText
