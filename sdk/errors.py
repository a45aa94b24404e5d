"""What can go wrong for a third party, and what it can do about it.

SdkError
├── Refused               the service says no: a slug, a sentence, the facts; asking again
│   │                     unchanged gets the same answer
│   ├── CommandRefused    a command broke a rule: nothing happened
│   ├── LookupRefused     no such certificate, or a question that makes no sense
│   └── FeedRefused       this subscriber may not read, or asked for what is not there
├── Unavailable           the service stayed away; for a command the outcome is unknown: send
│                         the same command object again
├── BadAnswer             what came back is not what this SDK speaks: wrong address, or a proxy
├── HistoryChanged        the events are from another store, or another past, than the
│                         checkpoint knows: a person must decide
├── MissingEvents         events between the last one and the next one never came
├── Unreadable            an event of a known type that this version cannot read: upgrade
├── CheckpointDamaged     the checkpoint cannot be read
└── CheckpointMoved       somebody else works with the same checkpoint
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class SdkError(Exception):
    """Base of what this SDK raises by itself."""


class FieldError(NamedTuple):
    """One wrong field of a request: a JSON pointer, and what is wrong with it."""

    pointer: str
    detail: str


class Refused(SdkError):
    """The service's problem document (RFC 9457). `slug` is stable; `sentence` is for people."""

    def __init__(
        self,
        slug: str,
        sentence: str,
        *,
        status: int,
        facts: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        fields = "".join(f"\n  {error.pointer}: {error.detail}" for error in errors)
        super().__init__(f"{slug}: {sentence}{fields}")
        self.slug = slug
        self.sentence = sentence
        self.status = status
        self.facts: Mapping[str, object] = dict(facts or {})
        self.errors = tuple(errors)


class CommandRefused(Refused):
    """The command broke a rule and did nothing."""


class LookupRefused(Refused):
    """The question was refused."""


class FeedRefused(Refused):
    """The feed is closed to this subscriber."""


class Unavailable(SdkError):
    """The service stayed away for as long as one was willing to wait."""


class BadAnswer(SdkError):
    """The answer is none that a Castmark service gives."""


class HistoryChanged(SdkError):
    """Another store, or another past, than the checkpoint knows.

    Going on would mix two histories. Find out which one is right; to follow the new one, start
    with a fresh checkpoint and undo what came from the old one.
    """


class MissingEvents(SdkError):
    """A hole in the sequence that asking again did not fill."""


class Unreadable(SdkError):
    """An event whose type is known but whose data this version cannot read: install a newer
    `castmark-sdk`, then go on from the checkpoint."""


class CheckpointDamaged(SdkError):
    """The checkpoint cannot be read; starting anew silently would repeat every effect."""


class CheckpointMoved(SdkError):
    """The checkpoint is not where this subscriber left it: two of them share it."""
