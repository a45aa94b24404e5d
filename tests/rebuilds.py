"""Rebuilds of read models, as operations ask for them."""

from typing import Any

from castmark.parts import NAMES, PARTS, PORTAL
from tests.door import CLOCKS, Door, eventually

SERVICES = (*CLOCKS, "feed")
CONSUMERS = {
    consumer.name
    for name in NAMES
    if name != PORTAL
    for consumer in PARTS[name].definition().consumers
}


def rebuilt(door: Door, prefix: str, consumer: str, within_s: float = 60) -> dict[str, Any]:
    """Rebuild a consumer's read models; what came of it."""
    path = f"/{prefix}/operations/rebuild"
    door.post("ops", path, consumer=consumer, switch=True)
    state: dict[str, Any] = eventually(
        lambda: door.get("ops", path)[consumer], lambda found: found["state"] != "running", within_s
    )
    return state


def differing(door: Door) -> list[str]:
    """Rebuild every consumer of every service, one after the other: which of them are not there,
    did not come to their end, show something else, or had nothing to show."""
    told = {}
    for service in SERVICES:
        for item in door.get("ops", f"/{service}/operations/consumers")["items"]:
            told[item["consumer"]] = rebuilt(door, service, item["consumer"])
    found = [f"{consumer} is not there" for consumer in CONSUMERS ^ told.keys()]
    for consumer, state in told.items():
        if state["state"] != "done" or state["differences"]:
            found.append(f"{consumer}: {state}")
        elif not state["rows"] + state["facts"]:
            found.append(f"{consumer}: nothing was compared")
    return found
