"""An edition that extends another says what differs, and nothing else; what it can't say is told with its line."""

from pathlib import Path

import pytest

from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import YamlEntry
from juesuan.edition import load_edition
from juesuan.editionfiles import edition_files

PARENT = """\
name: 甲
money: {unit: 万元, decimals: 2}
tables: ["1", "2"]
roles:
  a.b: {cell: t1.1.1, label: 子}
  c.d: {cell: t1.2.1, label: 丑}
rules:
  - {id: x.one, text: 一}
  - {id: x.two, text: 二}
blocks:
  - rows:
      - {row: "1", label: 子}
      - {row: "2", label: 丑}
"""


def chain(folder: Path, *texts: str, file: str = "edition.yaml") -> YamlEntry:
    """Lay texts over one another, the first undermost, and return what comes of it."""
    for number, text in enumerate(texts):
        layer = folder / f"layer-{number}"
        layer.mkdir(exist_ok=True)
        extends = f"extends: ../layer-{number - 1}\n" if number else ""
        (layer / "edition.yaml").write_text(extends + (text if file == "edition.yaml" else ""), encoding="utf-8")
        (layer / file).write_text((extends if file == "edition.yaml" else "") + text, encoding="utf-8")
    return edition_files(str(folder / f"layer-{len(texts) - 1}")).entry(file)


@pytest.mark.parametrize(
    ("own", "at", "expected"),
    [
        ("name: 乙", ("name",), "乙"),
        ("money: {unit: 元}", ("money",), {"unit": "元", "decimals": "2"}),
        ("roles: {a.b: {label: 寅}}", ("roles", "a.b"), {"cell": "t1.1.1", "label": "寅"}),
        ("roles: {remove: [a.b]}", ("roles",), {"c.d": {"cell": "t1.2.1", "label": "丑"}}),
        ('tables: {add: ["3"], remove: ["1"]}', ("tables",), ["2", "3"]),
        ('tables: ["9"]', ("tables",), ["9"]),
        ("rules: {x.two: {text: 三}}", ("rules", 1), {"id": "x.two", "text": "三"}),
        ("rules: {x.new: {text: 新, after: x.one}}", ("rules", 1), {"id": "x.new", "text": "新"}),
        ("rules: {x.new: {text: 新, before: x.one}}", ("rules", 0), {"id": "x.new", "text": "新"}),
        ("rules: {x.new: {text: 新}}", ("rules", 2), {"id": "x.new", "text": "新"}),
        ("rules: {remove: [x.one]}", ("rules",), [{"id": "x.two", "text": "二"}]),
        (
            'blocks: {"1": {rows: {"2": {label: 寅}}}}',
            ("blocks", 0, "rows", 1),
            {"row": "2", "label": "寅"},
        ),
    ],
)
def test_an_overlay_changes_what_it_names(
    own: str, at: tuple[str | int, ...], expected: object, tmp_path: Path
) -> None:
    found = chain(tmp_path, PARENT, own).plain
    for step in at:
        found = found[step]
    assert found == expected


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("name: 甲", "layer-1/edition.yaml 第 2 行：与所继承的版本相同，不必写"),
        ("money: {unit: 万元}", "第 2 行：与所继承的版本相同，不必写"),
        ('tables: ["1", "2"]', "与所继承的版本相同"),
        ("rules: {x.one: {text: 一}}", "与所继承的版本相同"),
        ('tables: {add: ["2"]}', "与所继承的版本相同"),
        ("roles: {remove: [e.f]}", "没有这一项，不能去掉；实际为“e.f”"),
        ("rules: {remove: [x.three]}", "没有这一项，不能去掉；实际为“x.three”；应为x.one、x.two"),
        ('tables: {remove: ["7"]}', "没有这一项，不能去掉；实际为“7”"),
        ("rules: {x.new: {text: 新, after: x.nine}}", "不知道排在哪里；实际为“x.nine”"),
        ('blocks: {"2": {rows: []}}', "所继承的版本没有这一项；实际为“2”"),
        ("tables: {change: 1}", "只能用 add、remove 增减"),
        ("roles: {remove: a.b}", "应为列表"),
        ("roles: {}", "没有写明改什么"),
        ("rules: [{id: x.three, text: 三}]", "写成列表就去掉了所继承的 2 项；实际为“rules 没有 x.one、x.two”"),
        (
            "rules: [{id: x.one, text: 一}, {id: x.three, text: 三}]",
            "去掉了所继承的 1 项；实际为“rules 没有 x.two”",
        ),
    ],
)
def test_an_overlay_that_changes_nothing_or_what_is_not_there_is_refused(
    own: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        chain(tmp_path, PARENT, own)
    assert said in str(refused.value), refused.value


def test_editions_extend_each_other_in_a_chain_and_places_are_told_where_they_are(tmp_path: Path) -> None:
    entry = chain(tmp_path, PARENT, "name: 乙", "money: {unit: 元}")
    assert (entry.plain["name"], entry.plain["money"]) == ("乙", {"unit": "元", "decimals": "2"})
    places = entry.places()
    assert str(places["name"]) == "layer-1/edition.yaml 第 2 行"
    assert str(places["money.unit"]) == "layer-2/edition.yaml 第 2 行"
    assert str(places["rules.1.text"]) == "layer-0/edition.yaml 第 9 行"


def test_a_file_may_stand_for_its_parents_as_a_whole(tmp_path: Path) -> None:
    entry = chain(tmp_path, "a: 1\nb: 2\n", "replace: true\na: 3\n", file="scores.yaml")
    assert entry.plain == {"a": "3"}
    with pytest.raises(InputError, match="与所继承的版本相同"):
        chain(tmp_path, "a: 1\n", "replace: true\na: 1\n", file="scores.yaml")


def test_editions_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "edition.yaml").write_text(f"extends: ../{other}\n", encoding="utf-8")
    with pytest.raises(EditionError, match="one ← two ← one"):
        edition_files(str(tmp_path / "one"))


def test_a_template_that_says_what_its_parents_says_is_refused(edition_copy: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "document").mkdir(parents=True)
    (own / "edition.yaml").write_text(f"extends: {edition_copy}\nname: 另一个\n", encoding="utf-8")
    assert load_edition(str(own)).name == "另一个"
    words = (edition_copy / "document" / "title.j2").read_text(encoding="utf-8")
    (own / "document" / "title.j2").write_text(words, encoding="utf-8")
    with pytest.raises(EditionError, match=r"own/document/title\.j2：与所继承的版本相同"):
        load_edition(str(own))
    (own / "document" / "title.j2").write_text("决算\n", encoding="utf-8")
    assert load_edition(str(own)).words.template_label("title.j2") == "own/document/title.j2"


def test_faults_of_every_file_are_told_at_once(edition_copy: Path) -> None:
    changes = {
        "edition.yaml": ("label: 总计}  # 收", "label: 总数}  # 收"),
        "forms/table-5.yaml": ("layout: subjects", "layout: subject"),
        "rules/budget.yaml": ("kind: together", "kind: to_gether"),
        "prior.yaml": ("key: total,", "kez: total,"),
        "document/charts.yaml": ("kind: bars", "kind: bar"),
    }
    for file, (old, new) in changes.items():
        path = edition_copy / file
        text = path.read_text(encoding="utf-8")
        assert old in text, file
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EditionError) as refused:
        load_edition(str(edition_copy))
    said = str(refused.value)
    assert [file for file in changes if file not in said and file != "edition.yaml"] == []


def test_an_edition_has_a_former_name() -> None:
    assert edition_files("2020").name == "wuhan-2020"
    with pytest.raises(EditionError, match="没有“1999”版"):
        edition_files("1999")
