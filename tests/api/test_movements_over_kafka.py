"""A group's ERP sends movements over Kafka: the ledger books and answers them as over HTTP.

The desk that answers a record is the real one, in front of the real ledger; no broker is needed to
see what it says. tests/kafka has the road itself.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest
from joserfc.jwk import OKPKey

from castmark.process import Process
from infra.devissuer import DevIssuer
from infra.kafka_requests import Desk, Sent, readable
from infra.web import Api
from services.coc_ledger import app
from tests.door import Door
from tests.embedded import door_of, platform

from .test_custody import BEGAN, MILL, SMELTER, TONNE, balance, opened, who


class Ledger(NamedTuple):
    """The platform over HTTP, and its ledger's desk."""

    door: Door
    desk: Desk
    issuer: DevIssuer

    def sent(self, group: str, token: str, **body: object) -> dict[str, Any]:
        """What a record on a group's topic is answered: with `status`, as its header says."""
        headers = {"authorization": f"Bearer {token}", "command": "receive_material"}
        pairs = [(name, value.encode()) for name, value in headers.items()]
        pairs.append(("idempotency-key", str(body["movement_id"]).encode()))
        record = Sent(group, 3, b"line-1", orjson.dumps(body), readable(pairs), None)
        reply = asyncio.run(self.desk.reply(record))
        told: dict[str, Any] = orjson.loads(reply.value)
        return {**told, "status": int(dict(reply.headers)["status"])}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A platform with two certified members that keep accounts."""
    found: dict[str, Api] = {}
    apis = Process.apis

    def kept(process: Process) -> dict[str, Api]:
        found.update(apis(process))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Process, "apis", kept)
        with platform(tmp_path_factory.mktemp("erp")) as host, door_of(host) as door:
            door.tick(BEGAN)
            for member_id in (SMELTER, MILL):
                opened(door, member_id)
            door.settled()
            api, over_kafka = found["/coc"], app.definition().over_kafka
            assert over_kafka is not None
            assert host.issuer is not None
            commands = {name: api.commands[name] for name in over_kafka.commands}
            shared = api.shared
            desk = Desk("coc_ledger", commands, shared.tokens, shared.problems, shared.metrics)
            yield Ledger(door, desk, host.issuer)


def receipt(movement_id: str, tonnes: int, member_id: str = SMELTER) -> dict[str, object]:
    return {
        "scope_id": f"{member_id}-S",
        "member_id": member_id,
        "stage": "aluminium",
        "day": BEGAN.isoformat(),
        "movement_id": movement_id,
        "mass_kg": tonnes * TONNE,
        "origin": "non_coc",
    }


def test_a_movement_is_booked_once_and_each_repeat_gets_the_first_answer(ledger: Ledger) -> None:
    token = ledger.issuer.mint([who(SMELTER)])
    first = ledger.sent(SMELTER, token, **receipt("erp-1", 5))
    assert (first["status"], first["repeated"]) == (200, False)
    assert first["command_id"] == f"{SMELTER}:erp-1", "the group's, and its own"
    assert first["events"][-1]["data"]["movement_id"] == "erp-1"
    again = ledger.sent(SMELTER, token, **receipt("erp-1", 5))
    assert again == {**first, "repeated": True}
    key = {"idempotency-key": f"{SMELTER}:erp-1"}
    path = "/coc/commands/receive_material"
    over_http = ledger.door.ask(
        who(SMELTER), "POST", path, json=receipt("erp-1", 5), headers=key
    ).json()
    assert over_http == {name: one for name, one in again.items() if name != "status"}
    other = ledger.sent(SMELTER, token, **receipt("erp-1", 6))
    assert (other["status"], other["slug"]) == (409, "command-id-reused")
    ledger.door.settled()
    assert balance(ledger.door)["accounts"]["stock"] == 5 * TONNE


def test_who_sends_for_another_group_books_nothing(ledger: Ledger) -> None:
    """With its own token on that group's topic; on its own topic with that group's scope; with a
    token that nobody here signed."""
    own = ledger.issuer.mint([who(MILL)])
    told = ledger.sent(SMELTER, own, **receipt("theft-1", 1))
    assert (told["status"], told["slug"]) == (403, "not-your-topic")
    told = ledger.sent(MILL, own, **receipt("theft-2", 1))
    assert (told["status"], told["slug"]) == (403, "not-your-member")
    forger = DevIssuer(OKPKey.generate_key("Ed25519"), "castmark")
    told = ledger.sent(SMELTER, forger.mint([who(SMELTER)]), **receipt("theft-3", 1))
    assert (told["status"], told["slug"]) == (401, "token-key-unknown")
    ledger.door.settled()
    pool = f"{SMELTER}-S:aluminium:2024-01-01"
    page = ledger.door.ask(who(SMELTER), "GET", f"/coc/pools/{pool}/movements").text
    assert "theft" not in page
