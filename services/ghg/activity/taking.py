"""Activity data as sent over HTTP become an inventory, or the sender hears of every fault. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from infra.errors import Refused
from infra.importing.places import places
from infra.policy import Policy
from infra.problems import FieldError, InvalidRequest
from services.ghg.evidence import FacilityEvidence
from services.ghg.factors.calorific import Basis, calorific_unit, with_own_value
from services.ghg.factors.gwp import gwp_set_of
from services.ghg.factors.own_factors import OwnFactors

from .cells import (
    SHARES,
    cn_code,
    content,
    for_goods,
    item_of,
    of_slug,
    period,
    proofs_of,
    stands,
    stocked,
    supplier_named,
    technology_of,
    treatment_of,
)
from .heads import with_note
from .installation import faults_of
from .inventory import Datum, Inventory, Site
from .items import Item
from .meaning import kinded
from .sent import DatumSent, SiteSent
from .units import Units

TOLD = 100


def site_of(facility: FacilityEvidence, sent: SiteSent) -> Site:
    """The site: place and start from membership, cells and installation from the sender. Raises
    InvalidRequest that names each faulty field of the installation."""
    told = sent.installation.read()
    if faults := faults_of(told, facility.location.country, places().currencies):
        where = "/site/installation"
        raise InvalidRequest(
            [FieldError(f"{where}/{one.field}", "body", one.sentence, one.slug) for one in faults]
        )
    return Site(
        facility_id=facility.facility_id,
        country=facility.location.country,
        subdivision=facility.location.subdivision,
        technology=sent.technology,
        started=facility.start_year,
        low_voltage=sent.low_voltage,
        furnace=sent.furnace or "",
        paste=sent.paste or "",
        installation=told,
    )


def inventory_of(
    site: Site, year: int, sent: tuple[DatumSent, ...], units: Units, policy: Policy
) -> Inventory:
    """The inventory in the items' own units; what a factor can be is policy. Raises InvalidRequest
    that names each faulty datum and its field."""
    own = OwnFactors(units, policy)
    faults: list[FieldError] = []
    data: list[Datum] = []
    seen: set[str] = set()
    for place, one in enumerate(sent):
        fields = _Faults(place, faults)
        if one.datum_id in seen:
            sentence = f"{one.datum_id} stands here twice: each datum has its own id"
            fields.add("datum_id", Refused("datum-twice", sentence))
        seen.add(one.datum_id)
        datum = _datum(one, year, (units, own), fields)
        if datum is not None:
            data.append(datum)
        if len(faults) >= TOLD:
            break
    if faults:
        raise InvalidRequest(faults)
    return Inventory(site, year, tuple(data))


class _Faults:
    """Collects the faults of one datum."""

    def __init__(self, place: int, faults: list[FieldError]) -> None:
        self._place, self._faults = place, faults

    def add(self, field: str, refused: Refused) -> None:
        """One fault more, at the field that it names itself or else at this one."""
        where = f"/data/{self._place}/{refused.facts.get('field', field)}"
        self._faults.append(FieldError(where, "body", refused.sentence, refused.slug))


def _datum(
    sent: DatumSent, year: int, readers: tuple[Units, OwnFactors], fields: _Faults
) -> Datum | None:
    units, own = readers
    item: Item | None = None
    quantity = sent.quantity
    field = "item"
    try:
        item = item_of(sent.item)
        field = "step"
        stands(item, sent.step)
        field = "unit"
        conversion = units.of(sent.unit, item)
        quantity = sent.quantity * conversion.factor
        field = "quantity"
        if item.unit in SHARES:
            content(quantity, item)
        field = "calorific_unit"
        basis = Basis(sent.calorific_value, _calorific(sent), conversion.note)
        field = "factor"
        factor = own.told(sent.factor, sent.factor_unit, item, basis)
        field = "embedded"
        embedded = own.told_embedded(sent.embedded, sent.embedded_unit, item)
        field = "factor_gwp_set"
        _gwp_set(sent.factor_gwp_set)
        field = "embedded_gwp_set"
        _gwp_set(sent.embedded_gwp_set)
        field = "of"
        stocked(_of(sent), item)
        field = "scrap_kind"
        kinded(sent.scrap_kind or "", item)
        field = "proofs"
        _proofs(sent)
        field = "cn_code"
        datum = _made(sent, item.slug, quantity, conversion.note)
        datum = datum._replace(factor=factor, embedded=embedded)
        for_goods(datum, item)
        field = "calorific_value"
        datum = with_own_value(datum, item, conversion.note)
        field = "from_on"
        period(datum, year)
    except Refused as refused:
        fields.add(field, refused)
        return None
    return datum


def _made(sent: DatumSent, item: str, quantity: Decimal, note: str) -> Datum:
    source = with_note(sent.source, note) if note else sent.source
    return Datum(
        datum_id=sent.datum_id,
        step=sent.step,
        item=item,
        quantity=quantity,
        kind=sent.kind,
        source=source,
        evidence=sent.evidence,
        supplier_id=sent.supplier_id or _named(sent.supplier_name.strip()),
        factor_source=sent.factor_source,
        factor_gwp_set=_gwp_set(sent.factor_gwp_set),
        of=_of(sent),
        scrap_kind=sent.scrap_kind or "",
        technology=technology_of(sent.technology.strip()),
        potline=sent.potline.strip(),
        treatment=treatment_of(sent.treatment.strip()),
        proofs=_proofs(sent),
        certificates=tuple((one.certificate_id, one.mwh) for one in sent.certificates),
        geography=sent.geography,
        data_year=sent.data_year,
        uncertainty_percent=sent.uncertainty_percent,
        from_on=sent.from_on,
        to_on=sent.to_on,
        left_out="yes" if sent.left_out else "",
        embedded_boundary=sent.embedded_boundary or "",
        embedded_gwp_set=_gwp_set(sent.embedded_gwp_set),
        cn_code=cn_code(sent.cn_code) if sent.cn_code.strip() else "",
        certificate_years=tuple(
            (one.certificate_id, one.year) for one in sent.certificates if one.year is not None
        ),
        certificate_lots=tuple(
            (one.certificate_id, one.lot_mwh)
            for one in sent.certificates
            if one.lot_mwh is not None
        ),
        calorific_value=sent.calorific_value,
        calorific_unit=_calorific(sent),
        oxidation_factor=sent.oxidation_factor,
    )


def _calorific(sent: DatumSent) -> str:
    return calorific_unit(sent.calorific_unit) if sent.calorific_unit.strip() else ""


def _gwp_set(text: str) -> str:
    return gwp_set_of(text) if text.strip() else ""


def _of(sent: DatumSent) -> str:
    return of_slug(sent.of) if sent.of else ""


def _proofs(sent: DatumSent) -> tuple[str, ...]:
    return tuple(word for text in sent.proofs for word in proofs_of(text))


def _named(supplier: str) -> str:
    return supplier_named(supplier) if supplier else ""


def fields_of(body: Mapping[str, object]) -> tuple[int, tuple[DatumSent, ...], SiteSent]:
    """Year, data and site of a command as sent and read."""
    year, data, site = body.get("year"), body.get("data"), body.get("site")
    if not isinstance(year, int) or not isinstance(data, tuple) or not isinstance(site, SiteSent):
        raise TypeError("the command was not read by its form")
    return year, data, site
