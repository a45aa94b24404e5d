"""AsyncAPI 3.0 of everything that is published: topics are channels, events are messages. What
groups send and are answered has channels beside these (`asyncapi_commands`).

The names follow from the contracts alone: the first part of a type's name is the last part of its
topic's (`audits.certificate_granted.v1` is on `castmark.audits`), and what a service says of itself
(`machinery.*`) is on every topic.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.catalog import BROADCAST, TOPICS, Topic
from contracts.cloudevents import CONTENT_TYPE, SOURCE_PREFIX

from . import asyncapi_commands

Json = dict[str, Any]
VERSION = "1.0.0"
BINDING = "0.5.0"
PREFIX = "castmark."
EVERYWHERE = "machinery"
WHOLE_NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
NOT_OF_THE_MESSAGE = ("$schema", "$id", "$defs", "title", "description")


def document(schemas: Mapping[str, Json]) -> Json:
    """The document, from the reader's schema of each published type."""
    topics = {source: topic for source, topic in TOPICS.items() if _types(topic, schemas)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Castmark",
            "version": VERSION,
            "description": (
                "Events of the certification programme. CloudEvents 1.0 over Kafka in binary "
                "mode: attributes are headers, the value is the event's data as JSON, the key is "
                "its stream. Not affiliated with or endorsed by ASI."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            source: _channel(source, topic, _types(topic, schemas))
            for source, topic in topics.items()
        }
        | asyncapi_commands.channels(),
        "operations": {
            f"publish-{source}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{source}"},
                "summary": f"{source} says what happened, in commit order per partition.",
            }
            for source in topics
        }
        | asyncapi_commands.operations(),
        "components": {
            "messages": {name: _message(name, schema) for name, schema in schemas.items()},
            "messageTraits": {"cloudevent": _cloudevent()},
            "schemas": _shared(schemas),
        },
    }


def _types(topic: Topic, schemas: Mapping[str, Json]) -> list[str]:
    """The types on a topic; none if the topic has no events of its own yet."""
    own = topic.name.removeprefix(PREFIX)
    found = [name for name in schemas if name.partition(".")[0] == own]
    return found + [name for name in schemas if found and name.partition(".")[0] == EVERYWHERE]


def _channel(source: str, topic: Topic, types: Sequence[str]) -> Json:
    order = (
        "One partition: `position` is the total order."
        if topic.partitions == 1
        else "The partition is CRC-32 of the stream's name, modulo the number of partitions."
    )
    return {
        "address": topic.name,
        "description": f"Events of {source}, kept for ever. {order}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": BINDING,
            }
        },
    }


def _message(name: str, schema: Json) -> Json:
    title, about = schema["title"], schema.get("description")
    message: Json = {"name": name, "title": title, "contentType": CONTENT_TYPE}
    if about:
        message["summary"] = about.partition("\n")[0]
        message["description"] = about
    if name in BROADCAST:
        message["description"] = f"{about or title}\n\nSent to every partition."
    payload = {key: value for key, value in schema.items() if key not in NOT_OF_THE_MESSAGE}
    return message | {
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": _referring(payload),
    }


def _shared(schemas: Mapping[str, Json]) -> Json:
    """The values that several events use, once each, by name."""
    shared: Json = {}
    for name, schema in schemas.items():
        for title, definition in schema.get("$defs", {}).items():
            known = shared.setdefault(title, _referring(definition))
            if known != _referring(definition):
                raise ValueError(
                    f"{name}: another {title} than before: give one of them a new name"
                )
    return dict(sorted(shared.items()))


def _referring(schema: Json) -> Json:
    """The schema with its references turned to the document's shared values."""
    return {key: _turned(key, value) for key, value in schema.items()}


def _turned(key: str, value: Any) -> Any:
    if key == "$ref":
        return value.replace("#/$defs/", "#/components/schemas/")
    if isinstance(value, dict):
        return _referring(value)
    if isinstance(value, list):
        return [_referring(item) if isinstance(item, dict) else item for item in value]
    return value


def _cloudevent() -> Json:
    """What every message carries around its data."""
    text = {"type": "string", "minLength": 1}
    attributes: Json = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": text,
        "ce_source": {"type": "string", "pattern": f"^{SOURCE_PREFIX}[a-z_]+$"},
        "ce_type": text,
        "ce_subject": text | {"description": "the stream: kind/id"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_position": WHOLE_NUMBER | {"description": "gapless in the source's store"},
        "ce_previous": WHOLE_NUMBER
        | {"description": "position of the source's event before it in this partition; 0: none"},
        "ce_streamversion": WHOLE_NUMBER | {"description": "number in its stream, from 1"},
        "ce_correlationid": text,
        "ce_causationid": text,
        "ce_commandid": text,
        "ce_actor": text | {"description": "an opaque reference, never a name"},
        "ce_storeid": text | {"description": "another one means another history"},
        "content-type": {"const": CONTENT_TYPE},
    }
    return {
        "headers": {"type": "object", "properties": attributes, "required": list(attributes)},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "the stream, as in ce_subject"},
                "bindingVersion": BINDING,
            }
        },
    }
