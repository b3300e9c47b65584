"""One workbook holds a package: there and back it is the same, and whatever was done to it is told by its cell."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.drawing.image import Image
from PIL import Image as Picture

from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.base.yamlsource import Strict
from juesuan.package import ClosingPackage, load_package
from juesuan.package.describe import choices_of, fields_of, inner, is_many, is_mapping, is_model
from juesuan.package.inputs import INPUTS, Input
from juesuan.starting.command import tell_check, tell_workbook
from juesuan.starting.draft import Draft, Tree, read_draft, yaml_text
from juesuan.starting.finding import find
from juesuan.starting.painting import GUIDE, write_workbook
from juesuan.starting.sheets import Value, lay, plain
from juesuan.starting.unpacked import opened
from juesuan.starting.workbook import read_workbook, unpack
from tests.conftest import ROOT
from tests.units.builder import build
from tests.units.describe import read

EXAMPLES = ("wuhan-2020", "shanghai-planning-2024", "shanghai-social-work-2024")
UNITS = ("bureau", "department", "four-funds", "one-fen", "least-package", "project-of-two-funds", "some-sheets")
LEDGER = ROOT / "examples" / "wuhan-2020" / "ledger"
EXPORTS = (LEDGER / "vouchers.csv", LEDGER / "trial-balance.csv")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "package.xlsx"
    write_workbook(read_draft(ROOT / "examples" / "wuhan-2020"), path, funds=("一般公共预算财政拨款",))
    return path


@pytest.fixture
def broken(example: Path, tmp_path: Path) -> Callable[[Callable[[Any], object]], Path]:
    """A workbook to which something was done."""

    def make(do: Callable[[Any], object]) -> Path:
        book = openpyxl.load_workbook(example)
        do(book)
        path = tmp_path / "package.xlsx"
        book.save(path)
        return path

    return make


def _there_and_back(root: Path, folder: Path) -> tuple[Draft, Draft]:
    book = folder / "package.xlsx"
    folder.mkdir()
    draft = read_draft(root)
    write_workbook(draft, book)
    shutil.copytree(root / "ledger", folder / "ledger")
    assert unpack(book, folder / "back") == ()
    return draft, read_draft(folder / "back")


def _as_handed_in(draft: Draft) -> dict[str, object]:
    files = draft.trees | draft.tables
    return {name: said for one, name in draft.named() if name in files and (said := plain(one, files[name]))}


def _values(package: ClosingPackage) -> tuple[object, ...]:
    lines = [
        [(one.code, one.name, one.initial, one.adjusted, one.stated) for one in package.budget],
        [(one.key, one.name, one.initial) for one in package.three_public],
        [(one.key, one.amount) for one in package.prior],
        [
            (one.key, one.name, [(p.code, p.initial, p.adjusted, p.stated) for p in one.lines])
            for one in package.projects
        ],
        [(one.key, one.amount) for one in package.procurement],
        [(one.name, one.remark) for one in package.units],
        [(one.code, one.name, one.kind, one.since) for one in package.codes],
        [(one.rule, one.place, one.text, one.by, one.on) for one in package.explanations],
        [one.written for one in package.claims],
        [(mention.label, mention.value) for mention in package.numbers.values()],
    ]
    models = (package.three_public_counts, package.assets, package.headcount, package.evaluation, package.texts)
    return *lines, *models, sorted(package.sheets, key=lambda one: one.key)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_the_same_package_after_a_workbook(name: str, tmp_path: Path) -> None:
    root = ROOT / "examples" / name
    before, after = _there_and_back(root, tmp_path / "book")
    assert _as_handed_in(after) == _as_handed_in(before)
    old, new = load_package(root), load_package(tmp_path / "book" / "back")
    assert _values(new) == _values(old)
    assert new.settings == old.settings


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_of_the_corpus_is_the_same_package_after_a_workbook(name: str, tmp_path: Path) -> None:
    root = build(read(ROOT / "tests" / "units" / f"{name}.yaml"), tmp_path / "unit")
    before, after = _there_and_back(root, tmp_path / "book")
    assert _as_handed_in(after) == _as_handed_in(before)
    assert _values(load_package(tmp_path / "book" / "back")) == _values(load_package(root))


def _texts() -> st.SearchStrategy[str]:
    words = st.text(st.sampled_from("决算 a1,.-:#'\"{}[]|>&*!%@=\n（）。0"), min_size=1, max_size=12)
    return words.map(str.strip).filter(bool)


def _scalars(kind: Any) -> st.SearchStrategy[str]:
    choices = choices_of(kind)
    if choices:
        return st.sampled_from(choices)
    return st.integers(0, 10**6).map(str) if kind is int else _texts()


def _trees(kind: Any, *, item: bool = False) -> st.SearchStrategy[Any]:
    """Return what may stand in a file, by the type of the entry: right or wrong, but an item has its name."""
    if is_model(kind):
        known = {name: (info, _trees(each)) for name, info, each in fields_of(kind) if info.title}
        named = {name: drawn for name, (info, drawn) in known.items() if item and info.is_required()}
        more = {name: drawn for name, (_, drawn) in known.items() if name not in named}
        return st.fixed_dictionaries(named, optional=more)
    if is_mapping(kind):
        keys = st.from_regex(r"[a-z0-9]{1,7}", fullmatch=True)
        return st.dictionaries(keys, _trees(inner(get_args(kind)[-1]), item=True), max_size=3)
    if is_many(kind):
        each = inner(get_args(kind)[0])
        lines = _trees(each, item=True) if is_model(each) else _texts().map(lambda text: text.replace("\n", " "))
        return st.lists(lines, max_size=3)
    return _scalars(kind)


@pytest.mark.parametrize("one", [each for each in INPUTS if each.model], ids=lambda one: one.title)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(data=st.data())
def test_whatever_a_file_says_is_read_back_from_its_sheet(one: Input, data: st.DataObject) -> None:
    assert one.model is not None
    tree = data.draw(_trees(one.model))
    said = plain(one, tree)
    assert plain(one, find(one, _rows(one, said)).data) == said
    text, _ = yaml_text(said if isinstance(said, dict) else {})
    assert _reread(text) == said


def _rows(one: Input, data: Any) -> list[list[Value]]:
    laid = lay(one, one.title, data)
    return [[float(s.number) if s.number is not None else s.text or None for s in row] for row in laid.rows]


def _reread(text: str) -> Tree:
    import yaml

    return yaml.load(text, Loader=yaml.BaseLoader) or {}  # type: ignore[no-any-return]  # noqa: S506 - makes only text


def test_each_input_has_a_sheet_with_frozen_heads_choices_and_comments(example: Path) -> None:
    book = openpyxl.load_workbook(example)
    assert book.sheetnames[0] == GUIDE
    titles = [one.title for one in INPUTS]
    assert [name.partition(" ")[0] for name in dict.fromkeys(book.sheetnames[1:])][: len(titles)]
    assert set(titles) <= {name.partition(" ")[0] for name in book.sheetnames}
    budget = book["预算"]
    assert budget.freeze_panes == "A3"
    assert [cell.value for cell in budget[2]] == [
        "功能分类编码",
        "功能分类名称",
        "年初预算",
        "调整预算",
        "资金性质",
        "出处",
    ]
    assert budget["C2"].comment.text == "元，最多到分；例：11852000.00"
    assert (budget["C3"].value, budget["C3"].number_format) == (11852000, "#,##0.00")
    rules = budget.data_validations.dataValidation
    assert any("E3" in rule.sqref and "一般公共预算财政拨款" in rule.formula1 for rule in rules)
    assert budget["C3"].fill.start_color.rgb == "FFFFF2CC"  # must be filled
    kinds = [rule for rule in book["设置"].data_validations.dataValidation if "B6" in rule.sqref]
    assert "事业单位" in kinds[0].formula1


MERGED = "预算!A3：单元格合并了；实际为“A3:B3”。请取消合并，每格各填各的"
BROKEN: tuple[tuple[str, Callable[[Any], object], str], ...] = (
    ("a merged cell", lambda book: book["预算"].merge_cells("A3:B3"), MERGED),
    ("a deleted sheet", lambda book: book.remove(book["人员"]), "人员：工作表被删了或改了名；应为人员。从原来的"),
    (
        "text in an amount",
        lambda book: _set(book, "预算", "C7", "壹佰万"),
        "预算!C7（年初预算）：不是金额；实际为“壹佰万”",
    ),
    (
        "a formula",
        lambda book: _set(book, "预算", "D4", "=1+1"),
        "预算!D4：单元格里是公式；实际为“=1+1”；应为数值",
    ),
    ("a picture", lambda book: _paste(book["资产"]), "资产!B4：这里贴了图片，图片读不出内容"),
    ("an emptied cell", lambda book: _set(book, "设置", "B4", None), "设置!B4（单位 · 单位名称）：还没有填"),
    (
        "a column without a head",
        lambda book: _set(book, "预算", "H5", "见附件"),
        "预算!H5：这一列没有表头，内容没有读",
    ),
    ("a sheet nobody knows", lambda book: book.create_sheet("附表").append(["x"]), "附表：不认识的工作表"),
    (
        "an undeclared number",
        lambda book: _set(book, "职能与构成", "B3", "有 12 个科室"),
        "职能与构成!B3：文字里有没有声明的数字",
    ),
    (
        "a key deleted",
        lambda book: _set(book, "职能与构成", "D3", None),
        "职能与构成!B3：这一行的“键”一栏被删了",
    ),
    (
        "an unknown fund",
        lambda book: _set(book, "预算", "E3", "外星资金"),
        "预算!E3（资金性质）：不认识的资金性质",
    ),
)


def _set(book: Any, sheet: str, cell: str, value: object) -> None:
    book[sheet][cell].value = value


def _paste(sheet: Any) -> None:
    held = io.BytesIO()
    Picture.new("RGB", (8, 8)).save(held, "PNG")
    sheet.add_image(Image(held), "B4")


@pytest.mark.parametrize(("what", "do", "said"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_broken_workbook_is_answered_with_sheet_and_cell(
    what: str, do: Callable[[Any], object], said: str, broken: Callable[[Callable[[Any], object]], Path]
) -> None:
    path = broken(do)
    before = path.read_bytes()
    text, code = tell_check(path, None, EXPORTS, None)
    assert code is ExitCode.UNFINISHED, what
    assert said in text
    assert path.read_bytes() == before


def test_amounts_in_another_unit_are_told_by_their_cells(
    broken: Callable[[Callable[[Any], object]], Path],
) -> None:
    def divide(book: Any) -> None:
        for row in range(3, 13):
            for column in "CD":
                cell = book["预算"][f"{column}{row}"]
                cell.value = round(float(cell.value or 0) / 10_000, 2)

    text, code = tell_check(broken(divide), None, EXPORTS, None)
    assert code is ExitCode.UNFINISHED
    assert "预算!D4（调整预算）：像是没有按元填；实际为“1202.99”；应为以元为单位的金额。账簿上这个科目支出" in text


def test_a_marked_copy_colours_the_cells_and_says_what_is_wrong(
    broken: Callable[[Callable[[Any], object]], Path], tmp_path: Path
) -> None:
    path = broken(lambda book: _set(book, "预算", "C7", "壹佰万"))
    copy = tmp_path / "marked.xlsx"
    text, _ = tell_check(path, None, EXPORTS, copy)
    assert "已标注 1 个格子" in text
    cell = openpyxl.load_workbook(copy)["预算"]["C7"]
    assert cell.value == "壹佰万"
    assert cell.fill.start_color.rgb == "FFFF9999"
    assert cell.comment is not None
    assert "不是金额" in cell.comment.text
    with pytest.raises(OutputError, match="不覆盖"):
        tell_check(path, None, EXPORTS, path)


def test_a_closing_takes_the_workbook_and_tells_its_faults_by_cells(
    example: Path, broken: Callable[[Callable[[Any], object]], Path], tmp_path: Path
) -> None:
    folder = opened(example, EXPORTS, tmp_path / "out")
    assert folder == tmp_path / "out.package"
    assert load_package(folder).settings.unit.name == "武汉市社会保险中心"
    assert opened(example, EXPORTS, tmp_path / "out") == folder  # a second time
    with pytest.raises(InputError, match="预算!A3：单元格合并了"):
        opened(broken(lambda book: book["预算"].merge_cells("A3:B3")), EXPORTS, tmp_path / "other")
    with pytest.raises(OutputError, match="只用于工作簿"):
        opened(ROOT / "examples" / "wuhan-2020", EXPORTS, tmp_path / "third")


def test_the_ledger_beside_a_workbook_is_taken_without_being_named(tmp_path: Path) -> None:
    shutil.copytree(LEDGER, tmp_path / "ledger")
    book = tmp_path / "package.xlsx"
    tell_workbook(ROOT / "examples" / "wuhan-2020", book)
    text, code = tell_check(book, None, (), None)
    assert code is ExitCode.OK, text


def test_rows_may_be_added_and_numbers_typed(example: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(example)
    sheet = book["预算"]
    last = next(row for row in range(3, 60) if sheet.cell(row, 1).value is None)
    for column, value in enumerate([2130101, "行政运行", 1234.5, 1234.567], start=1):
        sheet.cell(last, column).value = value
    sheet.insert_rows(3)
    path = tmp_path / "package.xlsx"
    book.save(path)
    row = read_workbook(path).draft.tables["budget.csv"][-1]
    assert row["功能分类编码"] == "2130101"
    assert row["年初预算"] == "1234.50"
    assert row["调整预算"] == "1234.567"  # the package's reader says that this is no amount


def test_a_file_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "package.xlsx"
    path.write_bytes(b"no zip at all")
    with pytest.raises(InputError, match="文件已损坏"):
        read_workbook(path)
    with pytest.raises(InputError, match="没有这个文件"):
        read_workbook(tmp_path / "none.xlsx")


def test_what_a_sheet_can_not_hold_is_told_before_anything_is_lost(tmp_path: Path) -> None:
    draft = read_draft(ROOT / "examples" / "wuhan-2020")
    draft.trees["texts/reasons.yaml"] = {"total": "甲", "odd": {"deep": "乙"}}
    with pytest.raises(InputError, match=r"texts/reasons\.yaml：有工作簿放不下的内容"):
        write_workbook(draft, tmp_path / "package.xlsx")


def test_a_folder_of_somebody_else_is_not_written_over(example: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="里面有别的文件"):
        unpack(example, tmp_path / "mine")


def test_every_model_of_a_package_has_one_list_of_models_at_most_within_an_item() -> None:
    def within(kind: Any) -> None:
        lists = [each for _, _, each in fields_of(kind) if is_many(each) and is_model(inner(get_args(each)[0]))]
        assert len(lists) <= 1, kind
        for each in lists:
            within(inner(get_args(each)[0]))

    for one in INPUTS:
        for _, _, kind in fields_of(one.model) if one.model else ():
            if is_many(kind) and is_model(inner(get_args(kind)[0])):
                item: type[Strict] = inner(get_args(kind)[0])
                within(item)
