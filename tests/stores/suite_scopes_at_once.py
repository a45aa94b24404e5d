"""Two who decide on scopes at the same moment: through the real writer, the second one sees what
the first one made.
"""

import asyncio
from datetime import date, timedelta

import pytest

from infra.decider import Command
from infra.errors import Refused
from infra.execute import Writer, request_of
from infra.streams import Streams
from services.coc_ledger.scopes.commands import ApproveScopeTransfer, OpenScope
from services.coc_ledger.scopes.entity_scopes import naming
from services.coc_ledger.scopes.state import Scope
from tests.databases import Database
from tests.rules.coc.test_covered_facilities import asked
from tests.rules.coc.world import LEDGER, World
from tests.stores.suite_last_tonne import TODAY, ledger, writer

OVER_ON = date(2026, 7, 1)


class Kept(World):
    """Scopes A and B, and every command that made them."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        super().__init__(TODAY)

    def _handle(self, command: Command) -> int:
        self.commands.append(command)
        return super()._handle(command)


def transfer(scope_id: str, to_scope_id: str, days: int) -> ApproveScopeTransfer:
    return ApproveScopeTransfer(
        on=TODAY,
        scope_id=scope_id,
        member_id=scope_id,
        to_scope_id=to_scope_id,
        effective_on=OVER_ON + timedelta(days=days),
        approver="person-1",
    )


async def answer(by: Writer, name: str, command: Command) -> str:
    """Why a command is refused; nothing when it is not."""
    try:
        await by.execute(request_of(name, command, "clerk"))
    except Refused as refused:
        return refused.slug
    return ""


def opening(world: World, scope_id: str) -> OpenScope:
    """A scope with the facility F-2, as the server fills it in now."""
    made = world.built("open_scope", **asked(scope_id, "F-2"))
    assert isinstance(made, OpenScope)
    return made


async def opened(by: Writer, command: OpenScope, together: asyncio.Barrier) -> str:
    """Open a scope as the server does; both are named before either is opened."""
    name_id, named = naming(command)
    await by.execute(request_of(name_id, named, "clerk"))
    await together.wait()
    return await answer(by, f"open-{command.scope_id}", command)


class ScopesAtOnceSuite:
    """Subclasses give the fixture `database`."""

    @pytest.mark.parametrize("days", [0, 9])
    @pytest.mark.parametrize("processes", [1, 2])
    async def test_of_two_transfers_that_lead_back_into_each_other_one_is_refused(
        self, database: Database, processes: int, days: int
    ) -> None:
        """The other one ends sooner (there is nothing to go over into), or later."""
        world = Kept()
        writers = [writer(database) for _ in range(processes)]
        for at, command in enumerate(world.commands):
            await writers[0].execute(request_of(f"c{at}", command, "clerk"))
        slugs = await asyncio.gather(
            answer(writers[0], "there", transfer("A", "B", 0)),
            answer(writers[-1], "back", transfer("B", "A", days)),
        )
        assert slugs.count("") == 1
        assert set(slugs) < {"", "unknown-scope", "transfer-leads-back"}
        streams = Streams(ledger(database), LEDGER.deciders)
        scopes: list[Scope] = [streams.state(f"coc_scope/{one}") for one in ("A", "B")]
        assert [one.to_scope_id for one in scopes].count(None) == 1

    @pytest.mark.parametrize("processes", [1, 2])
    async def test_of_two_scopes_that_are_opened_with_one_facility_one_is_refused(
        self, database: Database, processes: int
    ) -> None:
        """Neither knows of the other when it is asked for: no row has heard of either."""
        world = Kept()
        world.certify("F-2", "A")
        writers = [writer(database) for _ in range(processes)]
        for at, command in enumerate(world.commands):
            await writers[0].execute(request_of(f"c{at}", command, "clerk"))
        together = asyncio.Barrier(2)
        slugs = await asyncio.gather(
            opened(writers[0], opening(world, "N"), together),
            opened(writers[-1], opening(world, "O"), together),
        )
        assert sorted(slugs) == ["", "facility-in-other-scope"]
        streams = Streams(ledger(database), LEDGER.deciders)
        scopes: list[Scope] = [streams.state(f"coc_scope/{one}") for one in ("N", "O")]
        assert sorted(one.facilities for one in scopes) == [(), ("F-2",)]
