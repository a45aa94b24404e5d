"""How the SDK talks to a service: bearer token, problem documents, what is worth a second try."""

import time
from collections.abc import Callable, Mapping
from typing import Self

import httpx
import orjson

from .backoff import Backoff
from .errors import BadAnswer, FieldError, Refused, Unavailable

AWAY = frozenset({429, 502, 503, 504})
"""Answers of a service that is away or busy: the same request may succeed later."""
CONNECT_TIMEOUT_S = 10.0
PATIENCE_S = 60.0
PROBLEM = "application/problem+json"

Token = str | Callable[[], str]
"""A bearer token, or what fetches a fresh one before each request."""


class Service:
    """One service at `url`, asked with `token` if there is one. Close it, or use `with`.

    `ask` repeats a request while the service is away, for `patience_s` seconds in all; every
    request made with it must therefore be safe to repeat.
    """

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        patience_s: float = PATIENCE_S,
        timeout_s: float = 30.0,
        client: httpx.Client | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address: write it with http:// or https://")
        self.url = url.rstrip("/")
        self._token = token
        self._patience_s = patience_s
        self._mine = client is None
        self.client = client or httpx.Client()
        self.timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go; a client that was passed in stays open."""
        if self._mine:
            self.client.close()

    def headers(self) -> dict[str, str]:
        """The headers that say who asks."""
        if self._token is None:
            return {}
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"}

    def ask(
        self,
        method: str,
        path: str,
        *,
        refused: type[Refused],
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> object:
        """The parsed answer. Raises `refused` for a no, Unavailable when patience is over,
        BadAnswer for anything else."""
        backoff, until = Backoff(), time.monotonic() + self._patience_s
        while True:
            try:
                answer = self.client.request(
                    method,
                    self.url + path,
                    params=params,
                    headers=self.headers() | dict(headers or {}),
                    content=content,
                    timeout=self.timeout,
                )
            except httpx.TransportError as error:
                why, rest_s = f"{type(error).__name__}: {error}", 0.0
            else:
                if answer.status_code not in AWAY:
                    raise_for(answer, refused)
                    return parsed(answer)
                why, rest_s = f"status {answer.status_code}", retry_after_s(answer)
            if time.monotonic() >= until:
                raise Unavailable(f"{method} {self.url}{path}: {why}")
            backoff.wait(min(rest_s, max(0.0, until - time.monotonic())))


def parsed(answer: httpx.Response) -> object:
    """The JSON of an answer, or BadAnswer."""
    try:
        content: object = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise BadAnswer(f"{answer.url}: the answer is no JSON: {error}") from error
    return content


def raise_for(answer: httpx.Response, refused: type[Refused]) -> None:
    """Raise what an unsuccessful answer means; its body must have been read."""
    if answer.is_success:
        return
    if answer.headers.get("content-type", "").partition(";")[0].strip() != PROBLEM:
        raise BadAnswer(f"{answer.url}: status {answer.status_code} without a problem document")
    problem = mapping(parsed(answer), str(answer.url))
    facts, errors = problem.get("facts"), problem.get("errors")
    raise refused(
        str(problem.get("slug") or str(problem.get("type", "")).rpartition("/")[2] or "unnamed"),
        str(problem.get("detail") or problem.get("title") or ""),
        status=answer.status_code,
        facts=facts if isinstance(facts, dict) else {},
        errors=[
            FieldError(str(error.get("pointer", "")), str(error.get("detail", "")))
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict)
        ],
    )


def mapping(content: object, where: str) -> Mapping[str, object]:
    """The content as an object, or BadAnswer."""
    if not isinstance(content, dict):
        raise BadAnswer(f"{where}: expected an object, got {type(content).__name__}")
    return content


def retry_after_s(answer: httpx.Response) -> float:
    """How long the service asks to be left alone; dates are not used by our services."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
