"""What scrap carries into a melt: kinds kept apart, method by regime, never zero unsaid. Pure.

Source: sources.md 4.8, R-03, R-04. Pre-consumer scrap keeps the footprint of the metal that it was
cut from; post-consumer scrap enters with its collection; run-around and own dross bring neither
burden nor credit. That is so under every method: they differ in pre-consumer scrap alone (and
bought dross). The first four engines let post-consumer scrap bear as much under `substitution`.
CBAM alone gives all scrap zero, and only in its own report. Where the source of
pre-consumer scrap is not known, it is taken as world-average primary metal and found: whoever
cannot name the source cannot have its zero either, so this holds under `cut_off` as well.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from infra.errors import Refused
from infra.policy import Policy

from .working import Doubt, given

SOURCE = "sources.md 4.8"
ZERO = Decimal(0)


class Kind(StrEnum):
    """Kinds of scrap, never added to one another before their burden is known."""

    PRE_CONSUMER = "pre_consumer"
    POST_CONSUMER = "post_consumer"
    INTERNAL = "internal"
    DROSS = "dross"


class Method(StrEnum):
    """`cut_off`: scrap enters without burden. `co_product`: pre-consumer scrap is a product of the
    process that made it, by mass. `substitution`: pre-consumer scrap in bears what scrap out is
    credited, which is never more than such scrap brought in (decision 0011)."""

    CUT_OFF = "cut_off"
    CO_PRODUCT = "co_product"
    SUBSTITUTION = "substitution"


class Lot(NamedTuple):
    """Scrap that goes into a melt. Factors in t CO2e/t: `source_factor` of the metal it was cut
    from (pre-consumer, bought dross), `collection_factor` of collecting and sorting it
    (post-consumer). `bought` is False for what comes from the same facility's own scope."""

    lot_id: str
    kind: Kind | None
    mass_t: Decimal
    bought: bool = True
    source_factor: Decimal | None = None
    collection_factor: Decimal | None = None


class Reference(NamedTuple):
    """What stands in and what is compared with, in t CO2e/t: world-average primary metal (with
    the set it is from), recycling it, and the metal that comes out of a tonne of scrap."""

    primary: Decimal
    factor_set: str
    recycling: Decimal = ZERO
    melt_yield: Decimal = Decimal(1)

    @property
    def substituted(self) -> Decimal:
        """What `substitution` moves with a tonne of scrap: the primary metal that it stands for,
        less what it takes to recycle it, of the metal that comes out."""
        return (self.primary - self.recycling) * self.melt_yield


class Burden(NamedTuple):
    """What one lot carries, by which method and rule."""

    lot_id: str
    kind: Kind
    method: Method
    mass_t: Decimal
    factor: Decimal
    rule: str
    doubts: tuple[Doubt, ...] = ()

    @property
    def emission_t(self) -> Decimal:
        """Tonnes of CO2e that the lot brings along."""
        return self.mass_t * self.factor


class Content(NamedTuple):
    """Shares of the metal that goes in: run-around and own dross are neither counted as recycled
    nor as input, since they were counted when they first came in."""

    pre_consumer: Decimal
    post_consumer: Decimal

    @property
    def recycled(self) -> Decimal:
        """Both together."""
        return self.pre_consumer + self.post_consumer


class Melt(NamedTuple):
    """A melt's emission by part and its intensity, in t CO2e and t CO2e/t."""

    parts: Mapping[str, Decimal]
    output_t: Decimal
    doubts: tuple[Doubt, ...]

    @property
    def intensity(self) -> Decimal:
        """Tonnes of CO2e per tonne that was cast."""
        return sum(self.parts.values(), ZERO) / self.output_t


def burden(
    lot: Lot,
    method: Method,
    regime: str,
    reference: Reference,
    policy: Policy,
    *,
    post_substituted: bool = False,
) -> Burden:
    """What a lot carries in a report of a regime; with `post_substituted` post-consumer scrap
    bears under `substitution` what pre-consumer scrap does, as earlier engines had it. Refused:
    `scrap-kind-missing`, `unknown-regime`, `scrap-method-not-allowed`, `run-around-bought`,
    `quantity-negative`."""
    kind = _checked(lot, method, regime, policy)
    free = regime in policy.words("scrap.pre_consumer_zero_regimes")
    if not lot.bought and kind in (Kind.INTERNAL, Kind.DROSS):
        rule = "run-around: no new burden, no credit"
        return Burden(lot.lot_id, kind, method, lot.mass_t, ZERO, rule)
    if free:
        rule = f"{regime}: scrap has no embedded emissions"
        return Burden(lot.lot_id, kind, method, lot.mass_t, ZERO, rule)
    if kind is not Kind.POST_CONSUMER and lot.source_factor is None:
        return _unknown_source(lot, kind, method, reference)
    post = kind is Kind.POST_CONSUMER
    if method is Method.SUBSTITUTION and (post_substituted or not post):
        rule = "substitution: bears what a tonne of scrap out is credited"
        return Burden(lot.lot_id, kind, method, lot.mass_t, reference.substituted, rule)
    if post:
        return _post_consumer(lot, method)
    return _pre_consumer(lot, kind, method)


def _checked(lot: Lot, method: Method, regime: str, policy: Policy) -> Kind:
    for name, value, unit in (
        (lot.lot_id, lot.mass_t, "t"),
        (f"{lot.lot_id}, source", lot.source_factor, "t CO2e/t"),
        (f"{lot.lot_id}, collection", lot.collection_factor, "t CO2e/t"),
    ):
        if value is not None:
            given(name, value, unit)
    if lot.kind is None:
        raise Refused(
            "scrap-kind-missing",
            f"{lot.lot_id}: split it into pre-consumer, post-consumer, run-around and dross.",
            lot_id=lot.lot_id,
        )
    if lot.kind is Kind.INTERNAL and lot.bought:
        raise Refused(
            "run-around-bought",
            f"{lot.lot_id} was bought: scrap of another's process is pre-consumer scrap.",
            lot_id=lot.lot_id,
        )
    if f"scrap.methods.{regime}" not in policy.figures:
        raise Refused("unknown-regime", f"no report regime is called {regime}.", regime=regime)
    allowed = policy.words(f"scrap.methods.{regime}")
    if method not in allowed:
        raise Refused(
            "scrap-method-not-allowed",
            f"{regime} does not take {method}; it takes {', '.join(allowed)}.",
            regime=regime,
            method=method,
            allowed=allowed,
        )
    return lot.kind


def _unknown_source(lot: Lot, kind: Kind, method: Method, reference: Reference) -> Burden:
    sentence = (
        f"{lot.lot_id}: the metal it was cut from is not known; the world average of primary"
        f" metal ({reference.primary} t CO2e/t, {reference.factor_set}) was used."
    )
    doubt = Doubt("pre_consumer_source_unknown", sentence, f"{SOURCE} [A40], R-03")
    rule = "source unknown: world-average primary metal"
    return Burden(lot.lot_id, kind, method, lot.mass_t, reference.primary, rule, (doubt,))


def _post_consumer(lot: Lot, method: Method) -> Burden:
    rule = "post-consumer: its collection alone"
    if lot.collection_factor is not None:
        return Burden(
            lot.lot_id, Kind.POST_CONSUMER, method, lot.mass_t, lot.collection_factor, rule
        )
    sentence = f"{lot.lot_id}: collection and sorting are not known and were left out."
    doubt = Doubt("collection_unknown", sentence, f"{SOURCE} [A40]")
    return Burden(lot.lot_id, Kind.POST_CONSUMER, method, lot.mass_t, ZERO, rule, (doubt,))


def _pre_consumer(lot: Lot, kind: Kind, method: Method) -> Burden:
    factor = ZERO if method is Method.CUT_OFF else lot.source_factor or ZERO
    rule = "cut off" if method is Method.CUT_OFF else "keeps the footprint of its source metal"
    doubts: tuple[Doubt, ...] = ()
    if factor == 0:
        sentence = f"{lot.lot_id}: pre-consumer scrap must carry the burden of its source metal."
        doubts = (Doubt("pre_consumer_zero", sentence, f"{SOURCE} [A40], R-03"),)
    return Burden(lot.lot_id, kind, method, lot.mass_t, factor, rule, doubts)


def melt(
    primary: Sequence[tuple[Decimal, Decimal]],
    burdens: Sequence[Burden],
    others_t: Mapping[str, Decimal],
    output_t: Decimal,
) -> Melt:
    """A melt: primary metal (tonnes, t CO2e/t), scrap, and the other parts by name in t CO2e
    (remelting, alloying, transport). Refused `output-missing` when nothing was cast."""
    if output_t <= 0:
        raise Refused(
            "output-missing", f"an output of {output_t} t has no intensity.", output_t=output_t
        )
    for mass, factor in primary:
        given("primary metal", mass, "t")
        given("primary metal, factor", factor, "t CO2e/t")
    parts = {"primary": sum((mass * factor for mass, factor in primary), ZERO)}
    for kind in Kind:
        parts[kind] = sum((one.emission_t for one in burdens if one.kind is kind), ZERO)
    for name, emission in others_t.items():
        if name in parts:
            raise Refused("part-twice", f"{name} is counted twice.", part=name)
        parts[name] = given(name, emission, "t CO2e").value
    doubts = tuple(doubt for one in burdens for doubt in one.doubts)
    return Melt(parts, output_t, doubts)


def content(primary_t: Decimal, lots: Sequence[Lot]) -> Content:
    """Shares of pre- and post-consumer scrap in the metal that comes in from outside; refused
    `metal-input-missing` when nothing does, `scrap-kind-missing` for a lot of no kind."""
    masses = dict.fromkeys(Kind, ZERO)
    for lot in lots:
        if lot.kind is None:
            raise Refused(
                "scrap-kind-missing",
                f"{lot.lot_id}: split it into pre-consumer, post-consumer, run-around and dross.",
                lot_id=lot.lot_id,
            )
        if lot.bought:
            masses[lot.kind] += given(lot.lot_id, lot.mass_t, "t").value
    pre = masses[Kind.PRE_CONSUMER] + masses[Kind.DROSS]
    metal = given("primary metal", primary_t, "t").value + pre + masses[Kind.POST_CONSUMER]
    if metal == 0:
        raise Refused("metal-input-missing", "no metal comes in from outside: there is no share.")
    return Content(pre / metal, masses[Kind.POST_CONSUMER] / metal)


def implied_rest(footprint: Decimal, post_share: Decimal, post_factor: Decimal) -> Decimal:
    """The factor that a product's footprint implies for what in it is not post-consumer scrap, in
    t CO2e/t: a check on what suppliers say. Refused `share-impossible` without such a rest."""
    if not 0 <= post_share < 1:
        raise Refused(
            "share-impossible",
            f"a post-consumer share of {post_share} leaves nothing to look at.",
            share=post_share,
        )
    return (footprint - post_share * post_factor) / (1 - post_share)
