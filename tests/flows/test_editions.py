"""Editions by path and by a former name close packages; the commands on editions tell what a bureau needs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.closing.contents import run_data
from juesuan.document import Grid, Text
from juesuan.editing import check_edition, write_skeleton
from juesuan.editing.check import Checked
from juesuan.editing.trial import load_trials, write_prior
from juesuan.edition import load_edition
from juesuan.package.tables import read_prior
from tests.conftest import ROOT
from tests.stages import close_checked
from tests.units.builder import build
from tests.units.closed import sentences_of
from tests.units.describe import corpus

OWN = "extends: wuhan-2020\nname: 本局的版本\npublisher: 本局\nmoney: {zeros: printed}\n"


def test_a_package_may_hold_the_edition_that_it_is_closed_by(edited: Callable[..., Path]) -> None:
    package = edited({"settings.yaml": ("edition: wuhan-2020", "edition: ./ours")})
    (package / "ours").mkdir()
    (package / "ours" / "edition.yaml").write_text(OWN, encoding="utf-8")
    intake = closing.ingest(package)
    assert intake.problems == ()
    account = closing.derive(closing.fill(intake))
    told = run_data(account)
    assert (told["edition"], told["edition_name"], told["money"], told["notes"]) == (
        "ours",
        "本局的版本",
        "万元",
        [],
    )
    before = closing.inputs_of(intake)
    (package / "ours" / "edition.yaml").write_text(OWN.replace("本局的", "我局的"), encoding="utf-8")
    assert closing.inputs_of(closing.ingest(package)) != before


def test_a_package_that_says_a_former_name_closes_with_a_note(edited: Callable[..., Path]) -> None:
    package = edited({"settings.yaml": ("edition: wuhan-2020", 'edition: "2020"')})
    account = closing.derive(closing.fill(closing.ingest(package)))
    told = run_data(account)
    assert told["edition"] == "wuhan-2020"
    (note,) = told["notes"]
    assert "版本“2020”现在叫“wuhan-2020”" in note
    assert note in closing.Outcome.of(account, (), package, "").warnings


def test_the_department_overlay_is_ten_lines_and_says_so_beneath_tables() -> None:
    edition = load_edition("wuhan-2020-department")
    assert (edition.publisher, load_edition("wuhan-2020").publisher) == ("部门", "单位")
    (layer, *_) = edition.files.layers
    assert sum(path.read_text(encoding="utf-8").count("\n") for _, path in layer.files()) <= 10


def test_the_department_of_the_corpus_closes_under_the_form_of_departments(tmp_path: Path) -> None:
    one = next(unit for unit in corpus() if unit.name == "department")
    done = close_checked(build(replace(one, edition="wuhan-2020-department"), tmp_path / "p"), closing.page_alone)
    words = "\n".join(sentences_of(done.disclosure.document, done.account))
    assert "# 第三部分　江州市农业农村委员会 2020 年度部门决算情况说明" in words
    notes = [note for block in done.disclosure.document.blocks if isinstance(block, Grid) for note in block.notes]
    said = ["".join(run.text for run in note if isinstance(run, Text)) for note in notes]
    assert any("本表反映部门本年度" in one for one in said)
    assert not any("本表反映单位" in one for one in said)


@pytest.mark.parametrize(
    "key", ["wuhan-2020-department", "shanghai-2024", "shanghai-2025+classes-26+reserves-named"]
)
def test_a_good_edition_is_tried_on_every_situation(key: str) -> None:
    checked = check_edition(key)
    assert next(iter(checked.lines)).startswith(f"✓ 版本“{key}”")
    assert checked.cases == tuple((case.name, "") for case in load_trials().cases)
    assert checked.good


def test_what_was_published_a_year_ago_is_rounded_and_may_be_a_deficit(tmp_path: Path) -> None:
    amounts = {
        "carry_over": ("年初结转", -150_500_000),
        "total": ("支出", 123_456_789),
        "three_public.reception": ("无", 0),
    }
    write_prior(tmp_path, amounts)
    read = read_prior(tmp_path, "prior-year.csv", problems := [])
    assert {line.key: line.amount for line in read} == {
        "carry_over": -150_500_000,
        "total": 123_460_000,
        "three_public.reception": 0,
    }
    assert problems == []


def test_a_skeleton_is_an_edition_and_is_written_once(tmp_path: Path) -> None:
    folder = write_skeleton(str(tmp_path / "ours"), "wuhan-2020")
    edition = load_edition(str(folder))
    assert (edition.key, edition.name, len(edition.forms)) == ("ours", "ours", 9)
    assert "extends: wuhan-2020" in (folder / "edition.yaml").read_text(encoding="utf-8")


def test_an_edition_with_faults_is_told_and_not_tried(edition_copy: Path) -> None:
    path = edition_copy / "document" / "part3.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("amount('grand.total')", "amount('grand.sum')"), encoding="utf-8")
    checked = check_edition(str(edition_copy))
    assert not checked.good
    assert any("part3.j2 第 " in one and "grand.sum" in one for one in checked.faults)
    assert checked.cases == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('accounts: ["7501"]', 'accounts: ["7509"]', "会计科目表里没有这个科目，不会取到任何金额；实际为“7509”"),
        (
            ', fill: {accounts: ["7501"]}',
            "",
            "有的格没有写取哪些科目（表、栏、行都没有 accounts），会取到所有科目",
        ),
    ],
)
def test_a_cell_that_fills_nothing_or_everything_is_told_before_any_books(
    before: str, after: str, said: str, edition_copy: Path
) -> None:
    path = edition_copy / "forms" / "table-3.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    faults = check_edition(str(edition_copy)).faults
    assert any("table-3.yaml" in one and said in one for one in faults), faults


def test_nothing_tried_is_not_good() -> None:
    assert not Checked("甲", ()).good


def test_editions_of_equal_content_in_two_folders_are_two(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder / "same").mkdir(parents=True)
        (tmp_path / folder / "same" / "edition.yaml").write_text(OWN, encoding="utf-8")
    first, second = (load_edition("./same", beside=tmp_path / folder) for folder in ("first", "second"))
    assert first.files.fingerprint == second.files.fingerprint
    for folder, edition in (("first", first), ("second", second)):
        assert edition.files.layers[0].folder == tmp_path / folder / "same"
        assert load_edition("./same", beside=tmp_path / folder) is edition
    words = [
        load_edition("wuhan-2020", document="./same", beside=tmp_path / folder) for folder in ("first", "second")
    ]
    assert [one.words.layers[0].folder.parent.name for one in words] == ["first", "second"]


AVERAGE = """statistics:
  basic.average: {kind: average, label: 人均基本支出, of: expenditure.basic, base: headcount.in_service}
undefined: {average: 没有在职人员}
"""
AGAIN = """rules:
  composition.averages: {kind: recomputed, text: 人均等于印出的金额除以人数, source: reader, facts: [average]}
"""
SENTENCE = """
## 二、人均基本支出情况

{% if defined('basic.average') %}
人均基本支出 {{ amount('basic.average') }} {{ money }}。
{% else %}
{{ undefined_words('basic.average') }}。
{% endif %}
"""


def with_average(folder: Path, statistics: str = AVERAGE, rules: str = AGAIN, sentence: str = SENTENCE) -> Path:
    """Write an edition that prints what is spent for each person in service, in a section of its own."""
    ours = folder / "ours"
    (ours / "rules").mkdir(parents=True)
    (ours / "document").mkdir()
    (ours / "edition.yaml").write_text("extends: wuhan-2020\nname: 本局的版本\n", encoding="utf-8")
    (ours / "statistics.yaml").write_text(statistics, encoding="utf-8")
    (ours / "rules" / "composition.yaml").write_text(rules, encoding="utf-8")
    part = (ROOT / "templates" / "document" / "wuhan-2020" / "part4.j2").read_text(encoding="utf-8")
    (ours / "document" / "part4.j2").write_text(part + sentence, encoding="utf-8")
    return ours


def test_a_section_with_a_derived_number_is_data_alone_and_is_checked_and_read_back(tmp_path: Path) -> None:
    key = str(with_average(tmp_path))
    one = next(unit for unit in corpus() if unit.name == "bureau")
    package = build(replace(one, edition=key), tmp_path / "bureau")
    (package / "headcount.yaml").write_text("in_service: {administrative: 20}\nretired: {}\n", encoding="utf-8")
    done = close_checked(package, closing.page_alone)
    facts = done.account.facts
    basic = facts[done.account.books.edition.roles.resolve("expenditure.basic")]
    assert facts["basic.average"].exact == basic.displayed / 20
    words = "\n".join(sentences_of(done.disclosure.document, done.account))
    assert f"人均基本支出 {facts['basic.average'].display} 万元。" in words
    results = {result.id: result for run in done.runs for result in run.results}
    assert (results["composition.averages"].success, results["composition.averages"].instances) == (True, 1)
    (package / "headcount.yaml").unlink()
    profile = package / "texts" / "profile.yaml"
    kept = (
        line for line in profile.read_text(encoding="utf-8").splitlines() if not line.startswith("staff_category")
    )
    profile.write_text("\n".join(kept) + "\n", encoding="utf-8")
    without = close_checked(package, closing.page_alone)
    assert "basic.average" not in without.account.facts
    assert "没有在职人员" not in "\n".join(sentences_of(without.disclosure.document, without.account))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"statistics": AVERAGE.replace("kind: average", "kind: share")},
            "不能由这两种单位的数得出；实际为“share：分、数”",
        ),
        ({"rules": AGAIN.replace("[average]", "[share]")}, "没有一条规则验算这一种统计"),
        (
            {"sentence": SENTENCE.replace("amount(", "rate(")},
            "rate(…) 不能填这个数；实际为“basic.average，单位是“分””",
        ),
    ],
)
def test_what_is_wrong_with_a_derived_number_is_told_with_its_line_before_any_books(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    checked = check_edition(str(with_average(tmp_path, **files)))
    assert any(said in one and " 第 " in one for one in checked.faults), checked.faults


def test_which_checks_an_edition_adds_changes_and_takes_away_is_told(tmp_path: Path) -> None:
    ours = with_average(tmp_path)
    (ours / "identities").mkdir()
    rules = "rules: {remove: [across-tables.income], across-tables.business-income: {severity: warning}}\n"
    (ours / "identities" / "across-tables.yaml").write_text(rules, encoding="utf-8")
    told = "\n".join(check_edition(str(ours)).lines)
    assert "增加 1 条（composition.averages）；改动 1 条（across-tables.business-income）；" in told
    assert "去掉 1 条（across-tables.income）" in told
