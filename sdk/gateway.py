"""Sending commands: an id made once, and the same id on every retry, so that nothing books twice.

    with GatewayClient("https://...", token) as gateway:
        outcome = gateway.send(Command("membership", "register_entity", {"entity_id": "E1", ...}))

An id lives as long as its `Command` object: keep the object (or its `command_id`) until `send` has
answered, and send it again when the answer never came. The service gives a repeated id its first
answer and refuses the same id with other content.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from contracts.catalog import CATALOG, Catalog, Undecodable, UnknownType
from contracts.envelope import Event
from contracts.values import plain

from .errors import BadAnswer, CommandRefused, Unreadable
from .service import PATIENCE_S, Service, Token
from .subscriber import Unknown


def new_command_id() -> str:
    """A fresh id for a command."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of `service` (its prefix: membership, audits, certification).

    `fields` may hold dates, decimals, enumerations, tuples and nested values; they are written as
    JSON here and now, so that every retry sends the same bytes. Numbers that must be exact are
    `Decimal` or text: a float is refused.
    """

    service: str
    name: str
    fields: Mapping[str, object]
    command_id: str = field(default_factory=new_command_id)
    body: bytes = field(init=False)

    def __post_init__(self) -> None:
        content = _exact(self.fields, "")
        object.__setattr__(self, "body", orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


class Happened(NamedTuple):
    """An event that the command caused, and its place."""

    event: Event | Unknown
    version: int
    position: int


class Outcome(NamedTuple):
    """What came of a command. No events: the wanted state held already. `repeated`: this is the
    answer that the same id got before."""

    command_id: str
    stream: str
    version: int
    position: int
    repeated: bool
    events: tuple[Happened, ...]


class GatewayClient:
    """Sends commands to the services under `url`; see the head of this file."""

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        patience_s: float = PATIENCE_S,
        catalog: Catalog = CATALOG,
        client: httpx.Client | None = None,
    ) -> None:
        self._service = Service(url, token, patience_s=patience_s, client=client)
        self._catalog = catalog

    def __enter__(self) -> "GatewayClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._service.close()

    def send(self, command: Command) -> Outcome:
        """Send, and send again with the same id while the service is away.

        Raises CommandRefused (nothing happened), Unavailable (unknown: send the same object
        again), BadAnswer, Unreadable (it happened, but an event needs a newer SDK).
        """
        path = f"/{command.service}/commands/{command.name}"
        answer = self._service.ask(
            "POST",
            path,
            refused=CommandRefused,
            headers={"Idempotency-Key": command.command_id, "Content-Type": "application/json"},
            content=command.body,
        )
        try:
            given = _Answer.model_validate(answer)
        except ValidationError as error:
            raise BadAnswer(f"{self._service.url}{path}: {error}") from error
        return Outcome(
            given.command_id,
            given.stream,
            given.version,
            given.position,
            given.repeated,
            tuple(
                Happened(self._event(made), made.version, made.position) for made in given.events
            ),
        )

    def _event(self, made: "_Made") -> Event | Unknown:
        data = orjson.dumps(made.data, option=orjson.OPT_SORT_KEYS)
        try:
            return self._catalog.decode(made.type, data)
        except UnknownType:
            return Unknown(made.type, data)
        except Undecodable as error:
            raise Unreadable(f"the command was carried out, but its event: {error}") from error


class _Made(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: str
    version: int
    position: int
    data: dict[str, JsonValue]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    command_id: str
    stream: str
    version: int
    position: int
    repeated: bool
    events: tuple[_Made, ...]


def _exact(value: object, pointer: str) -> object:
    """The value as JSON holds it, decimals as plain text; refuses floats, naming where."""
    if isinstance(value, float):
        raise TypeError(f"{pointer or '/'}: a float is not exact: write Decimal or text")
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _exact(item, f"{pointer}/{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exact(item, f"{pointer}/{number}") for number, item in enumerate(value)]
    return value
