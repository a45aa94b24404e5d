"""Greenhouse gases speak: activity data, results, verification and disclosure of a facility-year.

Source: sources.md sections 3.3, 4 and 8. Streams: `facility_year/<facility>:<year>` (activity data
to disclosure) and `reporting/<facility>` (what is due) of `ghg`. Nothing of a facility-year is ever
edited: new data are a new version, a new calculation a result of its own beside the earlier ones.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from .bought import AllAnodesIn, BoughtMetal
from .envelope import Event
from .inventory import BiogenicCo2, BoughtOf, MetalsIn, PrimaryShareRule, Scope, Severity, Step
from .values import (
    CertificateId,
    EntityId,
    FacilityId,
    Id,
    Location,
    MemberId,
    NoteRef,
    PlainDecimal,
    Value,
)

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=600)]
SourceText = Annotated[str, StringConstraints(max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Year = Annotated[int, Field(ge=1990, le=2199)]
Number = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
DATA_NAMED = 20
"""At most so many data of a finding are named; `data_count` says how many there are."""
FINDINGS_KEPT = 60
"""At most so many findings are kept with a result, the gravest first; the counts are of all."""


class InventoryFinding(Value):
    """What an auditor would write down: `rule` is R-01 to R-34 (sources.md 8), `data` the first of
    the data concerned."""

    rule: Id
    severity: Severity
    data: Annotated[tuple[Id, ...], Field(max_length=DATA_NAMED)] = ()
    data_count: Annotated[int, Field(ge=0)] = 0
    sentence: Sentence
    source: SourceText


Finding = InventoryFinding
"""Within `ghg`; in schemas `Finding` is what an audit on site writes down."""


class StepTotal(Value):
    """What a process step emits in a scope, in kg CO2e."""

    step: Step
    scope: Scope
    kg: PlainDecimal


class Amount(Value):
    """A quantity of an item, in the item's unit: an output, a fuel, power from a source."""

    item: Id
    quantity: PlainDecimal
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Intensity(Value):
    """Emissions per tonne in t CO2e/t. `of` says of what; `power` how bought power is counted."""

    of: Id
    power: Literal["location", "market"]
    t_per_t: PlainDecimal


class OwnFactor(Value):
    """The mean of a facility's own and its suppliers' factors for an item, weighed by quantity, in
    kg CO2e per the item's unit."""

    item: Id
    kg_per_unit: PlainDecimal


class PrimaryMetal(Value):
    """What `mine_to_metal` is per: tonnes of primary metal cast; `power_t` is the part of its
    emission that bought power gives off, as bought, in t CO2e, `own_power_t` the part of the fuels
    of an own plant (None: there is none, or the result is older than this figure)."""

    cast_t: PlainDecimal
    power_t: PlainDecimal
    own_power_t: PlainDecimal | None = None


class Point(Value):
    """What a verifier wants answered or mended: a word for it, the data concerned, and where the
    text is kept."""

    point: Id
    data: Annotated[tuple[Id, ...], Field(max_length=DATA_NAMED)] = ()
    note_ref: NoteRef | None = None


class PfcMeasured(Value):
    """The day of the newest own PFC measurement at the cells of one technology; of its ratio of
    C2F6 to CF4, where that was measured before the coefficient."""

    technology: Id
    measured_on: date


class ActivitySealed(Event):
    """A version of a facility-year's activity data is whole: so many chunks and lines, under one
    hash. `prepared_by` names the organisation that prepared them where it is not the member's own.
    `pfc_measured_on` is the day of the facility's newest own PFC measurement, where the data use
    one; `pfc_measurements` those of each technology of cells, the site's own first. Older events
    do not tell them apart."""

    TYPE: ClassVar[str] = "ghg.activity_sealed.v1"
    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    location: Location
    year: Year
    data_version: Number
    data_hash: Sha256
    chunks: Number
    lines: Number
    submitted_on: date
    prepared_by: Id | None = None
    pfc_measured_on: date | None = None
    pfc_measurements: tuple[PfcMeasured, ...] = ()


class ResultCalculated(Event):
    """A calculation of one version of the data, and all that it was pinned to, so that the same
    names give the same working: that is not stored, its hash is. `result` counts the results of
    the facility-year. `because`: new data, newer factors, or somebody asked. `factors` are those
    that took the place of a table's. Without `primary_metal` none was cast, or the result is older
    than that field. `brought_along` is what of the purchased goods in `totals` came with bauxite,
    alumina, metal and scrap, by step: who follows metal from hand to hand has that from the seller
    already. `products_left` is what of each product no step here went on with, `metal_left_t` that
    of cast and rolled metal; `bought_of` are the largest parts of `bought_metal` by supplier,
    `metal_in` its tonnes by kind as well, `anodes_in` those of anodes and paste with their part of
    `totals`. Older results tell none of these. `blocking` are rules of findings that follow from
    the data and stop it; R-12 of another year refuses its submission."""

    TYPE: ClassVar[str] = "ghg.result_calculated.v1"
    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    location: Location
    year: Year
    result: Number
    data_version: Number
    data_hash: Sha256
    lines: Number
    as_of: date
    gwp_set: Id
    pfc_set: Id
    factor_sets: tuple[Id, ...]
    policy_id: Id
    engine: Id
    working_hash: Sha256
    totals: tuple[StepTotal, ...]
    outputs: tuple[Amount, ...]
    energy: tuple[Amount, ...]
    intensities: tuple[Intensity, ...]
    primary_share: PlainDecimal | None = None
    uncertainty_percent: PlainDecimal | None = None
    findings: Annotated[tuple[Finding, ...], Field(max_length=FINDINGS_KEPT)]
    findings_count: Count
    blocking: tuple[Id, ...]
    calculated_on: date
    because: Literal["data", "factors", "request"] = "data"
    factors: tuple[OwnFactor, ...] = ()
    primary_metal: PrimaryMetal | None = None
    bought_metal: BoughtMetal | None = None
    brought_along: tuple[StepTotal, ...] | None = None
    metal_left_t: PlainDecimal | None = None
    bought_of: BoughtOf = ()
    products_left: tuple[Amount, ...] | None = None
    metal_in: MetalsIn | None = None
    anodes_in: AllAnodesIn | None = None


class ResultSubmitted(Event):
    """A result lies with a verifier. `findings` are those that announcements since its calculation
    make on the day of submission (R-09, R-10); the others are with the result. Older submissions
    do not tell them."""

    TYPE: ClassVar[str] = "ghg.result_submitted.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    result: Number
    data_version: Number
    working_hash: Sha256
    verifier_id: Id
    submitted_on: date
    policy_id: Id
    findings: Annotated[tuple[Finding, ...], Field(max_length=FINDINGS_KEPT)] = ()


class ResultVerified(Event):
    """The verifier's statement: its day, the accreditation, the scopes that it covers."""

    TYPE: ClassVar[str] = "ghg.result_verified.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    result: Number
    working_hash: Sha256
    verifier_id: Id
    accreditation: Id
    statement_ref: Id
    scopes: tuple[Scope, ...]
    assurance: Literal["limited", "reasonable"]
    verified_on: date
    recorded_on: date
    policy_id: Id


class ResultReturned(Event):
    """The verifier gives a result back, with points."""

    TYPE: ClassVar[str] = "ghg.result_returned.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    result: Number
    verifier_id: Id
    points: tuple[Point, ...]
    returned_on: date


class SubmissionWithdrawn(Event):
    """The member takes a result back from a verifier who has not answered yet."""

    TYPE: ClassVar[str] = "ghg.submission_withdrawn.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    result: Number
    verifier_id: Id
    withdrawn_on: date


class DisclosurePublished(Event):
    """Criterion 5.1: emissions and energy by source, verified before they are public. A later
    disclosure of the same year names the one that it corrects; that one is never changed.
    `primary_share` and `uncertainty_percent` (half of the 95 % range) say how sure it is, and
    `primary_share_rule` what that share counts; older events leave it to the engine's own words.
    `primary_metal`, `metal_left_t`, `bought_metal` are those of the result, also of older events
    that tell none. `biogenic_co2` is beside the totals; for older events `energy` tells it."""

    TYPE: ClassVar[str] = "ghg.disclosure_published.v1"
    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    location: Location
    year: Year
    disclosure: Number
    result: Number
    totals: tuple[StepTotal, ...]
    energy: tuple[Amount, ...]
    outputs: tuple[Amount, ...]
    intensities: tuple[Intensity, ...]
    gwp_set: Id
    working_hash: Sha256
    verifier_id: Id
    accreditation: Id
    statement_ref: Id
    assurance: Literal["limited", "reasonable"]
    verified_on: date
    published_on: date
    policy_id: Id
    corrects: Number | None = None
    primary_share: PlainDecimal | None = None
    uncertainty_percent: PlainDecimal | None = None
    primary_metal: PrimaryMetal | None = None
    primary_share_rule: PrimaryShareRule | None = None
    metal_left_t: PlainDecimal | None = None
    bought_metal: BoughtMetal | None = None
    biogenic_co2: BiogenicCo2 | None = None


class DisclosureExpected(Event):
    """A certified facility has to disclose a calendar year by `due_on`."""

    TYPE: ClassVar[str] = "ghg.disclosure_expected.v1"
    facility_id: FacilityId
    member_id: MemberId
    certificate_id: CertificateId
    year: Year
    due_on: date
    expected_on: date
    policy_id: Id


class DisclosureReceived(Event):
    """A year is disclosed; `due_on` is its last day, where it was expected."""

    TYPE: ClassVar[str] = "ghg.disclosure_received.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    published_on: date
    due_on: date | None = None


class DisclosureOverdue(Event):
    """The last day passed without a disclosure."""

    TYPE: ClassVar[str] = "ghg.disclosure_overdue.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    due_on: date
    overdue_on: date


class DisclosureExcused(Event):
    """Not expected any more: no certificate covers it, or it was closed before that year."""

    TYPE: ClassVar[str] = "ghg.disclosure_excused.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    due_on: date
    excused_on: date


class PfcMeasurementNoted(Event):
    """The facility uses PFC coefficients of its own, measured on a day and to be renewed: those of
    cells of a `technology`. Older events tell of all its cells together. The first technology has
    the deadline of the facility, each further one stands `apart`, with a deadline of its own. It is
    the newest measurement that stands in the facility's data: where those are corrected, it can be
    an earlier one than was noted before."""

    TYPE: ClassVar[str] = "ghg.pfc_measurement_noted.v1"
    facility_id: FacilityId
    member_id: MemberId
    measured_on: date
    renew_by: date
    noted_on: date
    policy_id: Id
    technology: Id | None = None
    apart: bool = False


class PfcRenewalEnded(Event):
    """Nothing is to be measured again: the facility was closed, or its data tell of no such
    measurement any more; `ended_on` is the day of that.
    `technology` and `apart` say of which deadline, as in `PfcMeasurementNoted`."""

    TYPE: ClassVar[str] = "ghg.pfc_renewal_ended.v1"
    facility_id: FacilityId
    member_id: MemberId
    renew_by: date
    ended_on: date
    technology: Id | None = None
    apart: bool = False


class PfcRenewalOverdue(Event):
    """The last day passed without a newer measurement; which deadline, as in the two above."""

    TYPE: ClassVar[str] = "ghg.pfc_renewal_overdue.v1"
    facility_id: FacilityId
    member_id: MemberId
    renew_by: date
    overdue_on: date
    technology: Id | None = None
    apart: bool = False


EVENTS: tuple[type[Event], ...] = (
    ActivitySealed,
    ResultCalculated,
    ResultSubmitted,
    ResultVerified,
    ResultReturned,
    SubmissionWithdrawn,
    DisclosurePublished,
    DisclosureExpected,
    DisclosureReceived,
    DisclosureOverdue,
    DisclosureExcused,
    PfcMeasurementNoted,
    PfcRenewalEnded,
    PfcRenewalOverdue,
)
