"""What the tests of a facility-year's life say again and again: data, a result, a verifier."""

from datetime import date
from decimal import Decimal

from contracts import ghg
from contracts.inventory import DataKind, Scope, Step
from contracts.values import Location
from services.ghg import app
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.evidence import Calculated, FacilityEvidence, Packed
from services.ghg.results import commands
from services.ghg.results.primary_told import disclosed_rule
from services.ghg.results.reckoning import Version, packed_of, reckon, usual
from services.ghg.results.state import ActivityRecorded

ON = date(2026, 3, 1)
LATER = date(2026, 3, 20)
YEAR = 2025
LOCATION = Location(country="NO")
FACILITY = FacilityEvidence(
    facility_id="F1", member_id="M1", entity_id="E1", location=LOCATION, start_year=1970
)
OURS = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "facility": FACILITY}
THEIRS = {"facility_id": "F1", "year": YEAR, "verifier_id": "V1"}
ALL_SCOPES = tuple(Scope)
MEASURED = DataKind.MEASURED
CELLS, CASTING = Step.ELECTROLYSIS, Step.CASTING


def inventory(anode_t: str = "41000", site: Site | None = None) -> Inventory:
    """A small smelter's year."""
    known = site or Site("F1", "NO", None, "PFPB_M", 1970)

    def datum(name: str, step: Step, item: str, quantity: str) -> Datum:
        return Datum(name, step, item, Decimal(quantity), MEASURED)

    return Inventory(
        known,
        YEAR,
        (
            datum("d1", CELLS, "power.grid", "1400000000"),
            datum("d2", CELLS, "input.net_anode", anode_t),
            datum("d3", CELLS, "output.liquid_metal", "100000"),
            datum("d4", CELLS, "anode_effect.minutes", "0.2"),
            datum("d5", CASTING, "output.cast_metal", "100000"),
            datum("d6", CASTING, "fuel.gas", "72000000"),
        ),
    )


def packed(anode_t: str = "41000") -> Packed:
    """It, packed."""
    return packed_of(inventory(anode_t))


def reckoned(version: int = 1, anode_t: str = "41000", gwp_set: str = "AR6") -> Calculated:
    """Its calculation, by the code that does it."""
    data, policies = packed(anode_t), app.policies()
    wanted = usual(policies.on(ON), ON)._replace(gwp_set=gwp_set)
    found = Version(version, data.data_hash, inventory(anode_t))
    return reckon(found, wanted, app.factors(), policies)


FIRST = reckoned()
"""Worked out once."""


def sealed(version: int = 1, anode_t: str = "41000", **changes: object) -> ghg.ActivitySealed:
    """A version of the data is whole."""
    data = packed(anode_t)
    fields = {
        "facility_id": "F1",
        "member_id": "M1",
        "entity_id": "E1",
        "location": LOCATION,
        "year": YEAR,
        "data_version": version,
        "data_hash": data.data_hash,
        "chunks": 2,
        "lines": 6,
        "submitted_on": ON,
    }
    return ghg.ActivitySealed.model_validate(fields | changes)


def recorded(version: int = 1, anode_t: str = "41000") -> list[ActivityRecorded]:
    """The chunks of a version."""
    return [
        ActivityRecorded(
            facility_id="F1",
            year=YEAR,
            data_version=version,
            number=number,
            columns=chunk.columns,
            rows=chunk.rows,
        )
        for number, chunk in enumerate(packed(anode_t).chunks, start=1)
    ]


def result(number: int = 1, made: Calculated = FIRST, **changes: object) -> ghg.ResultCalculated:
    """A result of the data."""
    fields = {
        **{name: getattr(made, name) for name in Calculated.model_fields},
        "facility_id": "F1",
        "member_id": "M1",
        "entity_id": "E1",
        "location": LOCATION,
        "year": YEAR,
        "result": number,
        "calculated_on": ON,
    }
    return ghg.ResultCalculated.model_validate(fields | changes)


def submitted(number: int = 1, **changes: object) -> ghg.ResultSubmitted:
    """The result lies with a verifier."""
    fields = {
        "facility_id": "F1",
        "member_id": "M1",
        "year": YEAR,
        "result": number,
        "data_version": 1,
        "working_hash": FIRST.working_hash,
        "verifier_id": "V1",
        "submitted_on": ON,
        "policy_id": "ghg-2022-01",
    }
    return ghg.ResultSubmitted.model_validate(fields | changes)


def withdrawn(number: int = 1, **changes: object) -> ghg.SubmissionWithdrawn:
    """The result is with its member again."""
    fields = {
        "facility_id": "F1",
        "member_id": "M1",
        "year": YEAR,
        "result": number,
        "verifier_id": "V1",
        "withdrawn_on": LATER,
    }
    return ghg.SubmissionWithdrawn.model_validate(fields | changes)


def verified(number: int = 1, **changes: object) -> ghg.ResultVerified:
    """The verifier has stated on it."""
    fields = {
        "facility_id": "F1",
        "member_id": "M1",
        "year": YEAR,
        "result": number,
        "working_hash": FIRST.working_hash,
        "verifier_id": "V1",
        "accreditation": "ACC-1",
        "statement_ref": "ST-1",
        "scopes": tuple(sorted(ALL_SCOPES)),
        "assurance": "limited",
        "verified_on": LATER,
        "recorded_on": LATER,
        "policy_id": "ghg-2022-01",
    }
    return ghg.ResultVerified.model_validate(fields | changes)


def disclosed(number: int = 1, disclosure: int = 1, **changes: object) -> ghg.DisclosurePublished:
    """The result is public."""
    made = result(number)
    shared = (
        "totals",
        "energy",
        "outputs",
        "intensities",
        "gwp_set",
        "working_hash",
        "primary_share",
        "uncertainty_percent",
        "primary_metal",
        "metal_left_t",
        "bought_metal",
    )
    fields = {
        **{name: getattr(made, name) for name in shared},
        "primary_share_rule": disclosed_rule(made.engine),
        "facility_id": "F1",
        "member_id": "M1",
        "entity_id": "E1",
        "location": LOCATION,
        "year": YEAR,
        "disclosure": disclosure,
        "result": number,
        "verifier_id": "V1",
        "accreditation": "ACC-1",
        "statement_ref": "ST-1",
        "assurance": "limited",
        "verified_on": LATER,
        "published_on": LATER,
        "policy_id": "ghg-2022-01",
    }
    return ghg.DisclosurePublished.model_validate(fields | changes)


# --- what is asked ---


def again(made: Calculated | None) -> commands.Recalculate:
    """Calculate anew."""
    return commands.Recalculate.model_validate({**OURS, "on": ON, "calculated": made})


def store(anode_t: str = "41000", on: date = ON, **changes: object) -> commands.StoreActivity:
    """Submit the data."""
    fields = {**OURS, "on": on, "packed": packed(anode_t)}
    return commands.StoreActivity.model_validate(fields | changes)


def record(made: Calculated = FIRST) -> commands.RecordResult:
    """Keep a calculation."""
    return commands.RecordResult(on=ON, facility_id="F1", year=YEAR, calculated=made)


def give(number: int = 1, on: date = ON, **changes: object) -> commands.SubmitForVerification:
    """Give a result to the verifier."""
    fields = {**OURS, "on": on, "result": number, "verifier_id": "V1"}
    return commands.SubmitForVerification.model_validate(fields | changes)


def take_back(number: int = 1, **changes: object) -> commands.WithdrawSubmission:
    """Take a result back from its verifier."""
    fields = {**OURS, "on": LATER, "result": number}
    return commands.WithdrawSubmission.model_validate(fields | changes)


def verify(number: int = 1, on: date = LATER, **changes: object) -> commands.VerifyResult:
    """State on a result."""
    fields = {
        **THEIRS,
        "on": on,
        "result": number,
        "accreditation": "ACC-1",
        "statement_ref": "ST-1",
        "scopes": ALL_SCOPES,
        "assurance": "limited",
        "verified_on": LATER,
    }
    return commands.VerifyResult.model_validate(fields | changes)


def give_back(number: int = 1, **changes: object) -> commands.ReturnResult:
    """Return a result with a point."""
    point = ghg.Point(point="anode-consumption", data=("d2",))
    fields = {**THEIRS, "on": LATER, "result": number, "points": (point,)}
    return commands.ReturnResult.model_validate(fields | changes)


def publish(
    made: ghg.ResultCalculated | None = None, on: date = LATER, **changes: object
) -> commands.PublishDisclosure:
    """Disclose a result."""
    found = made or result()
    fields = {**OURS, "on": on, "result": found.result, "calculated": found}
    return commands.PublishDisclosure.model_validate(fields | changes)
