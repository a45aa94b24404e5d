"""What a third party installs: a subscriber, a sender of commands, a look at certificates.

Reading over Kafka is in `kafka_feed`, which needs the extra `kafka`.
"""

from contracts.envelope import Envelope, Event

from .certificate import CertificateClient, Status
from .checkpoint import Checkpoint, FileCheckpoint, Move, Place, SqliteCheckpoint
from .errors import (
    BadAnswer,
    CheckpointDamaged,
    CheckpointMoved,
    CommandRefused,
    FeedRefused,
    HistoryChanged,
    LookupRefused,
    MissingEvents,
    Refused,
    SdkError,
    Unavailable,
    Unreadable,
)
from .feed import Arrival, Feed, HttpFeed, SseFeed
from .gateway import Command, GatewayClient, Happened, Outcome
from .subscriber import Delivered, Subscriber, Unknown

__all__ = [
    "Arrival",
    "BadAnswer",
    "CertificateClient",
    "Checkpoint",
    "CheckpointDamaged",
    "CheckpointMoved",
    "Command",
    "CommandRefused",
    "Delivered",
    "Envelope",
    "Event",
    "Feed",
    "FeedRefused",
    "FileCheckpoint",
    "GatewayClient",
    "Happened",
    "HistoryChanged",
    "HttpFeed",
    "LookupRefused",
    "MissingEvents",
    "Move",
    "Outcome",
    "Place",
    "Refused",
    "SdkError",
    "SqliteCheckpoint",
    "SseFeed",
    "Status",
    "Subscriber",
    "Unavailable",
    "Unknown",
    "Unreadable",
]
