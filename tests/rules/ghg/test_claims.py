"""Claims: terms in English and Chinese, what must be stated, what a claim may be (sources.md 7)."""

from datetime import date
from typing import Any

import pytest

from services.ghg.claims.wording import (
    ClaimEvidence,
    Footprint,
    Form,
    check_claim,
    says_low_carbon,
    unrecognised_terms,
)

from .given import POLICY, TODAY, d

PS = frozenset({"certified_scope", "standard_version", "certificate_number", "validity_date"})
CERTIFIED = ClaimEvidence(
    claim_id="claim-1",
    text="The smelter at Port A is certified to the ASI Performance Standard V3.",
    form=Form.PS_CERTIFIED,
    states=PS,
    certificate="409",
    valid_until=TODAY,
)
MATERIAL = CERTIFIED._replace(form=Form.COC_MATERIAL, states=PS | {"mass_balance"})
STATED = Footprint(d("3.9"), "cradle_to_gate", "ISO 14067", "verifier-1")


def rules(claim: ClaimEvidence, on: date = TODAY) -> list[str]:
    return [one.rule for one in check_claim(claim, on, POLICY)]


def says(text: str, **more: Any) -> list[str]:
    claim = ClaimEvidence("claim-2", text, Form.MEMBERSHIP)
    return rules(claim._replace(**more))


@pytest.mark.parametrize("claim", [CERTIFIED, MATERIAL])
def test_a_claim_that_says_what_it_must_is_right(claim: ClaimEvidence) -> None:
    assert rules(claim) == []


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Our green aluminium", "green aluminium"),
        ("GREEN ALUMINUM billets", "green aluminum"),
        ("clean, low-carbon aluminium", "clean, low-carbon aluminium"),
        ("zero-carbon aluminium", "zero-carbon aluminium"),
        ("net zero primary aluminium", "net zero primary aluminium"),
        ("Zero\u2011emission aluminium", "zero-emission aluminium"),
        ("green\nrecycled aluminium", "green\nrecycled aluminium"),
        ("我们的绿色铝产品", "绿色铝"),
        ("零碳铝", "零碳铝"),
        ("清洁铝", "清洁铝"),
        ("绿铝", "绿铝"),
        ("绿色低碳电解铝", "绿色低碳电解铝"),
        ("綠色鋁", "綠色鋁"),
        ("净零铝", "净零铝"),
        ("碳中和的原铝", "碳中和的原铝"),
        ("绿色 铝", "绿色 铝"),
        ("We make \u201cgreen\u201d aluminium", "green aluminium"),
        ("with emission-free aluminium", "emission-free aluminium"),
        ("fossil free aluminium", "fossil free aluminium"),
        ("CO\u2082-free aluminium", "co2-free aluminium"),
        ("green hydropower aluminium", "green hydropower aluminium"),
        ("gre\u00aden alu\u200bminium", "green aluminium"),
        ("green_aluminium", "green aluminium"),
        ("*Green*\u2122 aluminium", "green aluminium"),
        ("Our aluminium is green.", "aluminium is green"),
        ("All of our metal is 100% carbon-neutral", "metal is 100% carbon-neutral"),
        ("绿色水电铝", "绿色水电铝"),
        ("绿电铝", "绿电铝"),
        ("我们的铝是绿色的", "铝是绿色"),
        ("零碳排放铝", "零碳排放铝"),
        ("零碳排放电解铝", "零碳排放电解铝"),
        ("零碳排铝", "零碳排铝"),
        ("零碳排放電解鋁", "零碳排放電解鋁"),
        ("绿色金属", "绿色金属"),
        ("綠色環保金屬", "綠色環保金屬"),
        ("潔淨鋁", "潔淨鋁"),
        ("無碳鋁", "無碳鋁"),
        ("绿色氧化铝", "绿色氧化铝"),
        ("我們的金屬是綠色的", "金屬是綠色"),
        ("我们销售绿色贵金属", "绿色贵金属"),
        ("我们的铝材绿色环保", "铝材绿色环保"),
        ("本公司鋁製品綠色低碳", "鋁製品綠色低碳"),
        ("Europe's greenest aluminium", "greenest aluminium"),
        ("The cleanest aluminium there is", "cleanest aluminium"),
        ("Carbon-negative aluminium", "carbon-negative aluminium"),
        ("decarbonised aluminium", "decarbonised aluminium"),
        ("Our aluminium products are green", "aluminium products are green"),
        ("綠色貴金屬產品", "綠色貴金屬"),
        ("绿色有色金属", "绿色有色金属"),
        ("綠色輕金屬", "綠色輕金屬"),
        ("綠鋁", "綠鋁"),
        ("零碳鋁", "零碳鋁"),
        ("淨零鋁", "淨零鋁"),
        ("綠電鋁", "綠電鋁"),
        ("近零铝", "近零铝"),
        ("近零碳鋁", "近零碳鋁"),
        ("负碳铝", "负碳铝"),
        ("碳中性鋁", "碳中性鋁"),
        ("零碳足迹铝", "零碳足迹铝"),
        ("无二氧化碳铝", "无二氧化碳铝"),
        ("零CO₂铝", "零co2铝"),
        ("绿能铝", "绿能铝"),
        ("绿色·低碳·铝", "绿色·低碳·铝"),
        ("绿色高品质再生铝合金", "绿色高品质再生铝"),
        ("绿色重熔用铝锭", "绿色重熔用铝"),
        ("綠色合金", "綠色合金"),
        ("零碳铸锭", "零碳铸锭"),
        ("我们的铝材是绿色的", "铝材是绿色"),
        ("我們的鋁錠均為零碳", "鋁錠均為零碳"),
        ("铝产品都是100%碳中和", "铝产品都是100%碳中和"),
    ],
)
def test_terms_that_asi_does_not_recognise_are_found(text: str, term: str) -> None:
    assert unrecognised_terms(text, POLICY) == (term,)
    assert "R-16" in says(text)


@pytest.mark.parametrize(
    "text",
    [
        "Aluminium for green buildings",
        "铝是绿色建筑的理想材料",
        "铝为绿色交通提供轻量化方案",
        "铝材绿色低碳发展论坛",
        "Our aluminium products are certified",
        "greenhouse gases of aluminium",
        "Evergreen aluminium",
        "cleaner production; aluminium of all kinds",
        "We clean water and cast aluminium",
        "Zero metal waste to landfill; we clean metal surfaces",
        "zero aluminium losses",
        "Aluminium is light. Green is our logo.",
        "The metal is cleaned before it is cast",
        "绿色建筑用铝",  # aluminium for green buildings
        "温室气体与铝",
        "低碳铝",
        "环保铝",  # eco-friendly: C-05 finds it
        "清洁金属表面",  # to clean the surface of metal
        "零排放,铝",
        "铝的碳排放",
        "绿色化学",
        "绿色化学有限公司供应铝用氟化盐",  # a company's name
        "绿色矿山",
        "绿色工厂生产的铝",  # aluminium of a factory with a title of the state
        "贵金属",
        "有色金属工业协会",
        "低碳鋁",
        "铝行业的碳中和目标",
        "铝材表面为氧化膜",
        "脱碳是铝业的任务",
        "合金",
        "金属",
        "铝",
        "",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert unrecognised_terms(text, POLICY) == ()


@pytest.mark.parametrize(
    "text",
    [
        "low-carbon aluminium",
        "Low Carbon metal",
        "lower carbon",
        "low CO\u2082 billet",
        "低碳铝",
        "低碳鋁",
        "減碳鋁",
        "低CO₂铝",
        "低二氧化碳鋁",
    ],
)
def test_low_carbon_needs_figure_boundary_method_and_verifier(text: str) -> None:
    assert says_low_carbon(text, POLICY)
    assert says(text) == ["R-15"]
    assert says(text, footprint=STATED) == []
    for missing in (
        STATED._replace(t_per_t=None),
        STATED._replace(boundary="gate_to_gate"),
        STATED._replace(method=""),
        STATED._replace(verifier=""),
    ):
        assert says(text, footprint=missing) == ["R-15"]


def test_clean_power_is_no_answer() -> None:
    (one,) = check_claim(
        ClaimEvidence("c", "Low carbon: made with hydropower", Form.MEMBERSHIP), TODAY, POLICY
    )
    assert "a figure, a cradle-to-gate boundary, its method, its verifier" in one.sentence
    assert one.data == ("c",)


@pytest.mark.parametrize("part", sorted(PS | {"mass_balance"}))
def test_each_part_of_the_statement_is_asked_for(part: str) -> None:
    (one,) = check_claim(MATERIAL._replace(states=MATERIAL.states - {part}), TODAY, POLICY)
    assert (one.rule, one.severity) == ("C-01", "major")
    assert part.replace("_", " ") in one.sentence


def test_membership_is_not_certification() -> None:
    assert says("We are a certified member of ASI.") == ["C-02"]
    assert says("我们获得ASI认证") == ["C-02"]
    assert says("We are a member of ASI.") == []


def test_a_form_that_nobody_knows_is_none() -> None:
    assert says("We are proud.", form="award") == ["C-02"]


@pytest.mark.parametrize(
    "more", [{"certificate": ""}, {"valid_until": None}, {"valid_until": date(2026, 11, 20)}]
)
def test_a_claim_lives_as_long_as_its_certificate(more: dict[str, Any]) -> None:
    claim = MATERIAL._replace(**more)
    (one,) = check_claim(claim, TODAY, POLICY)
    assert (one.rule, one.severity) == ("C-03", "block")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"text": "ASI certified aluminium at 3.9 t CO2e/t"}, True),
        ({"text": "来自ASI认证的铝,3.9吨"}, True),
        ({"text": "3.9 t CO2e/t, certified to ISO 14067"}, False),
        ({"text": "3.9 t CO2e/t, as a certified Asian laboratory found"}, False),
        ({"text": "3.9 t CO2e/t", "certificate": "409", "valid_until": date(2026, 11, 20)}, True),
        ({"text": "ASI certified, 3.9", "certificate": "409", "valid_until": TODAY}, False),
    ],
)
def test_a_footprint_of_what_asi_certified_rests_on_a_certificate(
    more: dict[str, Any], found: bool
) -> None:
    claim = ClaimEvidence("claim-3", "", Form.FOOTPRINT, footprint=STATED)._replace(**more)
    assert ("C-03" in rules(claim)) is found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("This can contains ASI aluminium", "C-04"),
        ("本产品含有ASI铝", "C-04"),
        ("100\uff05 sustainable", "C-05"),
        ("The most responsible metal", "C-05"),
        ("完全可持续", "C-05"),
        ("环保铝", "C-05"),
        ("環保鋁", "C-05"),
        ("环保的电解铝", "C-05"),
        ("我们的铝很环保", "C-05"),
        ("生態金屬", "C-05"),
        ("環境友善的鋁", "C-05"),
        ("环保的认证铝", "C-05"),
    ],
)
def test_neither_atoms_nor_absolutes_are_promised(text: str, rule: str) -> None:
    assert rules(MATERIAL._replace(text=text)) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "我们符合环保要求",
        "環保部門",
        "生态修复与铝土矿",
        "铝业的环境保护",
        "环保金属表面处理",
        "获得环保认证的铝厂",  # a smelter whose care for the environment was certified
        "通過環保認證的鋁廠",
        "我们的铝是环保认证企业生产的",
    ],
)
def test_the_protection_of_the_environment_may_be_named(text: str) -> None:
    assert rules(MATERIAL._replace(text=text)) == []


def test_the_gravest_comes_first() -> None:
    claim = MATERIAL._replace(text="Green, low-carbon aluminium", valid_until=None, states=PS)
    assert rules(claim) == ["C-03", "R-15", "R-16", "C-01"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Demo Group is a member of ASI. Membership is not certification.", False),
        ("Demo Group is a member of ASI; this does not imply certification.", False),
        ("Demo Group is a member of ASI and certified.", True),
        ("Demo Group is not only a member of ASI but certified.", True),
        ("我们是ASI成员，会员资格不是认证。", False),
        ("A member of ASI: not only certified, but proud.", True),
    ],
)
def test_a_member_may_say_that_membership_is_no_certification(text: str, found: bool) -> None:
    assert ("C-02" in says(text)) is found
