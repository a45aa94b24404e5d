"""A group's access to Kafka: its two topics in each area, a user, and what that user may do.

It may write its own commands and read its own replies, in consumer groups whose names begin with
its own; nothing else, also not see that there are other topics. Set by whoever may change the
broker's users and access rules. Doing it again gives a new password and mends the rest.
"""

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import SecurityDisabledError

from contracts.catalog import Topic
from contracts.command_topics import GroupTopics, consumers_prefix, topics_of, user_of

from .errors import Transient
from .kafka_admin import administration, make_missing
from .kafka_security import Security
from .settings import Misconfigured, is_loopback

LISTENER = "GROUPS"
"""The listener at which a broker asks who somebody is; groups are told no other."""
MECHANISM = "SCRAM-SHA-512"
PLATFORM = "castmark"
"""The platform's own user, whom the broker's `super.users` names; no group's begins so."""
PASSWORD_BYTES = 24
ITERATIONS = 8_192
DAY_MS = 24 * 3_600 * 1_000
KEPT_DAYS = 7
CONFIGS = {
    "cleanup.policy": "delete",
    # Commands carry tokens, which name people: no topic of events, nothing to keep for ever.
    "retention.ms": str(KEPT_DAYS * DAY_MS),
    "retention.bytes": "-1",
    "segment.ms": str(DAY_MS),
    # When the broker took a command, by its own clock: a token must have been good then.
    "message.timestamp.type": "LogAppendTime",
}
MAX_BYTES = {"commands": 1_048_588, "replies": 4_194_304}
_ALLOW = ACLPermissionType.ALLOW


class Access(NamedTuple):
    """What a group is told, once: the password is kept nowhere."""

    bootstrap: tuple[str, ...]
    user: str
    password: str
    topics: tuple[GroupTopics, ...] = ()
    consumers_prefix: str = ""

    def properties(self) -> str:
        """As a file of settings for a Kafka client, with its topics in comments."""
        hosts = [address.rpartition(":")[0].strip("[]") for address in self.bootstrap]
        plain = all(is_loopback(host) for host in hosts)  # no password crosses a network unseen
        lines = [f"# send commands to {each.commands}, read replies from {each.replies}"
                 for each in self.topics]  # fmt: skip
        if self.consumers_prefix:
            lines.append(f"# consumer groups (group.id) begin with {self.consumers_prefix}")
        lines += [
            f"bootstrap.servers={','.join(self.bootstrap)}",
            f"security.protocol={'SASL_PLAINTEXT' if plain else 'SASL_SSL'}",
            f"sasl.mechanism={MECHANISM}",
            f"sasl.username={self.user}",
            f"sasl.password={self.password}",
        ]
        return "\n".join(lines)


def admit(
    bootstrap: Sequence[str], group: str, areas: Sequence[str], security: Security | None = None
) -> Access:
    """Give a group its topics, a user with a new password, and its rights; idempotent but for the
    password.

    Raises Misconfigured for an id that no topic can be named after or a broker that keeps no
    access rules, Transient when Kafka is away.
    """
    topics = _topics_of(group, areas)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with administration(bootstrap, security) as admin:
        told = _listeners(admin)
        for kind, names in (
            ("commands", [each.commands for each in topics]),
            ("replies", [each.replies for each in topics]),
        ):
            configs = CONFIGS | {"max.message.bytes": str(MAX_BYTES[kind])}
            make_missing(admin, {name: Topic(name, 1) for name in names}, configs)
            admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, n, configs) for n in names]
            )
        _create_acls(admin, rights_of(group, topics))
        _alter_user(admin, user_of(group), password)
    return Access(told, user_of(group), password, topics, consumers_prefix(group))


def admit_platform(bootstrap: Sequence[str], security: Security | None = None) -> Access:
    """Give the platform's own user a new password, for brokers that ask it too who it is."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with administration(bootstrap, security) as admin:
        told = _listeners(admin)
        _alter_user(admin, PLATFORM, password)
    return Access(told, PLATFORM, password)


def expel(bootstrap: Sequence[str], group: str, security: Security | None = None) -> None:
    """Take a group's user and all its rights away, at once; its topics stay until they expire."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    everything = ACLFilter(
        f"User:{user_of(group)}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything
    )
    with administration(bootstrap, security) as admin:
        for _, _, failed in admin.delete_acls([everything]):
            if failed is SecurityDisabledError:
                raise _no_rules()
        gone = UserScramCredentialDeletion(user_of(group), MECHANISM)
        admin.alter_user_scram_credentials([gone])  # a user who is not there is no fault


def _topics_of(group: str, areas: Sequence[str]) -> tuple[GroupTopics, ...]:
    try:
        return tuple(topics_of(area, group) for area in areas)
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def _listeners(admin: Any) -> tuple[str, ...]:
    """Where brokers say that groups find them."""
    found: list[str] = []
    for broker in admin.describe_cluster()["brokers"]:
        asked = ConfigResource(ConfigResourceType.BROKER, str(broker["broker_id"]))
        described = admin.describe_configs([asked], config_filter="all")["broker"]
        said = described[str(broker["broker_id"])]["advertised.listeners"]["value"] or ""
        for listener in said.split(","):
            name, _, address = listener.partition("://")
            if name == LISTENER:
                found.append(address)
    if not found:
        raise Misconfigured(
            f"no broker has a listener {LISTENER}, at which it would ask who somebody is"
        )
    return tuple(found)


def rights_of(group: str, topics: Sequence[GroupTopics]) -> list[ACL]:
    """All that a group's user may do: write its commands, read its answers, as its own consumers.
    What no rule allows, the broker refuses."""

    def may(operation: ACLOperation, kind: ResourceType, name: str, pattern: Any) -> ACL:
        resource = ResourcePattern(kind, name, pattern)
        return ACL(f"User:{user_of(group)}", "*", operation, _ALLOW, resource)

    literal, prefixed = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
    rights = [may(ACLOperation.READ, ResourceType.GROUP, consumers_prefix(group), prefixed)]
    for each in topics:
        rights.append(may(ACLOperation.WRITE, ResourceType.TOPIC, each.commands, literal))
        rights.append(may(ACLOperation.READ, ResourceType.TOPIC, each.replies, literal))
    return rights


def _create_acls(admin: Any, rights: Sequence[ACL]) -> None:
    failed = admin.create_acls(list(rights))["failed"]
    if SecurityDisabledError in failed:
        raise _no_rules()
    if failed:
        raise Transient(f"Kafka did not take all access rules: {failed[0].__name__}")


def _no_rules() -> Misconfigured:
    return Misconfigured(
        "this Kafka keeps no access rules: set authorizer.class.name, as make kafka does"
    )


def _alter_user(admin: Any, user: str, password: str) -> None:
    made = UserScramCredentialUpsertion(user, MECHANISM, password, iterations=ITERATIONS)
    fault = admin.alter_user_scram_credentials([made])[user]
    if fault is not None:
        raise Transient(f"Kafka did not take the user {user}: {fault}")
