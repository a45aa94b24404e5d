"""Which services there are, and how each is built: the only list of them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import services.audit_scheduling.api
import services.audit_scheduling.app
import services.certification.api
import services.certification.app
import services.coc_ledger.api
import services.coc_ledger.app
import services.ghg.api
import services.ghg.app
import services.membership.api
import services.membership.app
import services.portal.app
import services.subscriptions.api
import services.subscriptions.app
from infra.service import Definition, Running
from infra.settings import Settings
from infra.web import Api, Shared


class Part(NamedTuple):
    """A service with a store: its definition and its HTTP side."""

    definition: Callable[[], Definition]
    api: Callable[[Running, Shared], Api]


PARTS: Mapping[str, Part] = {
    "membership": Part(services.membership.app.definition, services.membership.api.api),
    "audit_scheduling": Part(
        services.audit_scheduling.app.definition, services.audit_scheduling.api.api
    ),
    "ghg": Part(services.ghg.app.definition, services.ghg.api.api),
    "certification": Part(services.certification.app.definition, services.certification.api.api),
    "coc_ledger": Part(services.coc_ledger.app.definition, services.coc_ledger.api.api),
    "subscriptions": Part(services.subscriptions.app.definition, services.subscriptions.api.api),
}
PORTAL = "portal"
NAMES = (*PARTS, PORTAL)


def portal(settings: Settings, shared: Shared) -> Api:
    """The pages for people: no store, asks the others over HTTP."""
    return services.portal.app.build(settings, shared)
