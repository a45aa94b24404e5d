"""How the command line speaks to the platform: HTTP with a token, refusals as sentences."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from infra.devissuer import development_issuer
from infra.settings import Settings

TIMEOUT = httpx.Timeout(600.0, connect=5.0)


class Refusal(RuntimeError):
    """The platform said no; `problem` is its RFC 9457 document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        slug = problem.get("slug", status)
        lines = [f"{slug}: {problem.get('detail', 'refused')}"]
        errors = problem.get("errors", ())
        if len(errors) > 1:  # a single one is in the sentence
            lines += [f"  {one.get('pointer', '')}: {one.get('detail', '')}" for one in errors]
        super().__init__("\n".join(lines))
        self.status = status
        self.problem = problem

    def __reduce__(self) -> tuple[type["Refusal"], tuple[int, Mapping[str, Any]]]:
        return (Refusal, (self.status, self.problem))


class Client(AbstractContextManager["Client"]):
    """One session; `close` also stops a platform that was started just for it.

    `urls` says where each part answers, by the first word of its paths; "" is for the others.
    """

    def __init__(
        self, urls: Mapping[str, str], token: str, close: Callable[[], None] = lambda: None
    ) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(headers=headers, timeout=TIMEOUT)
        self.urls = urls
        self.token = token
        self._close = close

    def at(self, path: str) -> str:
        """The full address of a path."""
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        return self.urls.get(first, self.urls[""]) + path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        self._close()

    def __enter__(self) -> Self:
        return self

    def get(self, path: str, **query: object) -> Any:
        """GET as JSON; raises Refusal."""
        wanted = {key: str(value) for key, value in query.items() if value is not None}
        # Even no parameters at all would take the place of those that the path has itself.
        return answer(self.http.get(self.at(path), params=wanted or None))

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        """POST JSON; raises Refusal."""
        content = orjson.dumps(body)
        sent = {"content-type": "application/json", **(headers or {})}
        return answer(self.http.post(self.at(path), content=content, headers=sent))

    def command(self, service: str, name: str, body: object, command_id: str) -> Any:
        """Send a command."""
        path = f"/{service}/commands/{name}"
        return self.post(path, body, {"idempotency-key": command_id})

    def upload(
        self, path: str, content: Iterator[bytes], query: Mapping[str, str | list[str]]
    ) -> Any:
        """POST a stream."""
        headers = {"content-type": "application/octet-stream"}
        return answer(self.http.post(self.at(path), content=content, params=query, headers=headers))


def answer(response: httpx.Response) -> Any:
    """The JSON of a response; raises Refusal with its problem document."""
    kind = response.headers.get("content-type", "")
    content = orjson.loads(response.content) if "json" in kind and response.content else {}
    if response.is_error:
        raise Refusal(response.status_code, content)
    return content


def connect(
    settings: Settings, urls: Mapping[str, str], close: Callable[[], None] = lambda: None
) -> Client:
    """A client as operations: the token of CASTMARK_TOKEN, else a development one."""
    token = os.environ.get("CASTMARK_TOKEN")
    if token is None:
        token = development_issuer(settings).mint(["ops"], 24 * 3600)
    return Client(urls, token, close)
