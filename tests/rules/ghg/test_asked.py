"""What-if and circularity as they are told: with every limit, and with who tells."""

import orjson
import pytest

from infra.errors import Refused
from infra.web import Json
from services.ghg.calculation.circularity import circularity
from services.ghg.calculation.totals import Side
from services.ghg.reports.asked import asked, circularity_shown
from tests.rules.spec import policies_of

from .given import d
from .made import XINJIANG, inventory, result, smelter

COAL = result(*smelter(), site=XINJIANG)
POLICIES = policies_of("ghg")


def test_a_what_if_tells_every_limit_with_its_gap() -> None:
    told = orjson.loads(Json(asked(COAL, POLICIES, Side.MARKET, {"power": None})).body)
    assert [one["slug"] for one in told["levers"]] == ["power", "pfc", "anode", "alumina"]
    assert told["alone"][0]["levers"] == ["power"]
    assert [one["limit"] for one in told["limits"]] == ["13", "11"]
    assert float(told["alone"][0]["limits"][1]["of_gap_percent"]) > 100


def test_a_readers_own_value_takes_the_place_of_the_policys() -> None:
    told = orjson.loads(Json(asked(COAL, POLICIES, Side.LOCATION, {"power": d("0.3")})).body)
    assert told["levers"][0]["better"] == "0.3"
    assert told["levers"][0]["evidence"] == "given"


def test_a_policy_of_another_build_is_refused() -> None:
    with pytest.raises(Refused, match="policy-unknown"):
        asked(COAL._replace(policy_id="ghg-1999-01"), POLICIES, Side.MARKET, {})


def test_circularity_is_told_with_masses_and_silence() -> None:
    found = circularity(inventory(*smelter(), site=XINJIANG))
    told = orjson.loads(Json(circularity_shown(found)).body)
    assert told["recycled"] == {
        "value": "0",
        "part_t": "0",
        "whole_t": "250000",
        "told": 1,
        "silent": 0,
    }
    assert told["spl_untreated"]["value"] is None
    assert told["waste"] == []
    for name in ("eol_collection_rate", "recycling_efficiency"):
        assert (told[name]["value"], told[name]["told"]) == (None, 0)
