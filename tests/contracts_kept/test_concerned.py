"""A part of a consumer that names the events it takes does nothing with any other.

What it does not take is not handed to it, nor even read where nobody takes it.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache

import orjson
import pytest

from castmark.parts import PARTS
from contracts.envelope import Envelope, Event, Recorded
from contracts.values import Instant
from infra.decider import Reaction, concerned
from tests.contracts_kept.golden import load, whole_catalog

REACTIONS = [
    pytest.param(reaction, id=f"{name}-{reaction.name}")
    for name, part in PARTS.items()
    for consumer in part.definition().consumers
    for reaction in consumer.reactions
    if reaction.takes is not None
]
AT = Instant("2026-03-02T10:00:00.000000Z")
PLACE = Envelope("e" * 32, "membership", "member/M1", 1, 1, AT, "c", "c", "c", "person-1")


@cache
def events() -> list[Event]:
    """Samples of everything that may lie in a store."""
    catalog = whole_catalog()
    return [
        catalog.decode(golden.type, orjson.dumps(sample))
        for golden in load()
        for sample in golden.samples.values()
    ]


@pytest.mark.parametrize("reaction", REACTIONS)
def test_a_reaction_does_nothing_with_what_it_does_not_take(reaction: Reaction) -> None:
    def asked(projection: str, key: str | Mapping[str, str]) -> None:
        pytest.fail(f"{reaction.name} looks at {projection} for an event that it does not take")

    assert reaction.takes
    for event in events():
        if type(event) not in reaction.takes:
            assert not reaction.react(Recorded(PLACE, event), asked)


class Other(Event):
    on: date


def test_who_names_no_events_is_concerned_by_all() -> None:
    def nothing(recorded: Recorded, rows: object) -> tuple[()]:
        return ()

    choosy = Reaction("choosy", nothing, frozenset({Other}))
    all_ears = Reaction("all_ears", nothing)
    assert concerned([choosy, all_ears], Other) == (choosy, all_ears)
    assert concerned([choosy, all_ears], Event) == (all_ears,)
