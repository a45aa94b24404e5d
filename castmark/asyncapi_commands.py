"""The part of the AsyncAPI document about commands over Kafka: a group's two topics in an area.

A group's systems send commands to one and read the answers from the other. What a command says is
what it says over HTTP: each service's OpenAPI document has the fields.
"""

from typing import Any

from contracts.command_topics import (
    AREAS,
    AUTHORIZATION,
    COMMAND,
    COMMAND_ID,
    GROUP_PATTERN,
    REQUEST_ID,
    REQUEST_OFFSET,
    STATUS,
    commands_prefix,
)

Json = dict[str, Any]
GROUP = "group"
TEXT = {"type": "string", "minLength": 1}
JSON_TYPE, PROBLEM_TYPE = "application/json", "application/problem+json"


def channels() -> Json:
    """Two channels for each area; the group is a parameter of the address."""
    found: Json = {}
    for area in AREAS:
        asks = f"Commands of a group to the services of {area}, in its order. One partition."
        found[f"{area}-commands"] = _channel(commands_prefix(area), asks, _command())
        says = f"The answers to a group's commands in {area}, after the commit, in their order."
        found[f"{area}-replies"] = _channel(f"castmark.{area}.replies.", says, _reply())
    return found


def operations() -> Json:
    """What is taken, and where it is answered."""
    return {
        f"take-{area}-commands": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{area}-commands"},
            "summary": "Each command is carried out once and answered, also when it is repeated.",
            "reply": {"channel": {"$ref": f"#/channels/{area}-replies"}},
        }
        for area in AREAS
    }


def _channel(prefix: str, about: str, message: Json) -> Json:
    return {
        "address": f"{prefix}{{{GROUP}}}",
        "description": f"{about} SASL/SCRAM-SHA-512; the group alone may use it.",
        "parameters": {GROUP: {"description": f"The member's id: {GROUP_PATTERN}"}},
        "messages": {message["name"]: message},
    }


def _command() -> Json:
    return {
        "name": "command",
        "title": "A command",
        "contentType": JSON_TYPE,
        "summary": "The fields of the command, as over HTTP.",
        "headers": _headers(
            {
                AUTHORIZATION: TEXT | {"description": "`Bearer <token>`, as over HTTP"},
                COMMAND: TEXT | {"description": "what is to be done, as in the path over HTTP"},
                COMMAND_ID: TEXT | {"description": "the sender's own id; a retry has the same one"},
            }
        ),
        "payload": {"type": "object"},
        "bindings": _key("whatever the sender chose; commands with one key keep their order"),
    }


def _reply() -> Json:
    return {
        "name": "reply",
        "title": "An answer",
        "contentType": JSON_TYPE,
        "summary": "What happened, or a problem document (RFC 9457), as over HTTP.",
        "headers": _headers(
            {
                "content-type": {"enum": [JSON_TYPE, PROBLEM_TYPE]},
                STATUS: {"type": "string", "pattern": "^[0-9]{3}$"},
                REQUEST_OFFSET: {"type": "string", "pattern": "^[0-9]+$"},
                REQUEST_ID: TEXT,
            },
            {COMMAND: TEXT, COMMAND_ID: TEXT},
        ),
        "payload": {"type": "object"},
        "bindings": _key("that of the command"),
    }


def _headers(needed: Json, repeated: Json | None = None) -> Json:
    """`repeated` are those of the command, where they could be read."""
    return {
        "type": "object",
        "properties": {**needed, **(repeated or {})},
        "required": list(needed),
    }


def _key(about: str) -> Json:
    return {"kafka": {"key": {"type": "string", "description": about}, "bindingVersion": "0.5.0"}}
