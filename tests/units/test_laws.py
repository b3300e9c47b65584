"""Each law of the sentences is broken by a sentence that breaks it, and kept by its neighbour that does not."""

import pytest

from tests.units.describe import NONE, Description
from tests.units.laws import LAWS, Told
from tests.units.words import ADMINISTRATIVE

TOTAL, OPERATING = "## 一、收入支出决算总体情况说明", "## 十、机关运行经费支出情况"
INCOME, DETAILS = "## 二、收入决算情况说明", "### （三）财政拨款支出决算具体情况"

# law, last year's figures, what breaks it, what keeps it
CASES = [
    ("no_reason_for_no_change", {}, [TOTAL, "与上年相比持平，主要原因是规模稳定。"], [TOTAL, "与上年相比持平。"]),
    ("no_reason_for_no_change", {}, [TOTAL, "总计持平。主要原因是规模稳定。"], [TOTAL, "甲持平，乙增加。主要原因是扩建。"]),
    ("reasons_follow_direction", {}, [TOTAL, "支出增加 3 万元。主要原因是压减开支。"], [TOTAL, "支出减少 3 万元。主要原因是压减开支。"]),
    ("reasons_follow_direction", {}, [TOTAL, "支出减少 3 万元。主要原因是人员增加。"], [TOTAL, "支出增加 3 万元。主要原因是人员增加。"]),
    ("no_rate_from_nothing", {"total": "0"}, [TOTAL, "收、支总计 5 万元。与 2019 年度相比，各增加 5 万元，增长 100%。"], [TOTAL, "收、支总计 5 万元。与 2019 年度相比，各增加 5 万元，上年数为零。"]),
    ("no_rate_from_nothing", {}, [DETAILS, "年初预算为 0 万元，支出决算为 5 万元，完成年初预算的 100%。"], [DETAILS, "年初预算为 5 万元，支出决算为 5 万元，完成年初预算的 100%。"]),
    ("no_comparison_with_the_unknown", {}, [OPERATING, "机关运行经费支出 5 万元，与 2019 年度相比持平。"], [OPERATING, "机关运行经费支出 5 万元，上年无数。"]),
    ("comparisons_are_right", {"total": "4"}, [TOTAL, "收、支总计 5 万元。与 2019 年度相比，各减少 1 万元，下降 25.0%。"], [TOTAL, "收、支总计 5 万元。与 2019 年度相比，各增加 1 万元，增长 25.0%。"]),
    ("comparisons_are_right", {"total": "4"}, [TOTAL, "收、支总计 5 万元。与 2019 年度相比，各增加 1 万元，增长 20.0%。"], [TOTAL, "收、支总计 4 万元。与 2019 年度相比持平。"]),
    ("comparisons_are_right", {"total": "4"}, [TOTAL, "收、支总计 5 万元。与 2019 年度相比持平。"], [TOTAL, "收、支总计 2 万元。与 2019 年度相比，各减少 2 万元，下降 50.0%。"]),
    ("no_words_of_nothing", {}, [TOTAL, "共涉及 0 个二级项目。"], [TOTAL, "共涉及 10 个二级项目。"]),
    ("no_words_of_nothing", {}, [TOTAL, "比上年增加 0.00 万元。"], [TOTAL, "比上年增加 0.01 万元。"]),
    ("no_words_of_nothing", {}, [TOTAL, "支出 None 万元。"], [TOTAL, "支出 1 万元。"]),
    ("punctuation", {}, [TOTAL, "支出 1 万元，。"], [TOTAL, "支出 1 万元。"]),
    ("punctuation", {}, [TOTAL, "支出 1 万元 ，收入 2 万元。"], [TOTAL, "支出 1 万元，收入 2 万元。"]),
    ("nothing_is_said_as_nothing", {}, [TOTAL, "某局 2020 年度无需单独说明的重点工作。"], [TOTAL, "某局 2020 年度没有需单独说明的重点工作。"]),
    ("nothing_is_said_as_nothing", {}, [TOTAL, "安排“三公”经费的单位包括某局本级。"], [TOTAL, "某局本级。"]),
    ("parts_make_the_whole", {}, [INCOME, "收入合计 5 万元。其中：事业收入 4 万元，占本年收入 80.0%。"], [INCOME, "收入合计 5 万元。其中：事业收入 4 万元，占本年收入 80.0%；其他收入 1 万元，占本年收入 20.0%。"]),
    ("parts_make_the_whole", {}, [INCOME, "收入合计 5 万元。"], [INCOME, "收入合计 0 万元。"]),
    ("parts_make_the_whole", {}, [DETAILS, "支出决算为 5 万元。其中：基本支出 2 万元，项目支出 3 万元。项目支出主要用于甲 1 万元。"], [DETAILS, "支出决算为 5 万元。其中：基本支出 2 万元，项目支出 3 万元。项目支出主要用于甲 1 万元；乙 2 万元。"]),
]  # fmt: skip


def told(lines: list[str], prior: dict[str, str]) -> Told:
    one = Description("x", "", "1", "某局", "某市", ADMINISTRATIVE, prior=prior or NONE)
    return Told(one, lines)


@pytest.mark.parametrize(("law", "prior", "bad", "good"), CASES)
def test_a_law_finds_what_breaks_it_and_lets_the_rest_stand(
    law: str, prior: dict[str, str], bad: list[str], good: list[str]
) -> None:
    assert list(LAWS[law](told(bad, prior)))
    assert not list(LAWS[law](told(good, prior)))


def test_each_law_has_a_case() -> None:
    assert {law for law, *_ in CASES} == set(LAWS)
