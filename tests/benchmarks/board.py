"""How soon a deadline stands on the board: from the answer to the command that starts it.

Members join one by one on a quiet platform. Looked for every 10 ms: in the board's query over HTTP,
on the platform in one process and as processes over Kafka; and in the page as Chromium shows it,
which is never loaded again.
"""

import shutil
import time
from collections.abc import Callable

from castmark.cluster import Cluster
from infra.devissuer import development_issuer
from infra.settings import load_settings
from tests.browser.page import Page, chromium
from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.kills.cluster_rig import BEGAN, STEPS

from .figures import Figure, Figures, at_most, figure
from .machine import scratch
from .sizes import Size

MS = 1000
WARM_UP = 2
"""Members who join before the clock is looked at: the first of a kind opens connections."""

Shown = Callable[[str], object]


def run(size: Size) -> Figures:
    """The query in one process, the page where the machine has a browser, the query over Kafka."""
    figures = [_in_one_process(size)]
    if shutil.which("chromedriver") and shutil.which("chromium"):
        figures.append(_in_chromium(size))
    with scratch() as folder, Cluster(folder / "cluster") as cluster:
        issuer = development_issuer(load_settings(environment="development", data=cluster.data))
        with Door(cluster.urls, lambda role: issuer.mint([role])) as door:
            door.tick(BEGAN)
            figures.append(_measured("query, Kafka and PostgreSQL", size, door, _in_query(door)))
    return figures


def _in_one_process(size: Size) -> Figure:
    with scratch() as folder, platform(folder) as host, door_of(host) as door:
        door.tick(BEGAN)
        return _measured("query, one process", size, door, _in_query(door))


def _in_chromium(size: Size) -> Figure:
    with (
        scratch() as folder,
        platform(folder) as host,
        door_of(host) as door,
        chromium() as driver,
    ):
        door.tick(BEGAN)
        page = Page(driver, host, door)
        page.sign_in("ops")
        page.until_live()
        return _measured("page in Chromium", size, door, _on_page(page))


def _in_query(door: Door) -> Shown:
    path = "/certification/deadlines"
    return lambda member_id: door.get("ops", path, member=member_id)["items"]


def _on_page(page: Page) -> Shown:
    return lambda member_id: member_id in page.members()


def _measured(where: str, size: Size, door: Door, shown: Shown) -> Figure:
    took = [_join(door, f"M-{number}", shown) for number in range(WARM_UP + size.joins)][WARM_UP:]
    note = f"most {max(took):.0f} ms, of {len(took)} members"
    return figure(f"a deadline on the board: {where}", "ms", took, bar=at_most(1000), note=note)


def _join(door: Door, member_id: str, shown: Shown) -> float:
    """Milliseconds from the answer to the admission until the deadline shows."""
    for name, fields in STEPS:
        door.send("ops", f"membership/{name}", member_id=member_id, **fields)
    answered = time.monotonic()
    eventually(lambda: shown(member_id), bool)
    return (time.monotonic() - answered) * MS
