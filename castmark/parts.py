"""Which services there are, and how each is built: the only list of them.

A service's code is loaded when the service is asked for. A process of one service loads no other,
which halves the time in which it starts.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.service import Definition, Running
from infra.settings import Settings
from infra.web import Api, Shared


class Part(NamedTuple):
    """A service with a store: its definition and its HTTP side."""

    definition: Callable[[], Definition]
    api: Callable[[Running, Shared], Api]


def _membership() -> Part:
    from services.membership import api, app

    return Part(app.definition, api.api)


def _audit_scheduling() -> Part:
    from services.audit_scheduling import api, app

    return Part(app.definition, api.api)


def _ghg() -> Part:
    from services.ghg import api, app

    return Part(app.definition, api.api)


def _certification() -> Part:
    from services.certification import api, app

    return Part(app.definition, api.api)


def _coc_ledger() -> Part:
    from services.coc_ledger import api, app

    return Part(app.definition, api.api)


def _subscriptions() -> Part:
    from services.subscriptions import api, app

    return Part(app.definition, api.api)


def _when_asked(load: Callable[[], Part]) -> Part:
    return Part(
        lambda: load().definition(),
        lambda running, shared: load().api(running, shared),
    )


PARTS: Mapping[str, Part] = {
    "membership": _when_asked(_membership),
    "audit_scheduling": _when_asked(_audit_scheduling),
    "ghg": _when_asked(_ghg),
    "certification": _when_asked(_certification),
    "coc_ledger": _when_asked(_coc_ledger),
    "subscriptions": _when_asked(_subscriptions),
}
PORTAL = "portal"
NAMES = (*PARTS, PORTAL)


def portal(settings: Settings, shared: Shared) -> Api:
    """The pages for people: no store, asks the others over HTTP."""
    from services.portal.app import build

    return build(settings, shared)
