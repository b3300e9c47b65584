"""Editions changed in one place: each is refused when loaded, or the change is carried through to every word."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from juesuan.closing import ClosingRefused
from tests.conftest import ROOT
from tests.mutation.editions import Trial, columns_by_hand, names_in, told
from tests.mutation.made import spread

HEAD = "expectations/editions/wuhan-2020/edition.yaml"
STATISTICS = "expectations/editions/wuhan-2020/statistics.yaml"
FORM_1 = "expectations/editions/wuhan-2020/forms/table-1.yaml"
FORM_3 = "expectations/editions/wuhan-2020/forms/table-3.yaml"
TEMPLATE = "templates/document/wuhan-2020/part3.j2"
RULES = sorted(path.stem for path in (ROOT / "expectations/editions/wuhan-2020/rules").glob("*.yaml"))
DATA = (
    HEAD,
    STATISTICS,
    "expectations/editions/wuhan-2020/prior.yaml",
    "templates/document/wuhan-2020/charts.yaml",
    *(f"expectations/editions/wuhan-2020/rules/{name}.yaml" for name in RULES if name != "ledger"),
    *(
        f"expectations/editions/wuhan-2020/identities/{name}.yaml"
        for name in ("across-tables", "practice", "within-tables")
    ),
)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "trial")


def test_the_edition_as_it_is_is_not_refused_elsewhere_either(trial: Trial) -> None:
    assert trial.refusal() == ""


# -- names ---------------------------------------------------------------------------------------------------


def names_of_data() -> list[tuple[str, int, int, str]]:
    """Return the names of facts, roles and cells in all data of the edition, with where each stands."""
    found = [
        (file, *place)
        for file in DATA
        for place in names_in((ROOT / file).read_text(encoding="utf-8"))
        if not is_identifier(file, place[2]) and not place[2].endswith((".csv", ".yaml"))
    ]
    assert len(found) > 250
    return found


def is_identifier(file: str, name: str) -> bool:
    """Whether a name only names the rule that it stands in, and nobody asks for it."""
    suite = name.partition(".")[0]
    return (
        ("/rules/" in file or "/identities/" in file)
        and (ROOT / file).read_text(encoding="utf-8").count(f"id: {name}") > 0
        and (suite in RULES or suite.startswith("table-") or suite == "across-tables")
    )


@pytest.mark.parametrize("name", spread(names_of_data(), 90), ids=lambda one: f"{Path(one[0]).stem}:{one[3]}")
def test_a_misspelt_name_in_the_data_is_refused_with_its_file(
    name: tuple[str, int, int, str], trial: Trial
) -> None:
    file, start, end, _ = name
    text = trial.text(file)
    said = trial.write(
        file,
        f"{text[: end - 1]}qq{text[end - 1 :]}"
        if text[end - 1] != "}"
        else f"{text[: start + 1]}qq{text[start + 1 :]}",
    ).refusal()
    assert said, "a misspelt name was taken"
    assert "第 " in said


@pytest.mark.parametrize(
    ("old", "new", "told_of"),
    [
        ("amount('grand.total')", "amount('grand.totals')", "grand.totals"),
        ("since('appropriations'", "since('appropriation'", "appropriation.change"),
        ("completion('three_public.abroad.completion')", "completion('three_public.abroad.complete')", "complete"),
        ("occurs('procurement.total')", "occurs('procurement.sum')", "procurement.sum"),
        ("points('score.unit.total')", "points('score.units.total')", "score.units.total"),
        ("defined(fund.share)", "defined(fund.shares)", "shares"),
        ("count('assets.vehicles')", "count('assets.vehicle')", "assets.vehicle"),
        ("amount(class.amount) }} {{ money }}", "amount(class.amounts) }} {{ money }}", "amounts"),
        ("rate(source.share)", "rate(source.part)", "part"),
        ("in lists.expenditure %}", "in lists.expenditures %}", "expenditures"),
        ("'budget.class.' ~ class", "'budget.klass.' ~ class", "klass"),
        ("amount(id ~ '.initial', '年初预算')", "amount(id ~ '.initials', '年初预算')", "initials"),
        ("sentence(reasons.operating)", "sentence(reasons.operation)", "operation"),
        ("inline(performance.management)", "inline(performance.manager)", "manager"),
        ("@income", "@incomes", "@incomes"),
        ("{% from \"words.j2\" import way,", "{% from \"words.j2\" import ways,", "ways"),
        ("## 十一、政府采购支出情况", "## 十一、政府采购情况", "政府采购支出情况"),
        ("{% if lists.classes %}\n", "{% if lists.classes %\n", "模板的写法不对"),
        ("{{ unit.kind }}", "{{ unit.kinds }}", "kinds"),
    ],
)  # fmt: skip
def test_a_wrong_name_in_a_template_is_refused_with_its_line(
    old: str, new: str, told_of: str, trial: Trial
) -> None:
    text = trial.text(TEMPLATE)
    assert old in text
    said = trial.write(TEMPLATE, text.replace(old, new, 1)).refusal()
    assert told_of in said
    assert "第 " in said


def test_all_faults_are_told_at_once(trial: Trial) -> None:
    trial.change(
        "expectations/editions/wuhan-2020/rules/budget.yaml", ("base: assets.vehicles\n", "base: assets.vehicle\n")
    )
    trial.change(TEMPLATE, ("amount('grand.total')", "amount('grand.sum')"))
    trial.change(
        "expectations/editions/wuhan-2020/rules/narrative.yaml", ("section: 部门人员构成", "section: 部门人员")
    )
    trial.remove("expectations/editions/wuhan-2020/rules/personal.yaml")
    said = trial.refusal()
    assert all(word in said for word in ("assets.vehicle", "grand.sum", "部门人员", "personal.yaml"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told_of"),
    [
        ("budget", "each: used_items", "each: used_item", "没有这个名单"),
        ("budget", "of: project.{project}.actual", "of: project.{projekt}.actual", "没有这里所要的字"),
        ("composition", 'facts: ["headcount.*"', 'facts: ["headcounts.*"', "不会核对任何内容"),
        ("composition", "facts: [growth]", "facts: [growing]", "没有这一种统计"),
        ("composition", "facts: [分值]", "facts: [分数]", "没有这个单位"),
        (
            "timeliness",
            "of: prepared_on\n    base: year_end",
            "of: prepared_at\n    base: year_end",
            "没有这个日期",
        ),
        ("reasons", "reason: operating\n", "reason: operations\n", "reasons.yaml 里没有这一项"),
        ("scores", "kind: sheet_total", "kind: sheet_sum", "没有这种检查"),
        ("timeliness", "days: 20", "days: 20\n    each: projects", "这种检查不看这一项"),
    ],
)
def test_a_rule_that_asks_for_what_cannot_be_is_refused(
    file: str, old: str, new: str, told_of: str, trial: Trial
) -> None:
    text = trial.text(f"expectations/editions/wuhan-2020/rules/{file}.yaml")
    assert old in text
    said = trial.write(f"expectations/editions/wuhan-2020/rules/{file}.yaml", text.replace(old, new, 1)).refusal()
    assert told_of in said
    assert f"expectations/editions/wuhan-2020/rules/{file}.yaml 第 " in said


@pytest.mark.parametrize(
    "spent",
    [
        pytest.param("procurement", id="a list of those that occur, which is made later"),
        pytest.param("budget_classes", id="itself"),
        pytest.param("used_items", id="a list of 项"),
        pytest.param("income_structure", id="a list of columns, whose members have no code"),
        pytest.param("klasses", id="no list"),
    ],
)
def test_a_list_of_classes_asks_for_the_list_of_those_that_spent(spent: str, trial: Trial) -> None:
    said = trial.change(HEAD, ("spent: classes}", f"spent: {spent}}}")).refusal()
    line = 1 + trial.text(HEAD).splitlines().index(
        f"  budget_classes: {{classes_beside: appropriations.general, spent: {spent}}}"
    )
    assert f"{HEAD} 第 {line} 行" in said
    assert "budget_classes" in said
    assert spent in said


def test_only_a_list_of_classes_names_those_that_spent(trial: Trial) -> None:
    said = trial.change(
        HEAD, ("income: {occurring: income_structure}", "income: {occurring: income_structure, spent: classes}")
    ).refusal()
    assert "名单“income”取各类的行" in said


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    [
        *DATA[1:],
        HEAD,
        "expectations/editions/wuhan-2020/rules/ledger.yaml",
        "expectations/editions/wuhan-2020/scores.yaml",
        "expectations/editions/wuhan-2020/forms/terms.yaml",
        *(f"expectations/editions/wuhan-2020/forms/table-{number}.yaml" for number in range(1, 10)),
        *(f"templates/document/wuhan-2020/{name}.j2" for name in ("document", "title", "words", "part1", "part3")),
    ],
)
def test_a_missing_file_is_refused(file: str, trial: Trial) -> None:
    assert Path(file).name in trial.remove(file).refusal()


def test_a_missing_table_is_told_with_who_needs_it(trial: Trial) -> None:
    said = trial.remove("expectations/editions/wuhan-2020/forms/table-6.yaml").refusal()
    assert "缺少表 6 的格式" in said
    assert "basic.personnel" in said


def test_a_file_that_the_head_does_not_name_is_refused(trial: Trial) -> None:
    trial.write(
        "expectations/editions/wuhan-2020/rules/more.yaml",
        trial.text("expectations/editions/wuhan-2020/rules/printed.yaml"),
    )
    assert "more.yaml" in trial.refusal()


# -- rows and columns ------------------------------------------------------------------------------------------


ROLES = yaml.safe_load((ROOT / HEAD).read_text(encoding="utf-8"))["roles"]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_that_points_at_another_cell_is_refused(role: str, trial: Trial) -> None:
    cell = ROLES[role]["cell"]
    table, row, column = cell.split(".")
    other = f"{table}.{int(row) + 1}.{column}" if row.isdigit() else f"{table}.{row}.{_next(column)}"
    said = trial.change(HEAD, (f"{role}: {{cell: {cell},", f"{role}: {{cell: {other},")).refusal()
    assert f"角色“{role}”" in said
    assert cell in said, "it is told where the label stands"


def _next(column: str) -> str:
    return str(int(column) + 1) if column.isdigit() else f"{column}s"


ROW_56 = (
    "      - {row: 56, label: 二十六、抗疫特别国债安排的支出, "
    'fill: {measure: expenditure, accounts: ["7"], functional: ["234"]}}\n'
)
ROW_57 = '      - {row: 57, label: 本年支出合计, strong: true, fill: {measure: expenditure, accounts: ["7"]}}\n'


def rows_swapped(trial: Trial) -> Trial:
    """本年支出合计 stands in row 56 of table 1, and the last class in row 57."""
    swapped = ROW_57.replace("row: 57", "row: 56") + ROW_56.replace("row: 56", "row: 57")
    return trial.change(FORM_1, (ROW_56 + ROW_57, swapped))


def test_a_row_that_was_moved_is_refused_and_told_where_it_is(trial: Trial) -> None:
    said = rows_swapped(trial).refusal()
    assert "expenditure.total" in said
    assert "t1.56.2" in said


def test_a_row_that_was_moved_without_its_formulae_closes_nothing(trial: Trial) -> None:
    rows_swapped(trial).change(HEAD, ("cell: t1.57.2", "cell: t1.56.2"))
    assert trial.refusal() == ""
    with pytest.raises(ClosingRefused):
        told(trial)


def test_a_row_that_was_moved_with_everything_about_it_is_carried_through(trial: Trial, tmp_path: Path) -> None:
    before = told(Trial(tmp_path / "before"))
    rows_swapped(trial).change(HEAD, ("cell: t1.57.2", "cell: t1.56.2"))
    trial.change(
        FORM_1,
        ("57 行＝（31+32+…+56）行", "56 行＝（31+32+…+55+57）行"),
        ("60 行＝（57+58+59）行", "60 行＝（56+58+59）行"),
    )
    trial.change(
        "expectations/editions/wuhan-2020/identities/across-tables.yaml", ("target: t1.57.2", "target: t1.56.2")
    )
    after = told(trial)
    assert after.sections == before.sections
    assert after.charts == before.charts
    sheets = [name for name in before.grids if name.startswith("score-")]
    assert len(sheets) == 3
    assert [after.grids[name] for name in sheets] == [before.grids[name] for name in sheets]


COLUMN_2 = (
    '{key: "2", label: 基本支出, fill: {accounts: ["7101", "7201", "7601", "7701", "7901"], support: [basic]}}'
)
ECONOMIC_2 = 'support: [basic], economic: ["301", "302", "307", "309", "310", "311", "312", "313", "399"]}}'


def column_added(trial: Trial, label: str = "对个人和家庭补助") -> Trial:
    """Table 3 has a column 7, and money is booked to it: what 基本支出 held of economic class 303."""
    return trial.change(
        FORM_3,
        (COLUMN_2, COLUMN_2.replace("support: [basic]}}", ECONOMIC_2)),
        (
            '  - {key: "6", label: 对附属单位补助支出, fill: {accounts: ["7501"]}}\n',
            '  - {key: "6", label: 对附属单位补助支出, fill: {accounts: ["7501"]}}\n'
            f'  - {{key: "7", label: {label}, fill: {{accounts: ["7101", "7201", "7601", "7701", "7901"], '
            'support: [basic], economic: ["303"]}}\n',
        ),
        ("    - {text: 对附属单位补助支出, rowspan: 3}\n", "    - {text: 对附属单位补助支出, rowspan: 3}\n"
         "    - {text: 对个人和家庭补助, rowspan: 3}\n"),
        ('"5", "6"]', '"5", "6", "7"]'),
        ("12, 12, 12]", "12, 12, 12, 12]"),
        ("（2+3+4+5+6）", "（2+3+4+5+6+7）"),
    )  # fmt: skip


def test_a_column_added_to_a_form_is_in_sentence_chart_statistic_and_rule(trial: Trial) -> None:
    said = told(column_added(trial))
    by_hand = columns_by_hand(trial, 3)
    whole = by_hand["本年支出合计"]
    parts = {label: amount for label, amount in by_hand.items() if amount and label != "本年支出合计"}
    assert by_hand["对个人和家庭补助"] > 0
    assert sum(parts.values()) == whole
    sentence = said.sections["支出决算情况说明"]
    for label, amount in parts.items():
        shown = f"{label}{wanyuan(amount)}万元，占本年支出{percent(amount, whole)}"
        assert shown in "".join(sentence.split()), shown
        assert said.charts["expenditure"][label] == (wanyuan(amount), percent(amount, whole))
    assert "expenditure.share.7" in said.account.facts


def test_a_column_whose_label_is_not_printed_above_it_is_refused(trial: Trial) -> None:
    assert "表头在它上面印的是“对个人和家庭补助”" in column_added(trial, "其他支出").refusal()


def test_a_column_in_no_list_is_refused(trial: Trial) -> None:
    column_added(trial)
    trial.change(
        HEAD,
        (
            "expenditure_structure: {columns_beside: expenditure.whole,",
            "expenditure_structure: {columns_beside: income.whole,",
        ),
    )
    assert "表 3 的 7 栏（对个人和家庭补助）不在任何名单中" in trial.refusal()


def test_a_column_that_the_note_forgets_closes_nothing(trial: Trial) -> None:
    column_added(trial).change(FORM_3, ("（2+3+4+5+6+7）", "（2+3+4+5+6）"))
    with pytest.raises(ClosingRefused, match="1 栏各行"):
        told(trial)


def test_a_column_that_was_dropped_leaves_every_list(trial: Trial) -> None:
    trial.change(
        FORM_3,
        ('  - {key: "6", label: 对附属单位补助支出, fill: {accounts: ["7501"]}}\n', ""),
        ("    - {text: 对附属单位补助支出, rowspan: 3}\n", ""),
        ('"5", "6"]', '"5"]'),
        ("12, 12, 12]", "12, 12]"),
        ("（2+3+4+5+6）", "（2+3+4+5）"),
    )
    assert "角色“internal.subsidy_paid”所指的一格不存在" in trial.refusal()
    role = "  internal.subsidy_paid: {cell: t3.total.6, label: 对附属单位补助支出, optional: true}\n"
    said = told(trial.change(HEAD, (role, "")))
    assert list(said.charts["expenditure"]) == ["基本支出", "项目支出", "上缴上级支出", "经营支出"]
    assert "expenditure.share.6" not in said.account.facts


def test_a_column_of_a_role_cannot_be_dropped_unnoticed(trial: Trial) -> None:
    trial.change(
        FORM_3,
        ('  - {key: "2", label: 基本支出,', '  - {key: "3", label: 基本支出,'),
        ('  - {key: "3", label: 项目支出,', '  - {key: "2", label: 项目支出,'),
    )
    assert trial.refusal()


def test_a_renamed_column_is_called_so_in_sentence_and_chart(trial: Trial) -> None:
    trial.change(
        "expectations/editions/wuhan-2020/forms/table-2.yaml",
        ("    - {text: 其他收入, rowspan: 3}", "    - {text: 零星收入, rowspan: 3}"),
        ('{key: "7", label: 其他收入,', '{key: "7", label: 零星收入,'),
    )
    said = told(trial)
    assert "零星收入" in said.charts["income"]
    assert "其他收入" not in said.charts["income"]
    assert ("零星收入" in said.sections["收入决算情况说明"]) == (
        said.charts["income"]["零星收入"][0] not in ("", "0")
    )


# -- decimals and money ------------------------------------------------------------------------------------------


def test_rates_of_sentences_and_of_sheets_may_have_different_decimals(trial: Trial) -> None:
    said = told(trial.change(STATISTICS, ("decimals: 1", "decimals: 2")))
    facts = said.account.facts
    rates = [one.display for one in facts.values() if one.id.endswith(".growth")]
    sheets = [one.display for one in facts.values() if one.id.startswith("score.") and one.id.endswith(".rate")]
    assert rates and all(len(one.rstrip("%").partition(".")[2]) == 2 for one in rates)
    assert sheets and all(len(one.rstrip("%").partition(".")[2]) == 1 for one in sheets)


def test_money_in_yuan_is_said_everywhere(trial: Trial, edited: Callable[..., Path]) -> None:
    package = edited({"prior-year.csv": ("结余,2.53", "结余,2.52916")})  # as exact as what is printed
    said = told(
        trial.change(HEAD, ("money: {unit: 万元, decimals: 2}", "money: {unit: 元, decimals: 2}")), package
    )
    printed = "\n".join((*said.sections.values(), *said.grids.values()))
    own = [one.stated.printed for one in said.account.books.package.numbers.values()]
    sections = {name: text for name, text in said.sections.items() if not any(word in text for word in own)}
    assert "单价500,000元（含）以上" in "".join(printed.split())
    assert "单价1,000,000元（含）以上" in "".join(printed.split())
    assert "（元）" in said.grids["score-unit"]
    assert len(sections) > 5
    assert [
        name for name, text in (sections | said.grids).items() if "单位：万元" in text or "（万元）" in text
    ] == []
    by_hand = columns_by_hand(trial, 3)["本年支出合计"]
    assert f"{by_hand.numerator / by_hand.denominator:,.2f}".rstrip("0").rstrip(".") + "元" in "".join(
        said.sections["支出决算情况说明"].split()
    )


def test_a_threshold_that_the_unit_of_money_cannot_print_is_refused(trial: Trial) -> None:
    assert "印不出来" in trial.change(HEAD, ('amount: "50", unit: 万元', 'amount: "50", unit: 元')).refusal()


# -- years -------------------------------------------------------------------------------------------------------


def test_a_year_that_the_edition_is_not_for_is_refused_with_the_editions_that_fit(
    edited: Callable[..., Path],
) -> None:
    from juesuan import closing

    package = edited({"settings.yaml": ("year: 2020", "year: 2024")})
    found = [str(one) for one in closing.ingest(package).problems if one.code == "settings.edition-year"]
    assert len(found) == 1
    assert "不用于 2024 年度" in found[0]
    assert "适用于 2024 年度的版本：shanghai-2024" in found[0]


def test_an_edition_that_holds_from_a_year_on_takes_that_year(trial: Trial) -> None:
    from juesuan.base.resources import resources_at
    from juesuan.edition import editions_for

    trial.change(HEAD, ("valid: {from: 2020, to: 2020}", "valid: {from: 2020}"))
    with resources_at(trial.root):
        both = ("wuhan-2020", "wuhan-2020-department")  # which extends it
        assert (editions_for(2019), editions_for(2020), editions_for(2022)) == ((), both, both)
    assert (editions_for(2020), editions_for(2022)) == (both, ())


def wanyuan(amount: Fraction) -> str:
    """Print 元 as 万元, as the edition does: nearest, thousands apart, no zeros at the end."""
    text = f"{(Decimal(amount.numerator) / amount.denominator / 10000).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
    return text.rstrip("0").rstrip(".")


def percent(part: Fraction, whole: Fraction) -> str:
    """Print a share of what is printed, to one decimal."""
    first, second = (Decimal(wanyuan(one).replace(",", "")) for one in (part, whole))
    return f"{(first / second * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
