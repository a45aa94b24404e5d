"""Columns of activity files, and the words that may stand in them. Pure.

Words are compared as `plain_name` writes them. A new synonym is one entry here.
"""

from collections.abc import Mapping

from contracts.inventory import DataKind, Step
from infra.importing.mapping import Field, plain_name
from services.ghg.calculation.scrap import Kind

from . import installation
from .items import ITEMS, Item

FIELDS: tuple[Field, ...] = (
    Field("facility_id", ("facility", "site_id", "plant_id", "asset_id", "plant"), required=True),
    Field("year", ("reporting_year", "calendar_year", "inventory_year"), required=True),
    Field("datum_id", ("line_id", "line", "id", "entry_id")),
    Field("step", ("process", "process_step", "stage"), required=True),
    Field("item", ("activity", "input", "what", "material", "item_slug"), required=True),
    Field("quantity", ("amount", "value", "activity_data", "consumption"), required=True),
    Field("unit", ("units", "uom", "unit_of_measure"), required=True),
    Field("kind", ("data_kind", "data_type", "data_quality", "type_of_data"), required=True),
    Field("source", ("data_source", "origin", "meter")),
    Field("evidence", ("evidence_ref", "evidence_reference", "document", "reference")),
    Field("supplier_id", ("supplier_code", "vendor_id")),
    Field("supplier_name", ("supplier", "vendor", "vendor_name")),
    Field("factor", ("emission_factor", "ef", "supplier_factor", "specific_factor")),
    Field("factor_unit", ("emission_factor_unit", "ef_unit", "unit_of_factor")),
    Field("factor_source", ("emission_factor_source", "ef_source")),
    Field("factor_gwp_set", ("gwp_set", "gwp", "factor_gwp", "warming_potentials")),
    Field("of", ("carries", "cargo", "stock_of", "of_item", "weighed_in")),
    Field("scrap_kind", ("scrap_type", "kind_of_scrap")),
    Field("technology", ("process_technology",)),
    Field("potline", ("pot_line", "cell_line", "line_of_cells")),
    Field("treatment", ("disposal", "waste_treatment", "destination")),
    Field("proofs", ("proof", "green_power_proof")),
    Field("certificates", ("certificate", "cancelled_certificates", "recs", "gecs")),
    Field("certificate_years", ("certificate_year", "generation_year")),
    Field("certificate_lots", ("certificate_lot", "lot_mwh", "certificate_lot_mwh")),
    Field("geography", ("region", "origin_country")),
    Field("data_year", ("year_of_data", "vintage")),
    Field("uncertainty_percent", ("uncertainty", "uncertainty_pct")),
    Field("from_on", ("from", "period_from", "start_date", "period_start")),
    Field("to_on", ("to", "until", "period_to", "end_date", "period_end")),
    Field("left_out", ("cut_off", "excluded")),
    Field("country", ("country_code", "site_country")),
    Field("subdivision", ("state", "province", "iso_3166_2")),
    Field("cell_technology", ("pot_technology", "smelter_technology", "cells")),
    Field("started", ("start_year", "production_started", "year_started")),
    Field("low_voltage", ("low_voltage_pfc", "low_voltage_emissions")),
    Field("furnace", ("anode_furnace", "baking_furnace")),
    Field("paste", ("paste_type",)),
    Field("embedded", ("embedded_emissions", "specific_embedded_emissions")),
    Field("embedded_unit", ("embedded_emissions_unit", "unit_of_embedded")),
    Field("embedded_boundary", ("embedded_emissions_boundary", "boundary")),
    Field("embedded_gwp_set", ("embedded_emissions_gwp_set", "embedded_gwp")),
    Field("calorific_value", ("net_calorific_value", "ncv", "lower_heating_value")),
    Field("calorific_unit", ("calorific_value_unit", "ncv_unit", "unit_of_calorific_value")),
    Field("oxidation_factor", ("oxidation",)),
    Field("cn_code", ("cn", "goods_code", "commodity_code")),
    Field("installation_name", ("installation", "name_of_installation")),
    Field("address", ("installation_address",)),
    Field("unlocode", ("un_locode", "locode")),
    Field("latitude", ("lat",)),
    Field("longitude", ("lon", "lng")),
    Field("verifier", ("cbam_verifier", "verifier_name")),
    Field("verifier_accreditation", ("accreditation", "accreditation_number")),
    Field("production_route", ("route",)),
    Field("carbon_price", ("carbon_price_due", "carbon_price_per_t")),
    Field("carbon_price_currency", ("currency",)),
    Field("carbon_price_instrument", ("carbon_pricing_instrument", "instrument")),
    Field("carbon_price_rebate", ("carbon_price_compensation", "rebate")),
)
NEEDED = tuple(field.name for field in FIELDS if field.required)
SITE_FIELDS = (
    "country",
    "subdivision",
    "cell_technology",
    "started",
    "low_voltage",
    "furnace",
    "paste",
)
"""Fields about the site, not the datum: every row of a facility-year that has them says the same.
So are those of the installation.
"""
INSTALLATION_FIELDS = installation.FIELDS

STEPS: Mapping[str, Step] = {
    **{step.value: step for step in Step},
    **dict.fromkeys(("mining", "mine", "bauxite", "bauxite_mine"), Step.BAUXITE_MINING),
    **dict.fromkeys(("refining", "refinery", "alumina", "bayer"), Step.ALUMINA_REFINING),
    **dict.fromkeys(("anode", "anodes", "anode_plant", "carbon", "paste"), Step.ANODE_PRODUCTION),
    **dict.fromkeys(("smelting", "smelter", "potline", "potroom", "cells"), Step.ELECTROLYSIS),
    **dict.fromkeys(("reduction", "hall_heroult"), Step.ELECTROLYSIS),
    **dict.fromkeys(("casthouse", "cast_house", "ingot_casting"), Step.CASTING),
    **dict.fromkeys(("remelter", "remelt", "recycling", "refining_of_scrap"), Step.REMELTING),
    **dict.fromkeys(("rolling", "extrusion", "semis", "fabrication"), Step.SEMI_FABRICATION),
    **dict.fromkeys(("whole_site", "facility", "shared", "general"), Step.SITE),
}
KINDS: Mapping[str, DataKind] = {
    **{kind.value: kind for kind in DataKind},
    **dict.fromkeys(("metered", "measurement", "primary"), DataKind.MEASURED),
    **dict.fromkeys(("verified", "supplier_primary"), DataKind.SUPPLIER_VERIFIED),
    **dict.fromkeys(("supplier", "unverified"), DataKind.SUPPLIER_UNVERIFIED),
    **dict.fromkeys(("average", "industry", "secondary"), DataKind.INDUSTRY_AVERAGE),
}
SCRAP: Mapping[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    **dict.fromkeys(("pre", "new_scrap", "post_industrial", "process_scrap"), Kind.PRE_CONSUMER),
    **dict.fromkeys(("post", "old_scrap", "end_of_life"), Kind.POST_CONSUMER),
    **dict.fromkeys(("run_around", "runaround", "own"), Kind.INTERNAL),
}


def _items() -> Mapping[str, Item]:
    """Items by slug, and by title or by what stands behind the dot where that is one item only."""
    found: dict[str, Item | None] = {}
    for item in ITEMS.values():
        for name in {plain_name(item.title), plain_name(item.slug.partition(".")[2])}:
            found[name] = None if name in found else item
    own = {plain_name(item.slug): item for item in ITEMS.values()}
    return {name: item for name, item in found.items() if item is not None} | own


ITEM_OF: Mapping[str, Item] = _items()
