"""What a scope has to know of other scopes exactly, at the moment of a decision. Pure.

Each is read from its own stream (`state(stream)`), so two that are decided at once see each other:
the second one sees what the first one made.
"""

from collections.abc import Callable
from typing import Any

State = Callable[[str], Any]


def stream_of(scope_id: str) -> str:
    """The stream of a scope."""
    return f"coc_scope/{scope_id}"


def onward_from(scope_id: str, state: State) -> tuple[str, ...]:
    """The scopes into which a scope goes over one after the other, whenever that is; each once."""
    passed: list[str] = []
    to = state(stream_of(scope_id)).to_scope_id
    while to is not None and to not in passed:
        passed.append(to)
        to = state(stream_of(to)).to_scope_id
    return tuple(passed)
