"""Commands over Kafka: what a group's two topics in an area are called, and the headers of records.

A group's own systems send commands to `castmark.<area>.commands.<group>` and read their answers
from `castmark.<area>.replies.<group>`; the group is a member's id. Each topic has one partition:
answers come in the order of the commands.
"""

import re
from typing import NamedTuple

AREAS = ("coc", "membership")
"""Where commands are taken over Kafka: the last word of the topic of a service's events."""
GROUP_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
"""A member's id that can stand in the name of a topic: it has no colon."""

AUTHORIZATION = "authorization"
"""Of a command: `Bearer <token>`, as over HTTP."""
COMMAND = "command"
"""Of a command and its answer: the command's name, as in the path over HTTP."""
COMMAND_ID = "idempotency-key"
"""Of a command and its answer: the id that the sender made; a retry has the same one."""
STATUS = "status"
"""Of an answer: what would be the HTTP status, "200" where the command was carried out."""
REQUEST_OFFSET = "request-offset"
"""Of an answer: the offset of the command in its topic."""
REQUEST_ID = "x-request-id"
"""Of an answer: the correlation id in use."""

_GROUP = re.compile(GROUP_PATTERN)


class GroupTopics(NamedTuple):
    """A group's topics in an area."""

    commands: str
    replies: str


def commands_prefix(area: str) -> str:
    """How the names of all topics with commands of an area begin."""
    return f"castmark.{area}.commands."


def topics_of(area: str, group: str) -> GroupTopics:
    """The two topics of a group; ValueError for an id that no topic can be named after."""
    if not _GROUP.fullmatch(group):
        raise ValueError(
            f"no topic can be named after {group!r}: it takes letters, digits, dots, underscores"
            " and hyphens, and begins with a letter or a digit"
        )
    return GroupTopics(commands_prefix(area) + group, f"castmark.{area}.replies.{group}")


def group_of(area: str, topic: str) -> str | None:
    """Whose commands a topic has; None for a topic that is no group's."""
    group = topic.removeprefix(commands_prefix(area))
    return group if group != topic and _GROUP.fullmatch(group) else None


def user_of(group: str) -> str:
    """The name under which a group signs in to Kafka: its role."""
    return f"member:{group}"


def consumers_prefix(group: str) -> str:
    """How the names of a group's own Kafka consumer groups begin. The slash ends it: no id has one,
    so that no group's prefix is the beginning of another's."""
    return f"{group}/"
