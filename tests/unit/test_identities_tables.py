"""Printed notes and cited relations as identities, as the cases of tests/spec/identities.yaml say."""

from pathlib import Path

import pytest
import yaml
from tables_fake_ledger import GIVEN, SPEC, Entry, FakeLedger, elsewhere, failing, fill, published_ledger

from juesuan.base.problems import EditionError, Severity
from juesuan.editionfiles import WrittenFile
from juesuan.forms import Forms, load_forms
from juesuan.identities import Identity, Instance, Relation, SignedFigure
from juesuan.tables import Tables, note_identities, structural_identities
from juesuan.tables.rules import IdentityFile, identity_files

CASES = yaml.safe_load((SPEC / "identities.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms("wuhan-2020")


@pytest.fixture(scope="module")
def tables(forms: Forms) -> Tables:
    return fill(forms, published_ledger())


@pytest.fixture(scope="module")
def identities(tables: Tables) -> tuple[Identity, ...]:
    return note_identities(tables) + structural_identities(tables, identity_files("wuhan-2020"), given=GIVEN)


def test_nineteen_printed_formulae_become_nineteen_identities(tables: Tables) -> None:
    notes = note_identities(tables)
    assert len(notes) == len({identity.id for identity in notes}) == 19
    assert {identity.severity for identity in notes} == {Severity.ERROR}


def test_every_identity_holds_on_the_published_tables(identities: tuple[Identity, ...], tables: Tables) -> None:
    assert failing(identities, elsewhere(tables)) == set()


def test_every_cell_stands_in_an_identity_that_fails_when_it_is_wrong(
    identities: tuple[Identity, ...], tables: Tables
) -> None:
    values = elsewhere(tables)
    for cell in tables.by_id:
        assert failing(identities, {**values, cell: values[cell] + 1}), cell


@pytest.mark.parametrize("case", CASES["cells"], ids=lambda case: case["cell"])
def test_a_wrong_cell_fails_exactly_these(case: dict, identities: tuple[Identity, ...], tables: Tables) -> None:
    values = elsewhere(tables)
    values[case["cell"]] += 1
    assert failing(identities, values) == set(case["fails"])


@pytest.mark.parametrize("case", CASES["postings"], ids=lambda case: case["what"])
def test_an_incomplete_posting_is_caught(case: dict, forms: Forms) -> None:
    posting = Entry(*case["posting"], amount=100)
    tables = fill(forms, FakeLedger([*published_ledger().entries, posting]))
    identities = note_identities(tables) + structural_identities(tables, identity_files("wuhan-2020"), given=GIVEN)
    assert set(case["fails"]) <= failing(identities, elsewhere(tables))


def test_the_text_of_a_note_identity_is_the_note_s_own(identities: tuple[Identity, ...]) -> None:
    by_id = {identity.id: identity for identity in identities}
    first = by_id["table-1.note-1"]
    assert (first.text, first.suite, first.citation) == ("27 行＝（1+2+3+4+5+6+7+8）行", "table-1", "表 1 附注")
    assert first.instances == (Instance("t1.27.1", tuple(SignedFigure(1, f"t1.{row}.1") for row in range(1, 9))),)
    assert by_id["table-8.note-1"].instances[0].terms[2] == SignedFigure(-1, "t8.total.3")


def test_the_corrected_formula_cites_the_misprint(identities: tuple[Identity, ...]) -> None:
    by_id = {identity.id: identity for identity in identities}
    corrected = by_id["table-4.note-4"]
    assert corrected.text == "59 行＝（33+34+…+58）行"
    assert corrected.citation == "表 4 附注（勘误：原印“57 行＝（33+34+…+58）行”）"
    assert [instance.target for instance in corrected.instances] == [f"t4.59.{column}" for column in (2, 3, 4, 5)]
    assert by_id["table-4.note-5"].citation == "表 4 附注"


def test_row_formulae_hold_in_every_column_and_column_formulae_in_every_row(
    identities: tuple[Identity, ...], tables: Tables
) -> None:
    by_id = {identity.id: identity for identity in identities}
    assert [len(by_id[f"table-{table}.note-1"].instances) for table in (2, 3, 5, 7, 8)] == [18, 18, 18, 1, 1]
    assert len(tables[2].rows) == 18


def test_rules_without_a_row_in_this_closing_are_listed_nevertheless(identities: tuple[Identity, ...]) -> None:
    by_id = {identity.id: identity for identity in identities}
    assert by_id["table-9.classes"].instances == ()


def test_upper_limits_are_limits(identities: tuple[Identity, ...], tables: Tables) -> None:
    [limit] = [identity for identity in identities if identity.id == "across-tables.three-public-reception"]
    assert limit.relation is Relation.AT_MOST
    assert failing([limit], {**elsewhere(tables), "t7.total.12": 5}) == set()


HEAD = "sources: {s: 来源}\nelsewhere: [prior.x]\nrules:\n"
RULE = "  - {id: a.b, text: 文, source: s, target: t1.30.1, terms: [t1.60.2]}\n"


def _structural(tables: Tables, folder: Path, text: str) -> tuple[Identity, ...]:
    return structural_identities(tables, _written(folder, text), given={"prior.x"})


def _written(folder: Path, text: str) -> tuple[WrittenFile[IdentityFile], ...]:
    (folder / "identities").mkdir()
    (folder / "edition.yaml").write_text("name: 甲\n", encoding="utf-8")
    (folder / "identities" / "rules.yaml").write_text(HEAD + text, encoding="utf-8")
    return identity_files(str(folder))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (RULE.replace("t1.30.1", "t1.99.1"), "关系式 a.b：没有一张表有这一格：t1.99.1"),
        (RULE.replace("t1.30.1", "t1.30.2"), "没有一张表有这一格：t1.30.2"),
        (RULE.replace("t1.60.2", "t2.208.9"), "没有一张表有这一格：t2.208.9"),
        (RULE.replace("t1.60.2", "t2.999.1"), "没有一张表有这一格：t2.999.1"),
        (RULE.replace("t1.60.2", "t12.1.1"), "没有表 12"),
        (RULE.replace("t1.60.2", "t1.60"), "不是一格：“t1.60”"),
        (RULE.replace("t1.60.2", "'t1.{name}.2'"), "不是一格：“t1.{name}.2”"),
        (RULE.replace("t1.60.2", "a b"), "读不懂“a b”"),
        (RULE.replace("t1.60.2", "prior.y"), "“prior.y”不是一格，也没有列在 elsewhere 里"),
        (RULE.replace("t1.60.2", "t1.30.1"), "在自己的算式里"),
        (RULE.replace("t1.60.2", "'t1.{row}.2'"), "{row} 没有写在 for_each 里"),
        (RULE.replace("t1.60.2", "t2.children.1"), "{row} 没有写在 for_each 里"),
        (RULE.replace("t1.30.1", "t2.classes.1"), "不是一个数"),
        (RULE.replace("t1.30.1", "'-t1.30.1'"), "不是一个数"),
        (
            RULE.replace("target", "for_each: {line: {table: 1}}, target"),
            "不认识的字 line；可以写 row",
        ),
        (RULE.replace("target", "for_each: {row: {table: 0}}, target"), "没有表 0"),
        (RULE.replace("source: s", "source: t"), "a.b：所引的出处不在 sources 中；实际为“t”"),
        (RULE + RULE, "a.b：另有一条勾稽关系用了这个编号"),
        (RULE.replace("a.b", "ab"), "写法不符合要求"),
        (RULE.replace("text: 文, ", ""), "缺少必填项"),
    ],
)
def test_a_wrong_rule_is_refused(text: str, says: str, tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(EditionError) as caught:
        _structural(tables, tmp_path, text)
    assert says in str(caught.value), caught.value


def test_a_rule_may_name_a_figure_from_elsewhere_and_take_it_off(tables: Tables, tmp_path: Path) -> None:
    text = RULE.replace("t1.60.2", "t1.60.2, '- prior.x', '-t1.58.2'").replace(
        "text: 文", "severity: warning, text: 文"
    )
    [identity] = _structural(tables, tmp_path, text)
    terms = (SignedFigure(1, "t1.60.2"), SignedFigure(-1, "prior.x"), SignedFigure(-1, "t1.58.2"))
    assert identity.instances == (Instance("t1.30.1", terms),)
    assert (identity.severity, identity.suite, identity.citation) == (Severity.WARNING, "a", "来源")


def test_a_rule_on_a_figure_that_nobody_knows_has_no_place(tables: Tables, tmp_path: Path) -> None:
    files = _written(tmp_path, RULE.replace("t1.60.2", "prior.x"))
    [identity] = structural_identities(tables, files, given=set())
    assert identity.instances == ()


def test_an_edition_without_identities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "edition.yaml").write_text("name: 甲\n", encoding="utf-8")
    with pytest.raises(EditionError, match="没有勾稽关系"):
        identity_files(str(tmp_path))
