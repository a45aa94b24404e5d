"""What operators do from the command line, over HTTP."""

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from infra.heads import read_heads

from .client import Client, Refusal

PREFIXES = ("membership", "audits", "certification")
CONSUMING = (*PREFIXES, "feed")


def tick(client: Client, on: str, out: Console) -> None:
    """Move all services' clocks: those that others rest on first."""
    for prefix in ("audits", "membership", "certification"):
        state = client.post(f"/{prefix}/operations/tick", {"on": on})
        out.print(f"{prefix}: it is {state['today']}, closed through {state['closed_on']}")


def send(
    client: Client, command: str, fields: Sequence[str], command_id: str | None, out: Console
) -> None:
    """Send `service/command` with `field=value` pairs."""
    service, _, name = command.partition("/")
    body = dict(_field(text) for text in fields)
    made = command_id or str(uuid.uuid4())
    try:
        out.print_json(data=client.command(service, name, body, made))
    except Refusal:
        out.print(f"(command id {made}: repeat with --command-id after a lost connection)")
        raise


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refusal(0, {"slug": "invalid-field", "detail": f"{text!r} is not field=value"})
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def service_of(client: Client, consumer: str) -> str:
    """The prefix of the service that has a consumer."""
    for prefix in CONSUMING:
        items = client.get(f"/{prefix}/operations/consumers")["items"]
        if any(item["consumer"] == consumer for item in items):
            return prefix
    raise Refusal(
        404, {"slug": "unknown-consumer", "detail": f"no service has a consumer {consumer!r}"}
    )


def consumers(client: Client, out: Console) -> None:
    """A table of all consumers."""
    table = Table("service", "consumer", "state", "behind", "lag s", "parked", "holes", "reason")
    for prefix in CONSUMING:
        for item in client.get(f"/{prefix}/operations/consumers")["items"]:
            table.add_row(
                prefix,
                item["consumer"],
                item["state"],
                str(item["behind"]),
                f"{item['lag_seconds']:.1f}",
                str(item["parked"]),
                str(item["holes"]),
                item["reason"],
            )
    out.print(table)


def rebuild(client: Client, consumer: str, out: Console, *, switch: bool) -> None:
    """Start a rebuild, show its progress, print what differs."""
    prefix = service_of(client, consumer)
    path = f"/{prefix}/operations/rebuild"
    client.post(path, {"consumer": consumer, "switch": switch})
    with Progress(console=out) as bar:
        task = bar.add_task(f"rebuild {consumer}", total=None)
        while True:
            state = client.get(path)[consumer]
            if state["state"] != "running":
                break
            total = state["total"] or None
            bar.update(task, completed=state["done"], total=total, description=state["phase"])
            time.sleep(0.2)
    if state["state"] != "done":
        raise Refusal(500, {"slug": "rebuild-failed", "detail": state.get("reason", "")})
    out.print(
        f"{state['events']} events, {state['rows']} rows, {state['facts']} facts in"
        f" {state['seconds']:.1f} s; {'live' if switch else 'kept aside'} in slot {state['slot']}"
    )
    for difference in state["differences"]:
        out.print(f"differs: {difference['table']} {difference['key']}", style="yellow")
        out.print(f"  live    {difference['live']}\n  rebuilt {difference['rebuilt']}")
    if not state["differences"]:
        out.print("rebuilt equals live, row for row and fact for fact")


def parked(client: Client, consumer: str, out: Console) -> None:
    """A table of parked events."""
    prefix = service_of(client, consumer)
    items = client.get(f"/{prefix}/operations/parked", consumer=consumer)["items"]
    table = Table("source", "stream", "position", "type", "why")
    for item in items:
        why = f"{item['slug']}: {item['sentence']}"
        table.add_row(item["source"], item["stream"], str(item["position"]), item["type"], why)
    out.print(table if items else "nothing is parked")


def release(
    client: Client, consumer: str, source: str, stream: str, out: Console, *, skip: bool
) -> None:
    """Retry or skip."""
    body = {
        "consumer": consumer,
        "source": source,
        "stream": stream,
        "kind": "skip" if skip else "retry",
    }
    prefix = service_of(client, consumer)
    out.print_json(data=client.post(f"/{prefix}/operations/release", body))


def erase(client: Client, issuer: str, subject: str, out: Console) -> None:
    """Forget a person in every service that has met them."""
    for prefix in PREFIXES:
        try:
            found = client.post(f"/{prefix}/persons/find", {"issuer": issuer, "subject": subject})
        except Refusal as refusal:
            if refusal.problem.get("slug") != "unknown-person":
                raise
            out.print(f"{prefix}: not known there")
            continue
        client.post(f"/{prefix}/persons/{found['person_ref']}/erase", {})
        out.print(f"{prefix}: {found['person_ref']} erased, with all notes")


def relay(client: Client, service: str, position: int, out: Console) -> None:
    """Send a topic again."""
    out.print_json(data=client.post(f"/{service}/operations/relay", {"position": position}))


def verify(client: Client, file: Path | None, out: Console) -> None:
    """Verify every store; with a file, also against heads that were kept elsewhere."""
    outside = read_heads(file) if file is not None else []
    bad = False
    for prefix in PREFIXES:
        heads = [head.model_dump(mode="json") for head in outside]
        found = client.post(f"/{prefix}/operations/verify", {"heads": heads})
        bad = bad or bool(found["findings"])
        out.print(f"{prefix}: {found['events']} events, {found['heads']} signed heads")
        for finding in found["findings"]:
            out.print(f"  position {finding['position']}: {finding['sentence']}", style="red")
    if file is None:
        out.print(
            "No outside head was given (--heads FILE): this finds accidents, not a forger who"
            " can rewrite the store, its heads and their key."
        )
    if bad:
        raise Refusal(409, {"slug": "log-does-not-verify", "detail": "see the findings above"})
