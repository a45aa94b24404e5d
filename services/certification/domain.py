"""The service in one place: deciders, commands, read models, and `status`, its only rule over
several facts. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Any

from contracts.envelope import Event
from infra.decider import Command
from infra.readmodel import Attributes, Consumer

from . import published_certificate, published_disclosure, published_duty, reminder
from .deadlines import DEADLINES
from .facts import FACTS
from .lapse import ENDED
from .published_certificate import EXPIRE, CorrectCertificate, Publication, PublishCertificate
from .published_disclosure import PublishDisclosed
from .published_duty import (
    LET_GO,
    CertificateHeard,
    DutiesLetGo,
    DutyHeld,
    HearCertificate,
    PublishDuty,
)
from .reactions import REACTIONS
from .reminder import ReminderDue, ReminderSet, ReminderStopped, SetReminder, StopReminder
from .status import Dossier, Status, gather, status
from .subjects import SUBJECTS

__all__ = ["Dossier", "Status", "gather", "status"]

DECIDERS: Mapping[str, ModuleType] = {
    "certificate": published_certificate,
    "duty": published_duty,
    "disclosure": published_disclosure,
    "deadline": reminder,
}
COMMANDS: tuple[type[Command], ...] = (CorrectCertificate,)
INTERNAL: tuple[type[Command], ...] = (
    PublishCertificate,
    PublishDuty,
    HearCertificate,
    PublishDisclosed,
    SetReminder,
    StopReminder,
)
PRIVATE: tuple[type[Event], ...] = (
    ReminderSet,
    ReminderStopped,
    ReminderDue,
    DutyHeld,
    CertificateHeard,
    DutiesLetGo,
)
ROLES: Mapping[str, frozenset[str]] = {CorrectCertificate.NAME: frozenset({"ops"})}
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    EXPIRE: ("audit_scheduling",),
    LET_GO: ("audit_scheduling",),
}
"""A certificate has expired only when audits have closed the day and told of no conversion; and
until then, what follows from an event of theirs waits for it."""

CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        "certification",
        ("membership", "audit_scheduling", "ghg", "coc_ledger"),
        (SUBJECTS, DEADLINES, ENDED),
        (FACTS,),
        REACTIONS,
        by_field=True,
    ),
)
"""One reader for rows, facts and reactions: what is published follows from rows of its own unit."""


def fill(
    name: str,
    body: Mapping[str, object],
    on: date,
    load: Callable[[Sequence[str]], Mapping[str, Attributes]],
) -> dict[str, object]:
    """The evidence fields of a command from its other fields: what `status` says today."""
    if name != CorrectCertificate.NAME:
        return {}
    dossier = gather(f"certificate/{body.get('certificate_id')}", load)
    return {"status": status(dossier, on).certification}


def told_of(
    name: str, body: Mapping[str, object], state: Callable[[str], Any]
) -> dict[str, object]:
    """How much has been told of a command's certificate: to be asked before `fill`, so that facts
    that come in between are newer than this says, and never older."""
    if name != CorrectCertificate.NAME:
        return {}
    publication: Publication = state(f"certificate/{body.get('certificate_id')}")
    return {"told": publication.told}
