"""Requests that can be made up, sent to every service of the running platform as operations.

Seeded and bounded: few to an operation here, many in `make soak`. Half of the ids are of things
that exist, so that rules are reached and not only the forms before them. Left out: moving the clock
(for ever), streams without an end.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from infra.problems import SCHEMA
from tests.door import PROBLEM, Door
from tests.embedded import door_of, platform
from tests.walk import certify

from .years import SITE, data

SERVICES = ("membership", "audits", "ghg", "certification", "coc", "feed")
ENDLESS = ("/operations/tick", "/feed/stream")
SHORT, LONG = 8, 80
YEAR = 2023
KNOWN: dict[str, list[str] | list[int]] = {
    "member_id": ["M1", "M2"],
    "to_member_id": ["M1", "M2"],
    "entity_id": ["M1-E", "M2-E"],
    "to_entity_id": ["M1-E", "M2-E"],
    "facility_id": ["M1-F1", "M1-F2", "M2-F1"],
    "audit_id": ["M1-A"],
    "certificate_id": ["M1-C"],
    "replaces": ["M1-C"],
    "scope_id": ["S1", "S2"],
    "stage": ["alumina", "aluminium"],
    "movement_id": ["IN1", "OUT1"],
    "reverses": ["IN1"],
    "pool": ["S1:aluminium:2024-01-01"],
    "day": ["2024-01-10"],
    "transfer_id": ["T1"],
    "invoice_id": ["I1"],
    "verifier_id": ["V1"],
    "year": [YEAR],
    "result": [1],
    "version": [1],
    "deadline_id": ["initial_certification:M1", "recertification:M1"],
    "consumer": ["membership", "audits", "ghg", "certification", "coc", "feed"],
    "key": ["M1", "M1-C", "M1-E", "M1-F1"],
}
VALIDATOR = Draft202012Validator(dict(SCHEMA))


def populate(door: Door) -> None:
    """Two members, one of them certified, with an offer and an invoice open."""
    door.tick(date(2024, 1, 10))
    for member_id in ("M1", "M2"):
        who = {"member_id": member_id}
        door.send("ops", "membership/draft_application", **who, name="Group", country="DE")
        door.send(
            "ops",
            "membership/submit_application",
            **who,
            membership_class="PT",
            activities=["smelting"],
        )
        door.send("ops", "membership/start_review", **who)
        door.send("ops", "membership/approve_application", **who, fee_level="small")
        door.send("ops", "membership/admit_member", **who)
        entity = {**who, "entity_id": f"{member_id}-E"}
        door.send("ops", "membership/register_entity", **entity, name="Entity", country="DE")
        for number in (1, 2):
            door.send(
                "ops",
                "membership/register_facility",
                **entity,
                facility_id=f"{member_id}-F{number}",
                name="Works",
                activities=["smelting"],
                location={"country": "DE"},
            )
    door.send("ops", "membership/invoice_fee", member_id="M1", invoice_id="I1")
    offer = {"facility_id": "M1-F2", "member_id": "M1", "transfer_id": "T1"}
    to = {"to_member_id": "M2", "to_entity_id": "M2-E"}
    certify(door, "M1", date(2024, 1, 10))
    door.send("ops", "membership/offer_transfer", **offer, **to)
    door.settled()
    inventory = {"facility_id": "M1-F1", "member_id": "M1", "year": YEAR}
    door.send("ops", "ghg/submit_activity", **inventory, site=SITE, data=data())
    door.settled()


def _open_ledger(door: Door) -> None:
    """A scope of each member, with some metal in and out."""
    for number, member_id in ((1, "M1"), (2, "M2")):
        if number == 2:
            certify(door, member_id, date(2024, 1, 10))
        certify(door, member_id, date(2024, 1, 10), "CoC")
        door.settled()
        door.send(
            "ops",
            "coc/open_scope",
            scope_id=f"S{number}",
            member_id=member_id,
            entity_id=f"{member_id}-E",
            name="Works",
            address="1 Main Street",
            facilities=[f"{member_id}-F1"],
            activities=["smelting"],
            starts_on="2024-01-01",
        )
    where = {"scope_id": "S1", "member_id": "M1", "stage": "aluminium", "day": "2024-01-10"}
    fields = {"mass_kg": 1000, "origin": "non_coc", "supplier_id": "X"}
    door.send("ops", "coc/receive_material", **where, movement_id="IN1", **fields)
    door.send("ops", "coc/ship_material", **where, movement_id="OUT1", mass_kg=900)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with something in it."""
    with platform(tmp_path_factory.mktemp("fuzz")) as host, door_of(host) as door:
        populate(door)
        _open_ledger(door)
        door.settled()
        yield door


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are kept: making one takes as long as an answer. A case brings its own
    headers and nothing of the environment, and takes no cookie along."""
    with requests.Session() as made:
        made.trust_env = False
        made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield made


def known_ids(where: Any, chance: st.DataObject) -> None:
    """Put ids of things that exist in the place of some that were made up."""
    if isinstance(where, dict):
        for name in where:
            if name in KNOWN and chance.draw(st.booleans()):
                where[name] = chance.draw(st.sampled_from(KNOWN[name]))
            elif name == "facilities" and chance.draw(st.booleans()):
                where[name] = ["M1-F1"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
def test_no_request_gets_a_5xx_and_each_refusal_is_a_problem(
    door: Door, session: requests.Session, service: str
) -> None:
    assert hunt(door, session, service, SHORT)[401] == 0  # all of them came past the door


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("service", SERVICES)
def test_however_many_are_made_up_no_request_gets_a_5xx(
    door: Door, session: requests.Session, service: str
) -> None:
    assert hunt(door, session, service, LONG)[401] == 0


def test_the_portal_answers_what_its_document_lists(door: Door, session: requests.Session) -> None:
    """Its pages are for people, and in no document; who watches it asks whether it is there."""
    answers = answered(door, session, "/openapi.json", SHORT)
    assert set(answers) == {200}
    assert answers[200] >= 2


def hunt(door: Door, session: requests.Session, service: str, examples: int) -> Counter[int]:
    """So many made-up requests to each operation of a service: some are taken, some refused."""
    answers = answered(door, session, f"/{service}/openapi.json", examples)
    assert sum(answers[status] for status in (200, 201, 202)) > 20
    assert answers[422] > 3
    return answers


def answered(door: Door, session: requests.Session, document: str, examples: int) -> Counter[int]:
    """So many made-up requests to each operation of a document; each answer is judged. How many
    answers of each status."""
    schema = schemathesis.openapi.from_url(door.at(document))
    answers: Counter[int] = Counter()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith(ENDLESS):
            continue

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        @given(
            case=operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE),
            chance=st.data(),
        )
        def ask(case: Case[Any], chance: st.DataObject) -> None:
            for part in (case.body, case.path_parameters, case.query):
                known_ids(part, chance)
            if case.query and "wait" in case.query:
                case.query["wait"] = 0
            answer = asked(case, door, session, chance)
            judge(answer)
            answers[answer.status_code] += 1

        ask()
    return answers


def asked(
    case: Case[Any], door: Door, session: requests.Session, chance: st.DataObject
) -> requests.Response:
    """Send what was made up, but for the token; with a command id of its own every other time."""
    request = case.as_transport_kwargs(base_url=door.at("/x").removesuffix("/x"))
    headers = {name.lower(): value for name, value in request.pop("headers", {}).items()}
    if "idempotency-key" in headers and chance.draw(st.booleans()):
        headers["idempotency-key"] = uuid.uuid4().hex
    return session.request(**request, headers=headers | door.headers("ops"), timeout=60)


def judge(answer: Any) -> None:
    """No 5xx; a refusal is a problem document, and its page explains the slug."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] in (PROBLEM, [PROBLEM])
        problem = answer.json()
        VALIDATOR.validate(problem)
        assert problem["status"] == answer.status_code
        assert len(problem["detail"]) > 10
