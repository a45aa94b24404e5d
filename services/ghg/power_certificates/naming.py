"""What data that come in are told of the certificates for power that they name: which are cancelled
for others already (R-12), and which other data name as well. Also in a dry run."""

from collections.abc import Mapping, Sequence

import orjson

from contracts.ghg import Finding
from contracts.inventory import Severity
from infra.importing.kinds import Asked, GroupBuilt
from services.ghg.findings import RULES
from services.ghg.findings.power import used_elsewhere
from services.ghg.results.commands import StoreActivity

from .cancelling import Cancelling
from .power_certificate import Holding

RULE = RULES["R-12"]
USED, NAMED = f"finding {RULE.rule_id} ({Severity.BLOCK})", "certificate-named-elsewhere"
REMEMBERED = 8
"""So many imports whose own naming is remembered: what they store is heard of a moment later."""
Names = dict[str, set[str]]


class Naming:
    """Looks up what facility-years name; a call may wait for the database."""

    def __init__(self, cancelling: Cancelling) -> None:
        self._cancelling = cancelling
        self._seen: dict[str, Names] = {}

    def told(self, asked: Asked, built: Sequence[GroupBuilt]) -> list[GroupBuilt]:
        """Facility-years of a file, each with what is to be said of its certificates."""
        seen = self._of(asked.import_id)
        for one in built:
            if isinstance(one.command, StoreActivity):
                for certificate in one.command.packed.certificates:
                    seen.setdefault(certificate, set()).add(_year(one.command))
        return [self._one(asked, one, seen) for one in built]

    def _of(self, import_id: str) -> Names:
        seen = self._seen.setdefault(import_id, {})
        if len(self._seen) > REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        return seen

    def _one(self, asked: Asked, built: GroupBuilt, seen: Names) -> GroupBuilt:
        command = built.command
        if not isinstance(command, StoreActivity) or not command.packed.certificates:
            return built
        certificates, own = command.packed.certificates, _year(command)
        holding = Holding(facility_id=command.facility_id, year=command.year, data_version=1)
        used = self._cancelling.elsewhere(certificates, holding, asked.member_id)
        named = {
            one: set(others)
            for one, others in self._cancelling.named(
                certificates, holding, asked.member_id
            ).items()
        }
        for one in certificates:
            if others := seen.get(one, set()) - {own}:
                named.setdefault(one, set()).update(others)
        if not used and not named:
            return built
        notes = (*((USED,) if used else ()), *((NAMED,) if named else ()))
        told = _with(built.told, used, {one: sorted(others) for one, others in named.items()})
        more = (one for one in notes if one not in built.notes)
        return built._replace(notes=(*built.notes, *more), told=told)


def _year(command: StoreActivity) -> str:
    return f"{command.facility_id}:{command.year}"


def _with(told: bytes, used: Mapping[str, str], named: Mapping[str, Sequence[str]]) -> bytes:
    """What is told of a facility-year with this added."""
    about = orjson.loads(told) if told else {}
    if used:
        found = Finding(
            rule=RULE.rule_id,
            severity=RULE.severity,
            sentence=used_elsewhere(used.items()),
            source=f"sources.md {RULE.source}",
        )
        about["findings"] = [found.model_dump(mode="json"), *about.get("findings", ())]
        about["findings_count"] = about.get("findings_count", 0) + 1
        about["blocking"] = sorted({*about.get("blocking", ()), RULE.rule_id})
    if named:
        about["named_elsewhere"] = named
    return orjson.dumps(about)
