"""The words of the chain of custody: stages, materials, accounts, entries, footprints. Pure.

Mass is integer kilograms. What metal carries along (emissions, recycled mass) is booked in the same
entries as its mass, so that it is conserved with it. Sources: sources.md 5.2 (materials), 5.3
(accounts), 5.5 (eligible scrap), 5.7 (documents), 4.8 (recycled shares).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .inventory import Severity
from .values import (
    Activity,
    CertificateId,
    CertificationStatus,
    EntityId,
    Id,
    Name,
    PlainDecimal,
    Standard,
    Value,
)

MOST_KG = 10**13
"""Ten billion tonnes: more is a mistyped number."""
Mass = Annotated[int, Field(gt=0, le=MOST_KG)]
MassOrNone = Annotated[int, Field(ge=0, le=MOST_KG)]
SignedMass = Annotated[int, Field(ge=-MOST_KG, le=MOST_KG)]
Position = Annotated[int, Field(ge=0)]
ScopeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
DocumentNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
MovementId = DocumentNumber
"""No colons: these are parts of keys and of ids that the ledger makes itself."""
Address = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Percent = Annotated[PlainDecimal, Field(ge=0, le=100)]
Grams = Annotated[PlainDecimal, Field(decimal_places=3)]
"""Emissions in kg CO2e to the gram."""


class Stage(StrEnum):
    """Material stages; each has a pool of its own (sources.md 5.3)."""

    BAUXITE = "bauxite"
    ALUMINA = "alumina"
    ALUMINIUM = "aluminium"


class Material(StrEnum):
    """What a CoC document may be about (sources.md 5.2)."""

    BAUXITE = "coc_bauxite"
    ALUMINA = "coc_alumina"
    LIQUID = "coc_aluminium_liquid"
    COLD = "coc_aluminium_cold"
    CASTHOUSE_PRODUCT = "coc_casthouse_product"
    SEMI = "coc_aluminium_semi"
    PRE_CONSUMER_SCRAP = "coc_preconsumer_scrap"


STAGE_OF: Mapping[Material, Stage] = {
    Material.BAUXITE: Stage.BAUXITE,
    Material.ALUMINA: Stage.ALUMINA,
    Material.LIQUID: Stage.ALUMINIUM,
    Material.COLD: Stage.ALUMINIUM,
    Material.CASTHOUSE_PRODUCT: Stage.ALUMINIUM,
    Material.SEMI: Stage.ALUMINIUM,
    Material.PRE_CONSUMER_SCRAP: Stage.ALUMINIUM,
}


class Account(StrEnum):
    """Accounts of a pool. What comes in is credited (negative), what is there or has left is
    debited (positive): the sum over all is zero.

    Input (the CoC part) is the first four; Inflow is Input and `non_coc`. Output is what has left
    and may be designated: `output_coc` was, `outflow` and `outflow_scrap` were not.
    """

    INPUT_COC = "input_coc"
    INPUT_PRE_CONSUMER = "input_pre_consumer"
    INPUT_POST_CONSUMER = "input_post_consumer"
    INPUT_DROSS = "input_dross"
    NON_COC = "non_coc"
    OPENING = "opening"
    PROCESS = "process"
    STOCK = "stock"
    OUTPUT_COC = "output_coc"
    OUTFLOW = "outflow"
    OUTFLOW_SCRAP = "outflow_scrap"
    LOSSES = "losses"
    UNEXPLAINED = "unexplained"

    __hash__ = str.__hash__  # that of enums is several times as slow, and books are kept by account


class Origin(StrEnum):
    """Where metal that enters a pool comes from; a rule says whether it counts as CoC."""

    OWN_MINE = "own_mine"
    NON_COC = "non_coc"
    PRE_CONSUMER = "pre_consumer_scrap"
    POST_CONSUMER = "post_consumer_scrap"
    DROSS = "recovered_from_dross"


class MovementKind(StrEnum):
    """What a movement is."""

    RECEIPT = "receipt"
    SHIPMENT = "shipment"
    SCRAP_SHIPMENT = "scrap_shipment"
    LOSS = "loss"
    COUNT = "count"
    PROCESS_EMISSIONS = "process_emissions"
    TO_STAGE = "to_stage"
    FROM_STAGE = "from_stage"
    DOCUMENT_RECEIPT = "document_receipt"
    RECLASSIFICATION = "reclassification"
    REVERSAL = "reversal"


class Topic(StrEnum):
    """What due diligence on a supplier of non-CoC material covers (sources.md 5.6, rule 6)."""

    RESPONSIBLE_SOURCING = "responsible_sourcing"
    ANTI_CORRUPTION = "anti_corruption"
    HUMAN_RIGHTS = "human_rights"
    CONFLICT_AFFECTED_AREAS = "conflict_affected_areas"


ZERO = Decimal(0)


class Entry(Value):
    """One line of a movement. `known_kg` is the mass whose footprint is wholly known, with
    `emission_kgco2e`; `partial_kgco2e` is what is known of the rest, where a step is missing;
    `pre_kg` and `post_kg` the recycled mass in it. All signed like `kg`."""

    account: Account
    kg: SignedMass
    known_kg: SignedMass = 0
    emission_kgco2e: Grams = ZERO
    pre_kg: SignedMass = 0
    post_kg: SignedMass = 0
    partial_kgco2e: Grams = ZERO


class Carried(Value):
    """What a lot of metal carries: emissions for `known_kg` of it, recycled mass by kind; how the
    emissions were found, if it was told (sources.md 5.7). The footprint of the rest of its mass is
    not wholly known: `partial_kgco2e` is what is known of it, and never more than the truth.

    The seller's own step changed this so: it added `step_kgco2e` to the emissions and
    `step_partial_kgco2e` to the partial ones; where nothing is known of it, `untold_kg` that came
    in wholly known left known in part, and their `untold_kgco2e` went over with them. It added
    nothing to `stepped_kg` of the lot: a period before booked the step by hand, so it was in."""

    known_kg: MassOrNone = 0
    emission_kgco2e: Annotated[Grams, Field(ge=0)] = ZERO
    step_kgco2e: Annotated[Grams, Field(ge=0)] = ZERO
    pre_kg: MassOrNone = 0
    post_kg: MassOrNone = 0
    boundary: Id | None = None
    method: Id | None = None
    period: Id | None = None
    verifier: Id | None = None
    partial_kgco2e: Annotated[Grams, Field(ge=0)] = ZERO
    step_partial_kgco2e: Annotated[Grams, Field(ge=0)] = ZERO
    untold_kg: MassOrNone = 0
    untold_kgco2e: Annotated[Grams, Field(ge=0)] = ZERO
    stepped_kg: MassOrNone = 0


class FootprintWords(Value):
    """How the footprint of metal was found, in the words of who supplied it: nobody here looked at
    them (sources.md 5.7)."""

    boundary: Id | None = None
    method: Id | None = None
    period: Id | None = None
    verifier: Id | None = None


class StepEmissions(Value):
    """What a seller's own step gives off per kilogram of its product (sources.md 5.7). `verified`:
    by the newest results of a calendar year that are verified for all its facilities; `results`
    are `<facility>:<year>:<result>`, `material` is what the figure is of (older events do not say).
    `booked`: by hand, as movements, so that nothing is added. `unknown`: nothing is added, for the
    `reason`; what the metal brought along still travels, as known in part."""

    how: Literal["verified", "booked", "unknown"]
    reason: Id | None = None
    kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0)] | None = None
    boundary: Id | None = None
    method: Id | None = None
    period: Id | None = None
    verifiers: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    results: Annotated[tuple[Id, ...], Field(max_length=1000)] = ()
    material: Material | None = None


class CertificateSeen(Value):
    """A certificate as the public events told it, and its status on the day asked about. It holds
    from `valid_from` on (older events do not say)."""

    certificate_id: CertificateId
    standard: Standard
    status: CertificationStatus
    facilities: tuple[Id, ...] = ()
    valid_from: date | None = None


class Checked(Value):
    """What was known of an entity's certificates on a day: the evidence behind a decision.
    `known_through_position` is the last public certification event that was looked at.

    `facilities` are those of the scope that was asked about, and `ps_later` those of them that the
    Performance Standard need not cover by then (sources.md 5.6, 2); where none is named (older
    events, an entity without a scope) any certificate of the entity counts. `suspended`: nothing
    might be claimed from that scope on the day, as far as is known (sources.md 8, R-29)."""

    entity_id: EntityId
    day: date
    certificates: tuple[CertificateSeen, ...] = ()
    known_through_position: Position
    facilities: tuple[Id, ...] = ()
    ps_later: tuple[Id, ...] = ()
    suspended: bool = False

    def valid(self, standard: Standard) -> tuple[CertificateId, ...]:
        """The certificates to that standard which were valid on the day and concern the scope: one
        of Chain of Custody covers a facility of it."""
        return tuple(one.certificate_id for one in self._valid(standard))

    def holds(self, standard: Standard) -> bool:
        """Whether certificates to that standard were valid on the day and cover what they have
        to."""
        valid = self._valid(standard)
        return bool(valid) and not self._asked(standard).difference(*_covered(valid))

    def covers(self, standard: Standard, facility_id: str) -> bool:
        """Whether a certificate to that standard which was valid on the day names a facility."""
        return any(facility_id in one for one in _covered(self._valid(standard)))

    def _asked(self, standard: Standard) -> set[str]:
        """The facilities that have to be covered."""
        later = self.ps_later if standard is Standard.PERFORMANCE else ()
        return set(self.facilities).difference(later)

    def _valid(self, standard: Standard) -> tuple["CertificateSeen", ...]:
        chain = standard is Standard.CHAIN_OF_CUSTODY
        return tuple(
            one
            for one in self.certificates
            if one.standard is standard
            and one.status in VALID
            and not (chain and self.facilities and set(self.facilities).isdisjoint(one.facilities))
        )


def _covered(certificates: Iterable[CertificateSeen]) -> tuple[tuple[str, ...], ...]:
    """The facilities of each."""
    return tuple(one.facilities for one in certificates)


VALID = frozenset({CertificationStatus.CERTIFIED_FULL, CertificationStatus.CERTIFIED_PROVISIONAL})


class Party(Value):
    """A side of a delivery: an organisation with its address, its scope here if it has one, and the
    number of its Chain of Custody certificate where it is known."""

    name: Name
    address: Address
    entity_id: EntityId | None = None
    scope_id: ScopeId | None = None
    certificate_id: CertificateId | None = None


class PoolKey(Value):
    """A pool: a certification scope, a stage, and the period by its first day."""

    scope_id: ScopeId
    stage: Stage
    period: date

    @property
    def key(self) -> str:
        """As a stream's subject and a row's key; the parts behind the scope hold no colon."""
        return f"{self.scope_id}:{self.stage.value}:{self.period.isoformat()}"

    @property
    def stream(self) -> str:
        """The pool's stream."""
        return f"pool/{self.key}"


class Dated(Value):
    """So many kilograms through a day of their own, whatever period that lies in."""

    day: date
    kg: SignedMass


class Switched(Value):
    """Through which days a balance would serve, and an overdraft be made good, if the scope had not
    gone over: `carried_until` what came into the period, `earned_until` what it left itself
    (sources.md 5.4, 5.6 rule 7)."""

    carried_until: date
    earned_until: date


class MadeGood(Value):
    """All that was owed in a period is covered by its books `since` a day: as of that one, and of
    every later one. `due_on` is the day by which it was to be where part of it has one of its own
    (of what was late, the first that was missed; else the last of all), None for the period's last
    (sources.md 5.4)."""

    since: date
    due_on: date | None = None


class Remark(Value):
    """A finding of a rule on a booking or at a close (sources.md 8)."""

    rule: Id
    severity: Severity
    sentence: Name


class Conformance(StrEnum):
    """The statements a document may make of its metal: mass balance alone (sources.md 5.1)."""

    MASS_BALANCE = "asi_coc_mass_balance"


class Lot(StrEnum):
    """What of the output a claim is about."""

    PRODUCT = "product"
    SCRAP = "scrap"


class ClaimPart(Value):
    """What of a claim lies in a pool that is closed: the claim that is corrected was made there. It
    counts there from `day` on, carries `carried`, and is a `lot` of `activity` (older events tell
    none of these)."""

    pool: PoolKey
    kg: Mass
    day: date | None = None
    carried: Carried | None = None
    activity: Activity | None = None
    lot: Lot | None = None
