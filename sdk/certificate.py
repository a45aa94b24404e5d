"""Looking up what is certified: as of a day, and as it was known at an instant.

with CertificateClient("https://...") as registry:
    registry.certificate("C-1").certified                      # today, as known now
    registry.facility("F-9", effective_at=date(2025, 6, 30))   # on that day, as known now
    registry.certificate("C-1", effective_at=date(2025, 6, 30),
                         known_at="2025-07-01T00:00:00Z")      # on that day, as known then
"""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from contracts.values import CertificationStatus

from .errors import BadAnswer, LookupRefused
from .service import PATIENCE_S, Service, Token

CERTIFIED = frozenset(
    {CertificationStatus.CERTIFIED_FULL, CertificationStatus.CERTIFIED_PROVISIONAL}
)


class Fact(BaseModel):
    """One fact behind a status: what holds from which day, since when it is recorded, and where
    in its source's history it stands."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    attribute: str
    value: JsonValue
    effective_from: date
    recorded_at: str
    source: str
    position: int
    event_id: str


class Status(BaseModel):
    """The state of a subject on the day `effective_at`, by what was recorded up to `known_at`
    (None: by all that is recorded now).

    `status` is the best of `by_standard`, which follows from `certificates` (id -> its status);
    each is one of `CertificationStatus`, or a newer word than this version knows. `standing` is a
    member's alone. `through` says how far into each source's history the answer looked.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    subject: str
    status: str
    effective_at: date
    known_at: str | None
    by_standard: Mapping[str, str] = {}
    certificates: Mapping[str, str] = {}
    standing: str | None = None
    facts: tuple[Fact, ...]
    through: Mapping[str, int]

    @property
    def certified(self) -> bool:
        """Whether a certificate, full or provisional, held on that day."""
        return self.status in CERTIFIED


class CertificateClient:
    """Asks the certification service under `url`; certificates need no token, the others do."""

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        patience_s: float = PATIENCE_S,
        client: httpx.Client | None = None,
    ) -> None:
        self._service = Service(url, token, patience_s=patience_s, client=client)

    def __enter__(self) -> "CertificateClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._service.close()

    def certificate(
        self, certificate_id: str, *, effective_at: date | None = None, known_at: str | None = None
    ) -> Status:
        """A certificate. Raises LookupRefused (404: there is none), Unavailable, BadAnswer."""
        return self._look_up("certificates", certificate_id, effective_at, known_at)

    def facility(
        self, facility_id: str, *, effective_at: date | None = None, known_at: str | None = None
    ) -> Status:
        """A facility; raises as `certificate`."""
        return self._look_up("facilities", facility_id, effective_at, known_at)

    def entity(
        self, entity_id: str, *, effective_at: date | None = None, known_at: str | None = None
    ) -> Status:
        """An entity; raises as `certificate`."""
        return self._look_up("entities", entity_id, effective_at, known_at)

    def member(
        self, member_id: str, *, effective_at: date | None = None, known_at: str | None = None
    ) -> Status:
        """A member; raises as `certificate`."""
        return self._look_up("members", member_id, effective_at, known_at)

    def _look_up(
        self, kind: str, key: str, effective_at: date | None, known_at: str | None
    ) -> Status:
        path = f"/certification/{kind}/{quote(key, safe='')}"
        params: dict[str, str] = {}
        if effective_at is not None:
            params["effective_at"] = effective_at.isoformat()
        if known_at is not None:
            params["known_at"] = known_at
        answer = self._service.ask("GET", path, refused=LookupRefused, params=params)
        try:
            return Status.model_validate(answer)
        except ValidationError as error:
            raise BadAnswer(f"{self._service.url}{path}: {error}") from error
