"""Rebuilds of read models, as operations ask for them."""

from typing import Any

from tests.door import CLOCKS, Door, eventually

SERVICES = (*CLOCKS, "feed")


def rebuilt(door: Door, prefix: str, consumer: str, within_s: float = 60) -> dict[str, Any]:
    """Rebuild a consumer's read models; what came of it."""
    path = f"/{prefix}/operations/rebuild"
    door.post("ops", path, consumer=consumer, switch=True)
    state: dict[str, Any] = eventually(
        lambda: door.get("ops", path)[consumer], lambda found: found["state"] != "running", within_s
    )
    return state


def every_rebuild(door: Door) -> dict[str, dict[str, Any]]:
    """Rebuild all of every service, one after the other; what came of each, by consumer."""
    told = {}
    for service in SERVICES:
        for item in door.get("ops", f"/{service}/operations/consumers")["items"]:
            told[item["consumer"]] = rebuilt(door, service, item["consumer"])
    return told
