"""What a clerk reads of how much may be sold: on the scope's page, and in the terminal."""

import io

import httpx
from rich.console import Console
from typer.testing import CliRunner

from castmark import coc
from castmark.client import Client
from castmark.local import Host
from tests.door import Door


def on_the_page(host: Host, member_id: str) -> str:
    """What a member reads first on its scope's page, in one line."""
    page = page_of(host, member_id, f"/custody/scopes/{member_id}-S")
    said = page.partition('<section class="answer"')[2].partition("</section>")[0]
    return " ".join(said.split())


def page_of(host: Host, member_id: str, path: str) -> str:
    """A page as a member sees it."""
    assert host.issuer is not None
    with httpx.Client(base_url=host.url, follow_redirects=True) as browser:
        browser.get(f"/signin?ticket={host.issuer.ticket([f'member:{member_id}'])}")
        return browser.get(path).text


def in_the_terminal(host: Host, door: Door, member_id: str) -> str:
    """What `castmark coc balance` tells a member, in one line."""
    out = Console(file=io.StringIO(), width=200)

    def session() -> Client:
        client = Client({"": host.url}, "")
        client.http = httpx.Client(headers=door.headers(f"member:{member_id}"))
        return client

    words = ["balance", f"{member_id}-S", "aluminium"]
    CliRunner().invoke(coc.commands(session, out), words, catch_exceptions=False)
    assert isinstance(out.file, io.StringIO)
    return " ".join(out.file.getvalue().split())
