"""What can go wrong, and who handles it.

    CastmarkError
    ├── Refused        the request breaks a rule: its sender is told, nothing happened
    ├── Conflict       the same command id with another request: its sender is told
    ├── Transient      a database or broker is away: waited for, with backoff
    ├── Poison         an event that cannot be applied: its stream is parked for that consumer
    └── HistoryChanged the source is not the one the cursor knows: the consumer stops

Anything else is a bug: it stops that stream loudly. Status codes exist only in `infra.web`.
Strangers' exceptions are translated where they enter (`store`, `kafka`).
"""

from collections.abc import Mapping


class CastmarkError(Exception):
    """Base of our own errors."""


Fact = str | int | bool | None | list[str]


class Refused(CastmarkError):
    """A rule says no. `slug` is stable, kebab-case and part of the interface; `sentence` says
    what was wrong and what would be right; `facts` are the values concerned."""

    def __init__(self, slug: str, sentence: str, **facts: object) -> None:
        super().__init__(f"{slug}: {sentence}")
        self.slug = slug
        self.sentence = sentence
        self.facts: Mapping[str, Fact] = {key: _fact(value) for key, value in facts.items()}


def _fact(value: object) -> Fact:
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted(str(item) for item in value)
    return str(value)


class Conflict(Refused):
    """A command id was used before, for another request."""


class Transient(CastmarkError):
    """Something we need is away; the same call may succeed later."""


class Poison(CastmarkError):
    """This event cannot be applied by this consumer; `slug` names the kind of failure."""

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(f"{slug}: {sentence}")
        self.slug = slug
        self.sentence = sentence


class HistoryChanged(CastmarkError):
    """`source-history-changed`: another store, or another past, under a cursor's feet."""

    slug = "source-history-changed"
