"""What operators do from the command line, over HTTP."""

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from contracts.machinery import TreeHeadSigned
from infra.devissuer import DevIssuer

from .client import Client, Refusal

PREFIX_OF = {
    "membership": "membership",
    "audit_scheduling": "audits",
    "ghg": "ghg",
    "certification": "certification",
    "coc_ledger": "coc",
    "subscriptions": "feed",
}
"""The first word of a service's paths. Sentences about its events name the service itself."""
CONSUMING = tuple(PREFIX_OF.values())
PREFIXES = CONSUMING[:-1]
CLOCKS = ("audits", "membership", "ghg", "certification", "coc")
"""Services with a clock, those that others rest on first."""
LOOK_S = 0.05
SIGN_IN = (
    ("ASI operations", "ops"),
    ("a member group", "member:syn-m-0001"),
    ("an audit firm", "auditor:syn-auditors-01"),
    ("a verifier of emissions", "verifier:synthetic-verifier-2"),
    ("a third party", "subscriber:demo"),
)
"""One of each role, by the names that the synthetic world has for them."""
WEEK_S = 7 * 24 * 3600


def print_links(issuer: DevIssuer, url: str, out: Console) -> None:
    """One sign-in link per role; each works once."""
    for who, role in SIGN_IN:
        out.print(f"  sign in as {who} ({role}):")
        out.print(f"    {url}/signin?ticket={issuer.ticket([role], WEEK_S)}\n", soft_wrap=True)


def tick(client: Client, on: str, out: Console) -> None:
    """Move all services' clocks, and show a line for each until it has arrived."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=out, transient=True) as bar:
        moves = [Move(client, prefix, on, bar) for prefix in CLOCKS]
        while [move for move in moves if move.look()]:
            time.sleep(LOOK_S)
    for move in moves:
        state = move.state
        out.print(f"{move.prefix}: it is {state['today']}, closed through {state['closed_on']}")


class Move:
    """One service's clock on its way to a day."""

    def __init__(self, client: Client, prefix: str, on: str, bar: Progress) -> None:
        self.prefix = prefix
        self._client, self._on, self._bar = client, on, bar
        self._ask()
        self._to = date.fromisoformat(self.state["target"])
        self._from = date.fromisoformat(self.state["today"])
        self._task = bar.add_task(prefix, total=max(0, (self._to - self._from).days), note="")

    def _ask(self) -> None:
        self.state = self._client.post(f"/{self.prefix}/operations/tick", {"on": self._on})

    def look(self) -> bool:
        """Show how far it is; whether it is still on its way. A service that was started again
        meanwhile has forgotten where it was going: it is asked again."""
        if arrived(self.state, self._to):
            return False
        self.state = self._client.get(f"/{self.prefix}/operations/clock")
        today = date.fromisoformat(self.state["today"])
        waits = [item["reason"] for item in self.state["undetermined"][:1]]
        note = f"it is {today}  {self.state['trouble'] or ''.join(waits)}"
        self._bar.update(self._task, completed=max(0, (today - self._from).days), note=note)
        if arrived(self.state, self._to):
            return False
        if self.state["target"] is None:
            self._ask()
        return True


def arrived(state: Mapping[str, Any], on: date) -> bool:
    """Whether a clock's state says that a day has come, and all before it are closed. (The world
    of a new store begins with its first tick: until then it is the day that it is for us.)"""
    closed = state["closed_on"]
    if closed is None or date.fromisoformat(closed) < on - timedelta(days=1):
        return False
    return date.fromisoformat(state["today"]) >= on


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
    """A table of all consumers; of one that does not go on everywhere, in how many partitions."""
    table = Table("consumer", "state", "behind", "lag s", "parked", "holes", "reason")
    for prefix in CONSUMING:
        for item in client.get(f"/{prefix}/operations/consumers")["items"]:
            named = item["consumer"]
            table.add_row(
                named if named == prefix else f"{prefix}: {named}",
                share(item["state"], item["partitions"]),
                str(item["behind"]),
                f"{item['lag_seconds']:.1f}",
                share(str(item["parked"]), item["partitions"], "parked"),
                str(item["holes"]),
                item["reason"],
            )
    out.print(table)


def share(word: str, partitions: Mapping[str, int], kind: str = "") -> str:
    """A word, and in how many of all partitions it holds unless that is all or none of them."""
    count = partitions.get(kind or word, 0)
    every = partitions["following"] + partitions["waiting"] + partitions["stopped"]
    return f"{word} (in {count} of {every})" if 0 < count < every else word


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
        if state["state"] == "done":
            bar.update(task, completed=1, total=1, description=f"rebuilt {consumer}")
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
    """Send a topic again, of a service named as in sentences or as in its paths."""
    prefix = PREFIX_OF.get(service, service)
    if prefix not in PREFIXES:
        told = f"{service!r} publishes nothing: there are {', '.join(PREFIXES)}"
        raise Refusal(0, {"slug": "unknown-service", "detail": told})
    out.print_json(data=client.post(f"/{prefix}/operations/relay", {"position": position}))


def verify(client: Client, file: Path | None, out: Console) -> None:
    """Verify every store; with a file, also against heads that were kept elsewhere."""
    outside = _heads(file) if file is not None else []
    bad, compared = False, 0
    for prefix in PREFIXES:
        heads = [head.model_dump(mode="json") for head in outside]
        found = client.post(f"/{prefix}/operations/verify", {"heads": heads})
        bad = bad or bool(found["findings"])
        compared += found["outside_heads"]
        given = f", {found['outside_heads']} of yours" if file is not None else ""
        out.print(f"{prefix}: {found['events']} events, {found['heads']} signed heads{given}")
        for finding in found["findings"]:
            out.print(f"  position {finding['position']}: {finding['sentence']}", style="red")
    if file is None:
        out.print(
            "No outside head was given (--heads FILE): this finds accidents, not a forger who"
            " can rewrite the store, its heads and their key."
        )
    if bad:
        raise Refusal(409, {"slug": "log-does-not-verify", "detail": "see the findings above"})
    if file is not None and not compared:
        raise Refusal(
            0,
            {
                "slug": "heads-of-nobody",
                "detail": f"no head in {file} is of one of these stores: nothing was compared",
            },
        )


def _heads(file: Path) -> list[TreeHeadSigned]:
    """The heads of a file: what the feed sends as `machinery.tree_head_signed`, one a line."""
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    try:
        return [TreeHeadSigned.model_validate_json(line) for line in lines]
    except ValueError as error:
        told = f"{file} should have the data of one signed tree head on each line: {error}"
        raise Refusal(0, {"slug": "heads-unreadable", "detail": told}) from error
