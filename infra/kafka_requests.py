"""One record of a group's commands topic, from what was received to the answer.

Anybody who may write to the topic may write anything, so nothing is taken for granted: whatever
arrives gets an answer, as JSON over HTTP would. The topic says whose it is; the token must have
that group's role, and acts in that role alone.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import orjson
import structlog
from starlette.datastructures import Headers

from contracts.cloudevents import Header
from contracts.command_topics import (
    AUTHORIZATION,
    COMMAND,
    COMMAND_ID,
    REQUEST_ID,
    REQUEST_OFFSET,
    STATUS,
)

from .auth import Principal, Role, RoleKind, Tokens
from .commandforms import JSON_TYPE
from .door import DEFAULT_LIMIT, TooLarge, correlation_of
from .errors import Refused, Transient
from .problems import MEDIA_TYPE, Problems
from .taking import ID, Taking, answer, command_id_of
from .telemetry import Metrics
from .transaction import Outcome

MAX_KEY_BYTES = 1_024
MAX_ANSWER_BYTES = 3_500_000
"""What fits into the replies topic with its headers."""
CARRIED_OUT = 200
log = structlog.stdlib.get_logger("castmark.commands")


class Sent(NamedTuple):
    """A record as it came. `headers` are None where they cannot be read; `arrived_at` is when the
    broker took it (seconds since 1970), None where only the sender's clock says."""

    group: str
    offset: int
    key: bytes | None
    value: bytes
    headers: Headers | None
    arrived_at: float | None


class Reply(NamedTuple):
    """What goes back: keyed as the command was."""

    key: bytes | None
    value: bytes
    headers: list[Header]


def readable(pairs: Sequence[tuple[str, bytes | str | None]]) -> Headers:
    """A record's headers the way HTTP's are read: names without case, values as Latin-1."""
    return Headers(
        raw=[
            (name.lower().encode(), value.encode() if isinstance(value, str) else value or b"")
            for name, value in pairs
        ]
    )


class Desk:
    """Answers the records of all groups for one service."""

    def __init__(
        self,
        service: str,
        commands: Mapping[str, Taking],
        tokens: Tokens,
        problems: Problems,
        metrics: Metrics,
    ) -> None:
        self.service = service
        self._commands = commands
        self._tokens = tokens
        self._problems = problems
        self._metrics = metrics

    def lag(self, records: int) -> None:
        """So many commands are sent and not answered."""
        self._metrics.kafka_commands_lag.labels(self.service).set(records)

    async def reply(self, sent: Sent) -> Reply:
        """The answer to a record, what it asked for being durable; raises Transient alone."""
        began = time.perf_counter()
        correlation_id = correlation_of(sent.headers or Headers())
        with structlog.contextvars.bound_contextvars(
            service=self.service, correlation_id=correlation_id
        ):
            status, media_type, value = await self._answer(sent, correlation_id)
            tell = log.debug if status == CARRIED_OUT else log.info
            milliseconds = round((time.perf_counter() - began) * 1000, 2)
            tell("command", group=sent.group, offset=sent.offset, status=status, ms=milliseconds)
        self._metrics.kafka_commands.labels(self.service, str(status)).inc()
        key = sent.key if len(sent.key or b"") <= MAX_KEY_BYTES else None
        headers = [
            ("content-type", media_type.encode()),
            (STATUS, str(status).encode()),
            (REQUEST_OFFSET, str(sent.offset).encode()),
            (REQUEST_ID, correlation_id.encode()),
            *_repeated(sent.headers or Headers()),
        ]
        return Reply(key, value, headers)

    async def _answer(self, sent: Sent, correlation_id: str) -> tuple[int, str, bytes]:
        try:
            outcome = await self._take(sent, correlation_id)
            value = answer(outcome)
            if len(value) > MAX_ANSWER_BYTES:
                raise _too_much_to_say(outcome)
            return CARRIED_OUT, JSON_TYPE, value
        except Refused as refused:
            problem = refused
        except Transient:
            raise
        except Exception as error:
            log.error("command-failed", offset=sent.offset, exc_info=error)
            problem = Refused("internal-error", "something of ours failed; it was written down")
        document = self._problems.document(problem)
        return self._problems.status_of(problem.slug), MEDIA_TYPE, orjson.dumps(document)

    async def _take(self, sent: Sent, correlation_id: str) -> Outcome:
        if sent.headers is None:
            raise Refused("malformed-request", "the name of a header is not UTF-8")
        token = sent.headers.get(AUTHORIZATION)
        who = _own(await self._tokens.principal(token, sent.arrived_at), sent.group)
        command_id = command_id_of(sent.headers, f"{sent.group}:")
        taking = self._named(sent.headers.get(COMMAND, ""))
        return await taking.take(who, command_id, correlation_id, partial(_body, sent))

    def _named(self, name: str) -> Taking:
        taking = self._commands.get(name)
        if taking is None:
            raise Refused(
                "unknown-command",
                f"the header '{COMMAND}' names what is to be done, and {name[:100]!a} cannot be"
                f" sent over Kafka; there are {', '.join(sorted(self._commands))}",
            )
        return taking


def _own(principal: Principal, group: str) -> Principal:
    """Who acts on a group's topic does so as that group, whatever else they may do."""
    role = Role(RoleKind.MEMBER, group)
    if role not in principal.roles:
        raise Refused(
            "not-your-topic",
            f"this topic is of the group {group}: the token must have the role {role}",
            needed=str(role),
        )
    return principal.only(role)


async def _body(sent: Sent) -> bytes:
    given = (sent.headers or Headers()).get("content-type", JSON_TYPE)
    if given.partition(";")[0].strip().lower() != JSON_TYPE:
        raise Refused(
            "wrong-content-type",
            f"the value must be JSON: its header 'content-type', if there is one, is '{JSON_TYPE}'",
            given=given[:100],
        )
    if len(sent.value) > DEFAULT_LIMIT:
        raise Refused("too-large", TooLarge(DEFAULT_LIMIT).detail, limit=DEFAULT_LIMIT)
    if len(sent.key or b"") > MAX_KEY_BYTES:
        sentence = f"the key has more than {MAX_KEY_BYTES} bytes, the most allowed here"
        raise Refused("too-large", sentence, limit=MAX_KEY_BYTES)
    return sent.value


def _repeated(headers: Headers) -> list[Header]:
    """What the answer repeats of the command, so that its sender finds the two together."""
    return [
        (name, value.encode())
        for name in (COMMAND, COMMAND_ID)
        if ID.fullmatch(value := headers.get(name, ""))
    ]


def _too_much_to_say(outcome: Outcome) -> Refused:
    return Refused(
        "answer-too-large",
        "it was carried out, and what happened is too much for one record: send the same command"
        f" over HTTP with the id {outcome.command_id} to be told all",
        command_id=outcome.command_id,
        version=outcome.version,
        position=outcome.position,
    )
