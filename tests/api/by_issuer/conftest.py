"""An issuer, and pages that let people sign in through it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
import pytest_asyncio

from infra.settings import Settings
from infra.web import Api, build_api
from services.portal.app import Pages, build
from services.portal.problems import PROBLEMS
from services.portal.signin import add_sign_in
from tests.api.by_issuer.browsing import (
    CALLBACK,
    Fresh,
    ready,
    settings_of,
    shared_of,
    visiting,
)
from tests.api.by_issuer.provider import Provider, provider


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """The issuer of all these tests."""
    with provider() as made:
        yield made


@pytest.fixture
def issuer(running: Provider) -> Provider:
    """It, doing as usual."""
    running.behave()
    running.callbacks.add(CALLBACK)
    return running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """What the pages of sign-in alone ask the issuer with; making one is slow."""
    async with httpx.AsyncClient() as made:
        yield made


@pytest.fixture
def pages(http: httpx.AsyncClient) -> Fresh:
    """A browser before the pages of sign-in alone, made anew: they know nothing of the issuer."""

    def fresh(settings: Settings) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        shared = shared_of(settings)
        made = build_api("portal", "", "Sign-in", shared, ready, PROBLEMS)
        add_sign_in(made, Pages(), shared, settings, http)
        return visiting(made, settings)

    return fresh


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def every_page(running: Provider) -> Api:
    """All pages of this issuer, as they are served."""
    settings = settings_of(running)
    return build(settings, shared_of(settings))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_browser(running: Provider, every_page: Api) -> AsyncIterator[httpx.AsyncClient]:
    """Before all pages of this issuer; they learn its addresses and keys once."""
    running.behave()
    async with (
        every_page.router.lifespan_context(every_page),
        visiting(every_page, settings_of(running)) as browser,
    ):
        yield browser


@pytest.fixture
def browser(shared_browser: httpx.AsyncClient, issuer: Provider) -> httpx.AsyncClient:
    """A browser that nobody has used."""
    shared_browser.cookies.clear()
    return shared_browser
