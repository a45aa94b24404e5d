"""Refusals as HTTP problems (RFC 9457): which status a slug has, what it means, how it is written.

Slugs are the interface; statuses exist only here. A slug that nobody declared gets its status from
its first word (`unknown-...` 404), so that a new rule needs no change here; declaring it adds a
title and a page under `/problems/<slug>`. Pure.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .errors import Refused

MEDIA_TYPE = "application/problem+json"
DEFAULT_STATUS = 409
STATUS_BY_BEGINNING = {
    "unknown-": 404,
    "not-your-": 403,
    "role-missing": 403,
    "not-signed-in": 401,
    "token-": 401,
    "invalid-": 422,
}
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


class Problem(NamedTuple):
    """A slug explained: `title` is the same every time, `explanation` says what to do about it."""

    slug: str
    title: str
    explanation: str
    status: int | None = None


COMMON = (
    Problem(
        "malformed-request",
        "The request cannot be read",
        "A part of the request (path, query, header or body) breaks the rules of HTTP or holds the"
        " character U+0000. Send it again without the fault.",
        400,
    ),
    Problem(
        "malformed-json",
        "The body is not JSON",
        "The body must be one JSON value in UTF-8: no NaN or Infinity, no half surrogates, not"
        " nested deeper than 32 levels.",
        400,
    ),
    Problem(
        "duplicate-key",
        "A key stands twice in one JSON object",
        "Readers of JSON disagree about which of two equal keys counts, so neither does here.",
        400,
    ),
    Problem(
        "command-id-missing",
        "The request has no command id",
        "Every command carries an id that its sender makes, in the header Idempotency-Key. Send"
        " the same id again when you retry: the command is then carried out once.",
        400,
    ),
    Problem(
        "command-id-malformed",
        "The command id cannot be used",
        "A command id has 1 to 128 ASCII letters, digits, dots, underscores, colons and hyphens"
        " and begins with a letter or a digit. A UUID will do.",
        400,
    ),
    Problem(
        "command-id-reused",
        "The command id belongs to another request",
        "A command id names one request for ever. For a new request, make a new id.",
        409,
    ),
    Problem(
        "invalid-request",
        "Some of the request is not valid",
        "Each entry of `errors` points at a field and says what is wrong with it. The schema of"
        " the request is in the service's openapi.json.",
        422,
    ),
    Problem(
        "wrong-content-type",
        "The body is of another type than expected",
        "Send JSON with the header 'Content-Type: application/json'.",
        415,
    ),
    Problem(
        "too-large",
        "The body is too large",
        "Most requests may have 256 kB. Send many rows through an import, which is streamed.",
        413,
    ),
    Problem(
        "not-signed-in",
        "No token came with the request",
        "Send the header 'Authorization: Bearer <token>' with a token of the issuer in use.",
        401,
    ),
    Problem(
        "token-expired",
        "The token has expired",
        "Tokens are good for a limited time. Ask the issuer for a new one.",
        401,
    ),
    Problem(
        "token-invalid",
        "The token is not acceptable",
        "The token is not signed, not ours, not yet valid or made for somebody else.",
        401,
    ),
    Problem(
        "token-key-unknown",
        "The token's key is unknown",
        "The issuer does not publish the key that signed the token. Sign in again.",
        401,
    ),
    Problem(
        "token-used",
        "The sign-in link was used before",
        "A sign-in link works once. Ask for a new one.",
        401,
    ),
    Problem(
        "role-missing",
        "The token lacks a role",
        "This action is open to certain roles only; `facts.needed` names them.",
        403,
    ),
    Problem(
        "not-your-member",
        "This belongs to another member",
        "A token for a member acts on that member's own data only.",
        403,
    ),
    Problem(
        "not-your-firm",
        "This belongs to another audit firm",
        "A token for an audit firm acts on that firm's own audits only.",
        403,
    ),
    Problem(
        "not-your-verifier",
        "This belongs to another verifier",
        "A token for a verifier acts on that verifier's own statements only.",
        403,
    ),
    Problem(
        "not-your-subscription",
        "This belongs to another subscriber",
        "A token for a subscriber acts on that subscriber's own subscriptions only.",
        403,
    ),
    Problem(
        "not-your-topic",
        "This topic belongs to another group",
        "Over Kafka a group acts as itself: the token needs the role `member:<id>` of the group"
        " that the topic is named after.",
        403,
    ),
    Problem(
        "unknown-command",
        "There is no such command over Kafka",
        "The header `command` names one of those that the sentence lists. All others go over HTTP.",
        404,
    ),
    Problem(
        "answer-too-large",
        "The answer is too large for one record",
        "The command was carried out. Sent over HTTP with the id at `facts.command_id`, it is"
        " recognised, and its whole answer comes.",
        507,
    ),
    Problem(
        "event-too-large",
        "The request would make too large an event",
        "An event has 256 kB at most. Send less at once: fewer facilities, findings or words.",
        409,
    ),
    Problem(
        "unknown-person",
        "The person is not known here",
        "Nobody of that issuer and subject wrote to this service, or they were erased.",
        404,
    ),
    Problem(
        "invalid-note",
        "The note cannot be kept",
        "A note has some words, not too many, and none of the character U+0000.",
        422,
    ),
    Problem(
        "unknown-policy",
        "There is no such policy",
        "Take the `policy_id` from an event or from an explanation of this service.",
        404,
    ),
    Problem(
        "unknown-consumer",
        "There is no such consumer",
        "`operations/consumers` of this service lists those there are.",
        404,
    ),
    Problem(
        "rebuild-running",
        "A rebuild runs already",
        "Wait for it: `operations/rebuild` says how far it is.",
        409,
    ),
    Problem(
        "nothing-parked",
        "Nothing of that stream is parked",
        "It was released before, or another consumer parked it: `operations/parked` lists all.",
        409,
    ),
    Problem(
        "another-is-first",
        "Another event of the stream comes first",
        "Parked events are released in their order. Look at the one at `facts.first`.",
        409,
    ),
    Problem(
        "nothing-relayed",
        "There is no broker here",
        "Readers tail the store itself and read again from their own cursors.",
        409,
    ),
    Problem(
        "clock-is-real",
        "The clock is a real one",
        "Only a store that was created as simulated can have its clock moved.",
        409,
    ),
    Problem(
        "clock-goes-forward",
        "That day is over",
        "A clock never goes back. Name a later day.",
        409,
    ),
    Problem(
        "tick-too-far",
        "That day is too far ahead",
        "A clock never goes back, so it is moved by steps: name a day that is nearer.",
        409,
    ),
    Problem(
        "day-skipped",
        "A day would be left out",
        "Days are closed one after the other. The sentence names the next one.",
        409,
    ),
    Problem("not-found", "There is nothing here", "Check the address against openapi.json.", 404),
    Problem(
        "method-not-allowed",
        "This address does not take that method",
        "The header Allow names the methods it takes.",
        405,
    ),
    Problem(
        "unavailable",
        "Something we need is away",
        "A database, a broker or the token issuer does not answer. Nothing was lost and nothing"
        " was half done: send the same request again after the seconds in Retry-After.",
        503,
    ),
    Problem(
        "not-ready",
        "The service cannot work yet",
        "`facts` says what it waits for. It goes on by itself as soon as that is there.",
        503,
    ),
    Problem(
        "internal-error",
        "Something of ours failed",
        "This is our fault, and it was written down. Quote the header X-Request-Id when you ask.",
        500,
    ),
)


class FieldError(NamedTuple):
    """What is wrong with one part of a request: JSON pointer, where it stands, a sentence, and the
    slug of the rule that is broken ("" where it is the form)."""

    pointer: str
    part: str
    detail: str
    slug: str = ""


class InvalidRequest(Refused):
    """A request with faulty fields; `errors` names each."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        where = f"{first.part}{first.pointer}"
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__("invalid-request", f"{where}: {first.detail}{more}")
        self.errors = tuple(errors)


class Problems:
    """The slugs declared by all services of a process, with those that every service has."""

    def __init__(self, declared: Iterable[Problem] = ()) -> None:
        self.declared: dict[str, Problem] = {}
        self.declare((*COMMON, *declared))

    def declare(self, problems: Iterable[Problem]) -> None:
        """Add a service's slugs. Two services may share one: the first text stands, and they must
        agree on the status; ValueError otherwise, or for a slug that is not kebab-case."""
        for problem in problems:
            if not SLUG.fullmatch(problem.slug):
                raise ValueError(f"{problem.slug!r} is not a kebab-case slug")
            known = self.declared.setdefault(problem.slug, problem)
            if known.status != problem.status:
                raise ValueError(f"{problem.slug} has two statuses: {known} and {problem}")

    def status_of(self, slug: str) -> int:
        """The HTTP status that goes with a slug."""
        declared = self.declared.get(slug)
        if declared is not None and declared.status is not None:
            return declared.status
        for beginning, status in STATUS_BY_BEGINNING.items():
            if slug.startswith(beginning):
                return status
        return DEFAULT_STATUS

    def title_of(self, slug: str) -> str:
        """Its title; the slug in plain words where nobody wrote one."""
        declared = self.declared.get(slug)
        return declared.title if declared else slug.replace("-", " ").capitalize()

    def document(self, refused: Refused) -> dict[str, object]:
        """The problem document of a refusal."""
        found: dict[str, object] = {
            "type": f"/problems/{refused.slug}",
            "title": self.title_of(refused.slug),
            "status": self.status_of(refused.slug),
            "detail": refused.sentence,
            "slug": refused.slug,
        }
        if refused.facts:
            found["facts"] = dict(refused.facts)
        if isinstance(refused, InvalidRequest):
            found["errors"] = [
                {"pointer": error.pointer, "in": error.part, "detail": error.detail}
                | ({"slug": error.slug} if error.slug else {})
                for error in refused.errors
            ]
        return found

    def page(self, slug: str) -> str | None:
        """A small page that explains a slug to a person; None for one that is not declared."""
        problem = self.declared.get(slug)
        if problem is None:
            return None
        title, text = html.escape(problem.title), html.escape(problem.explanation)
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p>"
            f"<p>Slug <code>{slug}</code>, HTTP status {self.status_of(slug)}.</p>"
            "</main></body></html>"
        )


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901): `("facilities", 0, "a/b")` is `/facilities/0/a~1b`."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "description": "RFC 9457 problem document; `slug` is stable, `detail` is for people.",
    "required": ["type", "title", "status", "detail", "slug"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "slug": {"type": "string", "pattern": SLUG.pattern},
        "facts": {"type": "object", "additionalProperties": True},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "in", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer, RFC 6901"},
                    "in": {"enum": ["body", "query", "path", "header", "cookie"]},
                    "detail": {"type": "string"},
                    "slug": {"type": "string", "pattern": SLUG.pattern},
                },
            },
        },
    },
}
