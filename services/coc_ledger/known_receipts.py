"""What a reaction changes in a closed period comes with what is known of its suppliers, so that the
correction finds by that (R-28). Pure.
"""

from collections.abc import Sequence

from contracts.envelope import Recorded
from infra.decider import Command, Lookup, Reaction

from .pools.commands import ApplyChange
from .pools.receipts import receipts_of
from .rows import PoolRow


def knowing(reaction: Reaction) -> Reaction:
    """The same reaction, whose changes of closed pools know of their receipts."""

    def react(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
        return [_known(one, rows) for one in reaction.react(recorded, rows)]

    return reaction._replace(react=react)


def _known(command: Command, rows: Lookup) -> Command:
    if not isinstance(command, ApplyChange):
        return command
    row: PoolRow | None = rows("pools", command.pool.key)
    if row is None or row.closed_on is None:
        return command
    return command.model_copy(update={"receipts": receipts_of(command.pool.key, rows)})
