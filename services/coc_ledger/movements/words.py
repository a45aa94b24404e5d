"""The words of a file of movements: its columns, and what may stand in their cells. Pure.

Words are those of ledgers and of the programs that books are kept in; each means one thing. Rules:
sources.md 5.3, 5.5.
"""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.custody import Lot, Origin, Stage
from infra.importing.mapping import Field
from services.coc_ledger.pools.commands import (
    Booking,
    BookLoss,
    BookProcessEmissions,
    ChangeStage,
    CountStock,
    ReceiveMaterial,
    ReverseMovement,
    ShipMaterial,
)

UNITS: Mapping[str, int] = {
    **dict.fromkeys(("kg", "kgs", "kilogram", "kilograms"), 1),
    **dict.fromkeys(("t", "tonne", "tonnes", "metric_ton", "metric_tons"), 1_000),
}
"""Kilograms in one of each. `ton` and `mt` mean two things each and are refused."""
UNIT_RIGHT = "a mass is in kg or t"


def _masses(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{unit}" for name in names for unit in ("kg", "t", "tonnes"))


FIELDS: tuple[Field, ...] = (
    Field(
        "movement_id",
        ("id", "posting_id", "booking_id", "transaction_id", "material_document"),
        required=True,
    ),
    Field("scope_id", ("scope", "certification_scope", "coc_scope"), required=True),
    Field("stage", ("material_stage", "material"), required=True),
    Field("day", ("date", "posting_date", "booking_date", "movement_date"), required=True),
    Field("movement", ("movement_type", "movement_kind", "kind", "type"), required=True),
    Field(
        "mass",
        ("quantity", "weight", "net_weight", *_masses("mass", "quantity", "weight", "net_weight")),
    ),
    Field("mass_unit", ("unit", "uom", "unit_of_measure", "weight_unit")),
    Field("origin", ("source", "material_origin")),
    Field("supplier_id", ("supplier", "vendor", "vendor_id")),
    Field("origin_ref", ("evidence", "proof", "proof_ref", "origin_document")),
    Field("lot", ("lot_kind",)),
    Field("customer_id", ("customer", "buyer", "ship_to")),
    Field("contractor_id", ("contractor", "outsourcing_contractor")),
    Field("activity", ("supply_chain_activity", "chain_activity")),
    Field("coc_mass", ("coc", *_masses("coc", "coc_mass"))),
    Field("produced_mass", ("produced", "yield", *_masses("produced", "produced_mass"))),
    Field("emission_kgco2e", ("emissions_kgco2e", "kgco2e")),
    Field("intensity_kgco2e_per_kg", ("intensity", "intensity_tco2e_per_t")),
    Field("pre_consumer_percent"),
    Field("post_consumer_percent"),
    Field("boundary"),
    Field("method"),
    Field("period"),
    Field("verifier"),
    Field("reverses", ("reverses_movement", "reversed_movement_id", "cancels")),
    Field("reason", ("reversal_reason", "why")),
)
MASSES = ("mass", "coc_mass", "produced_mass")
FOOTPRINT = frozenset(
    {
        "intensity_kgco2e_per_kg",
        "pre_consumer_percent",
        "post_consumer_percent",
        "boundary",
        "method",
        "period",
        "verifier",
    }
)
EVERYWHERE = frozenset(
    {"movement_id", "scope_id", "stage", "day", "movement", "mass_unit", "contractor_id"}
)


class Form(NamedTuple):
    """What a row of one movement says: the fields it needs, and those it may have beside them.
    `names` are the command's names where they differ; `lot` is what the word itself says."""

    command: type[Booking]
    needs: frozenset[str]
    may: frozenset[str] = frozenset()
    names: Mapping[str, str] = {}
    lot: Lot | None = None


MASS = frozenset({"mass"})
MASS_KG = {"mass": "mass_kg"}
ACTIVITY = frozenset({"activity"})
STAGE_KG = {**MASS_KG, "coc_mass": "coc_kg", "produced_mass": "produced_kg"}
RECEIPT = Form(
    ReceiveMaterial,
    MASS | {"origin"},
    ACTIVITY | FOOTPRINT | {"supplier_id", "origin_ref"},
    MASS_KG,
)
SHIPMENT = Form(ShipMaterial, MASS, ACTIVITY | {"lot", "customer_id"}, MASS_KG)
SCRAP_SHIPMENT = SHIPMENT._replace(may=ACTIVITY | {"customer_id"}, lot=Lot.SCRAP)
LOSS = Form(BookLoss, MASS, ACTIVITY, MASS_KG)
COUNT = Form(CountStock, MASS, ACTIVITY, {"mass": "counted_kg"})
EMISSIONS = Form(BookProcessEmissions, frozenset({"emission_kgco2e"}))
TO_STAGE = Form(ChangeStage, MASS, ACTIVITY | {"coc_mass", "produced_mass"}, STAGE_KG)
REVERSAL = Form(ReverseMovement, frozenset({"reverses"}), frozenset({"reason"}))
MOVEMENTS: Mapping[str, Form] = {
    **dict.fromkeys(("receipt", "receive", "receive_material", "goods_receipt", "in"), RECEIPT),
    **dict.fromkeys(("shipment", "ship", "ship_material", "goods_issue", "out"), SHIPMENT),
    "scrap_shipment": SCRAP_SHIPMENT,
    **dict.fromkeys(("loss", "book_loss", "waste"), LOSS),
    **dict.fromkeys(("count", "count_stock", "stock_count", "inventory_count"), COUNT),
    **dict.fromkeys(("process_emissions", "book_process_emissions"), EMISSIONS),
    **dict.fromkeys(("to_stage", "change_stage", "stage_change", "consumption"), TO_STAGE),
    **dict.fromkeys(("reversal", "reverse", "reverse_movement", "cancellation"), REVERSAL),
}
MOVEMENT_RIGHT = (
    "receipt, shipment, scrap_shipment, loss, count, process_emissions, to_stage or reversal"
)
CLAIMS = frozenset(
    {"output_coc", "coc_output", "coc_shipment", "designation", "designate", "claim"}
)
STAGE_WORDS: Mapping[str, Stage] = {
    **{stage.value: stage for stage in Stage},
    "aluminum": Stage.ALUMINIUM,
}
ORIGIN_WORDS: Mapping[str, Origin] = {
    **{origin.value: origin for origin in Origin},
    "pre_consumer": Origin.PRE_CONSUMER,
    "preconsumer_scrap": Origin.PRE_CONSUMER,
    "post_consumer": Origin.POST_CONSUMER,
    "postconsumer_scrap": Origin.POST_CONSUMER,
    "dross": Origin.DROSS,
    "mine": Origin.OWN_MINE,
    "bought": Origin.NON_COC,
}
KEY_RIGHT = "letters, digits and . _ -, beginning with a letter or a digit"
ID_RIGHT = ("invalid-id", "an id has letters, digits and . _ : -, 128 at most")
SHARE_RIGHT = ("number-out-of-range", "a share lies between 0 and 100 per cent")
RIGHT: Mapping[str, tuple[str, str]] = {
    "movement_id": ("invalid-id", f"a movement's id has {KEY_RIGHT}, 100 at most"),
    "reverses": ("invalid-id", f"a movement's id has {KEY_RIGHT}, 100 at most"),
    "scope_id": ("invalid-id", f"a scope's id has {KEY_RIGHT}, 64 at most"),
    "origin_ref": ("invalid-id", "name the document that proves the origin, do not copy it"),
    **dict.fromkeys(
        (
            "supplier_id",
            "customer_id",
            "contractor_id",
            "boundary",
            "method",
            "period",
            "verifier",
            "reason",
        ),
        ID_RIGHT,
    ),
    "emission_kgco2e": (
        "number-out-of-range",
        "emissions are above 0 kg CO2e, with 3 decimals at most",
    ),
    "intensity_kgco2e_per_kg": (
        "number-out-of-range",
        "an intensity lies between 0 and 1000 kg CO2e per kg",
    ),
    "pre_consumer_percent": SHARE_RIGHT,
    "post_consumer_percent": SHARE_RIGHT,
}
"""What pydantic may find wrong with a value that could be read: slug, and what would be right."""
REQUIRED = frozenset(field.name for field in FIELDS if field.required)
NAMES = frozenset(field.name for field in FIELDS)
