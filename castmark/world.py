"""Fills an empty, simulated platform with the synthetic world, as users would: over HTTP.

Week by week: the clocks of all services are moved, then everybody sends what they sent that week.
"""

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import Connection

import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.settings import Misconfigured
from simulator.inventories import all_steps
from simulator.steps import Step
from simulator.world import AS_OF, world

from .client import Client, Refusal, answer
from .operate import arrived

SEED = 7
TICKED = ("audits", "membership", "ghg", "certification", "coc")
BEHIND = ("unknown-", "stale-", "class-not-certifiable", "audit-not-concluded")
"""Slugs of refusals that pass once other services have heard, or another lane has sent what comes
before: asked again for a moment."""
PATIENCE_S = 10.0
LANES = 16
Report = Callable[[date, int], None]
"""Told after each week how many steps it had."""


def is_empty(client: Client) -> bool:
    """Whether nobody has ever applied here."""
    return not client.get("/membership/members", limit=1)["items"]


def load_world(
    client: Client, out: Console, members: int = 389, chinese: int | None = None
) -> None:
    """Send the whole world, with a progress bar; every name in it is labelled synthetic."""
    shares = chinese if chinese is not None else members * 87 // 389
    made = world(SEED, members, shares)
    todo = list(all_steps(made))
    out.print(
        f"loading a synthetic world: {members} members ({shares} in China) as of {AS_OF},"
        f" {len(todo)} commands over {(AS_OF - made.first_day).days // 365} years"
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out) as bar:
        task = bar.add_task("world", total=len(todo))
        for on, done in sent_elsewhere(client, members, shares):
            told = bar.tasks[task].description
            bar.update(task, advance=done, description=f"world, {on:%b %Y}")
            if not out.is_terminal and not told.endswith(f"{on:%Y}"):  # where no bar can move
                out.print(f"{on:%b %Y}: {bar.tasks[task].completed:.0f} of {len(todo)}")
    out.print("the synthetic world is loaded")


def sent_elsewhere(client: Client, members: int, chinese: int) -> Iterator[tuple[date, int]]:
    """Each week and its steps once they are sent, by a process of its own: users do not share the
    platform's interpreter either. It ends with ours; raises Refusal for a step that is refused."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    arguments = (dict(client.urls), client.token, members, chinese, there)
    process = context.Process(target=_send_all, args=arguments, daemon=True)
    process.start()
    there.close()
    try:
        while True:
            told = here.recv()
            if isinstance(told, Refusal):
                raise told
            yield told
    except EOFError as end:
        process.join()
        if process.exitcode:
            said = f"the world is not whole: its sender ended with {process.exitcode}"
            raise Misconfigured(said) from end
    finally:
        process.terminate()
        process.join()


def _send_all(
    urls: Mapping[str, str], token: str, members: int, chinese: int, out: Connection
) -> None:
    """The sending process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    todo = all_steps(world(SEED, members, chinese))
    try:
        asyncio.run(Loader(urls, token).load(todo, lambda on, done: out.send((on, done))))
    except Refusal as refusal:
        out.send(refusal)
    except httpx.TransportError as error:
        said = f"the platform does not answer any more: {error!r}"
        out.send(Refusal(0, {"slug": "not-reachable", "detail": said}))
    finally:
        out.close()


def weeks(todo: Iterable[Step]) -> Iterator[tuple[date, list[Step]]]:
    """Steps by weeks, each with the day on which all of it is sent: so a step has to name every
    day that matters to it."""
    for _, of_week in groupby(todo, key=lambda step: step.on.toordinal() // 7):
        sent = list(of_week)
        yield sent[-1].on, sent


async def asked(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Ask, again for a moment where the connection breaks: all that is sent here takes effect once
    however often it is sent."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        try:
            return await http.request(method, url, content=content, headers=headers)
        except httpx.TransportError:
            if loop.time() > until:
                raise
            await asyncio.sleep(0.1)


class Loader:
    """Sends steps in order of days, those of different members side by side."""

    def __init__(self, urls: Mapping[str, str], token: str) -> None:
        self._urls = urls
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._lanes = asyncio.Semaphore(LANES)

    async def load(self, todo: Iterable[Step], report: Report) -> None:
        """Send all; raises Refusal for the first step that is refused for good."""
        async with httpx.AsyncClient(headers=self._headers, timeout=120) as http:
            for on, sent in weeks(todo):
                await self._tick(http, on)
                lanes: dict[str, list[Step]] = {}
                for step in sent:
                    lanes.setdefault(str(step.fields.get("member_id", "")), []).append(step)
                await asyncio.gather(*[self._lane(http, lane) for lane in lanes.values()])
                report(on, len(sent))
            await self._tick(http, AS_OF + timedelta(days=1))

    async def _tick(self, http: httpx.AsyncClient, on: date) -> None:
        await asyncio.gather(*[self._move(http, prefix, on) for prefix in TICKED])

    async def _move(self, http: httpx.AsyncClient, prefix: str, on: date) -> None:
        """Move one service's clock; returns when it has arrived."""
        at = f"{self._url(prefix)}/{prefix}/operations"
        body = orjson.dumps({"on": on.isoformat()})
        state = answer(await asked(http, "POST", f"{at}/tick", content=body))
        pause = 0.005
        while not arrived(state, on):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.2)
            state = answer(await asked(http, "GET", f"{at}/clock"))
            if state["target"] is None and not arrived(state, on):
                # It was started again.
                state = answer(await asked(http, "POST", f"{at}/tick", content=body))

    async def _lane(self, http: httpx.AsyncClient, lane: list[Step]) -> None:
        async with self._lanes:
            for step in lane:
                await self._send(http, step)

    async def _send(self, http: httpx.AsyncClient, step: Step) -> None:
        """Send one step; what others have not heard yet is asked again for a moment."""
        url = f"{self._url(step.service)}/{step.service}/commands/{step.command}"
        headers = {"idempotency-key": step.command_id}
        content = orjson.dumps(step.fields)
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            response = await asked(http, "POST", url, content=content, headers=headers)
            if response.is_success:
                return
            problem = response.json()
            slug = str(problem.get("slug", ""))
            if not slug.startswith(BEHIND) or loop.time() > until:
                raise Refusal(response.status_code, {**problem, "detail": f"{step}: {problem}"})
            await asyncio.sleep(0.02)

    def _url(self, prefix: str) -> str:
        return self._urls.get(prefix, self._urls[""])
