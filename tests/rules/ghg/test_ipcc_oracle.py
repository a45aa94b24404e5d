"""The equations of sources.md 4.2 and 4.3 against an independent oracle: the IPCC functions of the
package bonsai_ipcc, over made-up inputs. It counts in floats, so equal means to 12 digits."""

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from hypothesis import given

from services.ghg.calculation import electrolysis, pfc
from services.ghg.calculation.electrolysis import Furnace, Paste, Process, Stud
from services.ghg.calculation.pfc import Technology
from services.ghg.factors import gwp

from .given import BOOK, POLICY, decimals

CARBON = BOOK.named("electrolysis_ipcc_2006", electrolysis.FAMILY)
PFC = BOOK.named("ipcc_2006", pfc.FAMILY)
AR5 = BOOK.named("AR5", gwp.FAMILY)
METAL = decimals("0", "2000000")
SHARE = decimals("0", "0.05")


def _oracle() -> Any:
    """The file of equations alone: the package itself would load what is not installed."""
    equations = "bonsai_ipcc/industry/metal/elementary.py"
    file = str(distribution("bonsai_ipcc").locate_file(equations))
    spec = spec_from_file_location("ipcc_metal_equations", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORACLE = _oracle()


def same(ours: Decimal, equation: Callable[..., float], *arguments: Decimal) -> bool:
    """Whether a value of ours is what the oracle's equation gives."""
    theirs = equation(*(float(argument) for argument in arguments))
    scale = max((abs(float(argument)) for argument in arguments), default=1.0)
    return math.isclose(float(ours), theirs, rel_tol=1e-12, abs_tol=1e-11 * max(scale, 1.0))


@given(METAL, decimals("0.3", "0.6"), SHARE, SHARE)
def test_prebaked_anodes_are_equation_4_21(
    metal: Decimal, net: Decimal, sulphur: Decimal, ash: Decimal
) -> None:
    ours = electrolysis.anode(metal, net, CARBON, {"S_a": sulphur, "Ash_a": ash})
    assert same(ours.value, ORACLE.e_co2_anode, net, metal, sulphur, ash)


@given(METAL, decimals("1", "1.2"), SHARE, SHARE)
def test_pitch_is_equation_4_22(baked: Decimal, ratio: Decimal, h_w: Decimal, wt: Decimal) -> None:
    green = baked * ratio
    ours = electrolysis.pitch(
        baked, Furnace.RIEDHAMMER, CARBON, {"H_w": h_w, "WT": wt}, green_t=green
    )
    assert same(ours.value, ORACLE.e_co2_pitch, green, h_w, baked, wt)


@given(METAL, SHARE, SHARE, SHARE)
def test_packing_coke_is_equation_4_23(
    baked: Decimal, used: Decimal, sulphur: Decimal, ash: Decimal
) -> None:
    own = {"PCC": used, "S_pc": sulphur, "Ash_pc": ash}
    assert same(
        electrolysis.packing(baked, CARBON, own).value,
        ORACLE.e_co2_packing, used, baked, sulphur, ash,
    )  # fmt: skip


@given(METAL, decimals("0.4", "0.7"), decimals("0.18", "0.3"), SHARE, SHARE, SHARE)
def test_soederberg_is_equation_4_24(
    metal: Decimal, paste: Decimal, binder: Decimal, first: Decimal, second: Decimal, dust: Decimal
) -> None:
    matter = Decimal("4.0")
    own = {
        "BC": binder, "S_p": first, "Ash_p": second, "H_p": first, "S_c": second, "Ash_c": first,
        "CD": dust, "CSM": matter,
    }  # fmt: skip
    ours = electrolysis.soederberg(metal, paste, Stud.HORIZONTAL, Paste.DRY, CARBON, own)
    assert same(
        ours.value, ORACLE.e_co2_soderberg,
        paste, metal, matter, binder, first, second, first, second, first, dust,
    )  # fmt: skip


@given(METAL)
def test_carbon_at_tier_1_is_equation_4_20(metal: Decimal) -> None:
    for process in Process:
        ours = electrolysis.tier1(metal, process, CARBON)
        assert same(ours.value, ORACLE.e_co2_tier1_, CARBON.factor(f"tier1.{process}").value, metal)


@given(METAL, decimals("0", "5"))
def test_slope_is_equation_4_26(metal: Decimal, minutes: Decimal) -> None:
    for technology in (Technology.CWPB, Technology.SWPB, Technology.VSS, Technology.HSS):
        ours = pfc.slope(metal, minutes, technology, PFC, AR5, POLICY)
        coefficient = PFC.factor(f"slope.{technology}").value
        fraction = PFC.factor(f"fraction.{technology}").value
        assert same(ours.cf4.value, ORACLE.e_cf4_tier2_3_, coefficient, minutes, metal)
        assert same(ours.c2f6.value, ORACLE.e_c2f6_tier2_3_, ours.cf4.value, fraction)


@given(METAL, decimals("0", "5"), decimals("0.01", "2"), decimals("0", "0.5"))
def test_own_coefficients_are_equation_4_26_at_tier_3(
    metal: Decimal, minutes: Decimal, slope: Decimal, fraction: Decimal
) -> None:
    own = pfc.Measurement(slope, fraction, Decimal(10), date(2024, 1, 1), "campaign")
    ours = pfc.measured_slope(metal, minutes, own, date(2024, 12, 31), AR5, POLICY)
    assert same(ours.cf4.value, ORACLE.e_cf4_tier2_3_, slope, minutes, metal)
    assert same(ours.c2f6.value, ORACLE.e_c2f6_tier2_3_, ours.cf4.value, fraction)


@given(METAL)
def test_tier_1_is_equation_4_25(metal: Decimal) -> None:
    for technology in (Technology.CWPB, Technology.SWPB, Technology.VSS, Technology.HSS):
        ours = pfc.tier1(metal, technology, PFC, AR5)
        assert same(
            ours.cf4.value,
            ORACLE.e_cf4_tier1_,
            PFC.factor(f"tier1_cf4.{technology}").value,
            metal,
        )
        assert same(
            ours.c2f6.value,
            ORACLE.e_c2f6_tier1_,
            PFC.factor(f"tier1_c2f6.{technology}").value,
            metal,
        )


@given(METAL, decimals("0.3", "0.6"), decimals("1.01", "1.2"))
def test_prebake_as_a_whole_is_the_sum_of_its_three(
    metal: Decimal, net: Decimal, ratio: Decimal
) -> None:
    baked = metal * net
    parts = (
        electrolysis.anode(metal, net, CARBON).value,
        electrolysis.pitch(baked, Furnace.OTHER, CARBON, green_t=baked * ratio).value,
        electrolysis.packing(baked, CARBON).value,
    )
    assert same(sum(parts, Decimal(0)), ORACLE.e_co2_prebake, *parts)
