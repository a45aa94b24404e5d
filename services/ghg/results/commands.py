"""What can be asked of a facility-year. Pure: no rule lives here.

`FILLED` fields are the day, evidence, and what was computed outside the writer; the server fills
them in. `result` counts the results of a facility-year from 1. `unclaimed` says that the server did
not claim the certificates for power, as the command would have been refused at that moment.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.ghg import Finding, Number, Point, ResultCalculated, Year
from contracts.inventory import BiogenicCo2, Scope
from contracts.values import FacilityId, Id, MemberId
from infra.decider import Command
from services.ghg.activity.sent import DatumSent, SiteSent
from services.ghg.evidence import AnswerReplaced, Calculated, Engagement, FacilityEvidence, Packed

DATA_AT_MOST = 20_000
POINTS_AT_MOST = 200


class FacilityYearCommand(Command):
    """What all commands of a facility-year share."""

    facility_id: FacilityId
    year: Year

    @property
    def stream(self) -> str:
        return f"facility_year/{self.facility_id}:{self.year}"


class MemberCommand(FacilityYearCommand):
    """Given for the member that owns the facility."""

    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "facility"})
    member_id: MemberId
    facility: FacilityEvidence | None = None


class StoreActivity(MemberCommand):
    """The whole year's activity data, packed outside the writer: what an import sends, with the
    result that was `calculated` of them. (Of which version is known when it is decided.)"""

    NAME: ClassVar[str] = "store_activity"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "facility", "packed", "calculated", "answers_replaced"}
    )
    prepared_by: Id | None = None
    replaces: Number | None = None
    packed: Packed
    calculated: Calculated | None = None
    answers_replaced: tuple[AnswerReplaced, ...] = ()


class SubmitActivity(StoreActivity):
    """Submit a facility's activity data of a calendar year, whole. What was submitted before for
    that year is replaced by a new version and kept; equal data change nothing. `prepared_by` names
    the organisation that prepared them, where it is not the member's own people, `replaces` the
    version that these were made from: another one in the meantime is not overwritten unseen.
    Answers of suppliers that were taken before and do not stand in these data are told in the
    answer (`ghg.supplier_answers_replaced.v1`)."""

    NAME: ClassVar[str] = "submit_activity"
    site: SiteSent = SiteSent()
    data: Annotated[tuple[DatumSent, ...], Field(min_length=1, max_length=DATA_AT_MOST)]


class RecordResult(FacilityYearCommand):
    """Ours, after a calculation: keep its result beside the others."""

    NAME: ClassVar[str] = "record_result"
    calculated: Calculated
    because: Literal["data", "factors"] = "data"


class Recalculate(MemberCommand):
    """Calculate the latest data anew: with what was public `as_of` a day, with these warming
    potentials and PFC coefficients. The result stands beside the earlier ones."""

    NAME: ClassVar[str] = "recalculate"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "facility", "calculated"})
    as_of: date | None = None
    gwp_set: Id | None = None
    pfc_set: Id | None = None
    calculated: Calculated | None = None


class SubmitForVerification(MemberCommand):
    """Give a result to an independent verifier. Its data may not have blocking findings; what newer
    announcements make of it is told with the submission. `entity_of` is the member of which the
    verifier is an entity, `verifies_for` are the verifiers as whom the sender may sign in."""

    NAME: ClassVar[str] = "submit_for_verification"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "facility", "engaged", "entity_of", "verifies_for", "unclaimed", "findings"}
    )
    result: Number
    verifier_id: Id
    unclaimed: bool = False
    engaged: tuple[Engagement, ...] = ()
    entity_of: MemberId | None = None
    verifies_for: tuple[Id, ...] = ()
    findings: tuple[Finding, ...] = ()


class WithdrawSubmission(MemberCommand):
    """Take a result back from its verifier, who has not answered yet: it can then be given to
    another. What lies with no verifier stays as it is."""

    NAME: ClassVar[str] = "withdraw_submission"
    result: Number


class VerifyResult(FacilityYearCommand):
    """Record the verifier's statement on a result: its day (today, where none is given),
    accreditation and reference, the scopes that it covers, the level of assurance. Of the person
    who sends it, `acts_for` are the members as whom they may sign in, `acted_for` those of the data
    for whom they did something."""

    NAME: ClassVar[str] = "verify_result"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "engaged", "entity_of", "acts_for", "acted_for"}
    )
    result: Number
    verifier_id: Id
    accreditation: Id
    statement_ref: Id
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=12)]
    assurance: Literal["limited", "reasonable"]
    verified_on: date | None = None
    engaged: tuple[Engagement, ...] = ()
    entity_of: MemberId | None = None
    acts_for: tuple[MemberId, ...] = ()
    acted_for: tuple[Engagement, ...] = ()


class ReturnResult(FacilityYearCommand):
    """Give a result back to the facility, with points to answer or to mend."""

    NAME: ClassVar[str] = "return_result"
    result: Number
    verifier_id: Id
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=POINTS_AT_MOST)]


class PublishDisclosure(MemberCommand):
    """Disclose a verified result (criterion 5.1). If the year was disclosed before, the new
    disclosure says which one it corrects."""

    NAME: ClassVar[str] = "publish_disclosure"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "facility", "calculated", "unclaimed", "biogenic"}
    )
    result: Number
    unclaimed: bool = False
    calculated: ResultCalculated | None = None
    biogenic: BiogenicCo2 | None = None
