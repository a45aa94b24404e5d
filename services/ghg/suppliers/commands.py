"""What can be asked about a datum that a supplier should tell. Pure: no rule lives here.

A supplier needs no account: it answers with a registration id, of which only a keyed hash is kept.
"""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from contracts.ghg import Number, Sha256, Year
from contracts.ghg_claims import Unit
from contracts.inventory import DataKind
from contracts.values import FacilityId, Id, MemberId, PlainDecimal, Value
from infra.decider import Command
from services.ghg.calculation.scrap import Kind
from services.ghg.evidence import FacilityEvidence

GwpSetText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]
"""A set of warming potentials as somebody writes it (`AR5`, `IPCC AR5`); empty: nobody says."""


class InputShare(Value):
    """What an input from a supplier gives off as calculated now: `kg` of `total_kg`, from these
    data, by `factor` per unit. `scrap_kinds` are those of the data, none where they are no scrap or
    do not say."""

    data: tuple[Id, ...]
    unit: Unit
    factor: PlainDecimal
    factor_kind: DataKind
    kg: PlainDecimal
    total_kg: PlainDecimal
    data_version: Number
    scrap_kinds: tuple[Kind, ...] = ()

    @property
    def percent(self) -> Decimal:
        """Its part of the footprint; 0 where there is none."""
        return self.kg * 100 / self.total_kg if self.total_kg else Decimal(0)


class DatumCommand(Command):
    """What all commands about a request share."""

    request_id: Id

    @property
    def stream(self) -> str:
        return f"datum_request/{self.request_id}"


class RequestDatum(DatumCommand):
    """Ask a supplier for the factor of an input of a facility's year: it will answer with its own
    number instead of the default. `issue_registration` then gives what the supplier answers
    with. Of scrap, say the kind (`scrap_kind`) where the supplier delivers several."""

    NAME: ClassVar[str] = "request_datum"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "facility", "share"})
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    supplier_id: Id
    item: Id
    scrap_kind: Kind | None = None
    facility: FacilityEvidence | None = None
    share: InputShare | None = None


class IssueRegistration(DatumCommand):
    """Ours, when the facility asks for a registration id: keep its hash. An earlier one is void."""

    NAME: ClassVar[str] = "issue_registration"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "token_hash"})
    member_id: MemberId
    token_hash: Sha256


class AnswerDatum(DatumCommand):
    """The supplier's answer. `unit` is the item's own (`t`: the factor is in kg CO2e per tonne), or
    the factor's as it is written, `kg CO2e/t` or `t CO2e/t`. `source` names the document that it is
    from. Verified: name the verifier and where the statement is kept.
    `factor_gwp_set` says under which warming potentials it was made (SAR, AR4, AR5, AR6), where
    that is known: facility data carry it on, and R-18 looks at it."""

    NAME: ClassVar[str] = "answer_datum"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "token_hash"})
    factor: Annotated[PlainDecimal, Field(ge=0)]
    unit: Unit
    kind: Literal[DataKind.SUPPLIER_VERIFIED, DataKind.SUPPLIER_UNVERIFIED]
    boundary: Id
    data_year: Year
    source: Id
    evidence_ref: Id | None = None
    verifier: Id | None = None
    factor_gwp_set: GwpSetText | None = None
    token_hash: Sha256


class DeclineDatum(DatumCommand):
    """The supplier will not or cannot tell."""

    NAME: ClassVar[str] = "decline_datum"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "token_hash"})
    reason: Id
    token_hash: Sha256


class TakeDatum(DatumCommand):
    """Ours, after the answer went into a new version of the facility's data."""

    NAME: ClassVar[str] = "take_datum"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "data_version"})
    member_id: MemberId
    answer: Number
    data_version: Number


class WithdrawDatumRequest(DatumCommand):
    """No longer ask."""

    NAME: ClassVar[str] = "withdraw_datum_request"
    member_id: MemberId
