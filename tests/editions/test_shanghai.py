"""Units of the corpus close under the edition of Shanghai as the oracle has them, or are told what it lacks."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from juesuan import closing
from juesuan.edition import load_edition
from juesuan.editionfiles import known_edition, options_of
from juesuan.problems import EditionError
from tests.editions.test_elsewhere import ORACLE
from tests.stages import close_checked
from tests.units.builder import build
from tests.units.closed import sentences_of
from tests.units.describe import Description, corpus
from tests.units.oracle import tables_of

KEY = "shanghai-2024"
UNITS = {one.name: replace(one, edition=KEY, year=2024) for one in corpus()}
SPREAD = ("bureau", "four-funds", "over-budget", "partly-unknown", "three-public", "tiny")


def handed_in(one: Description, root: Path) -> Path:
    """Build a package as an office of Shanghai hands it in: one count of equipment, no texts of other forms."""
    package = build(one, root)
    for name in ("projects", "performance", "key-tasks"):
        (package / "texts" / f"{name}.yaml").unlink(missing_ok=True)
    profile = yaml.safe_load((package / "texts" / "profile.yaml").read_text(encoding="utf-8"))
    del profile["staff_category"]
    text = yaml.safe_dump(profile, allow_unicode=True, width=10_000)
    (package / "texts" / "profile.yaml").write_text(text, encoding="utf-8")
    assets = yaml.safe_load((package / "assets.yaml").read_text(encoding="utf-8"))
    large = assets.pop("special_equipment")
    del assets["general_equipment"]
    text = yaml.safe_dump({**assets, "large_equipment": large}, allow_unicode=True)
    (package / "assets.yaml").write_text(text, encoding="utf-8")
    return package


def closed(package: Path) -> tuple[closing.Account, str]:
    """Close a package as far as the page; return its account and its sentences."""
    done = close_checked(package, closing.page_alone)
    return done.account, "\n".join(sentences_of(done.disclosure.document, done.account))


@pytest.mark.parametrize("name", SPREAD)
def test_the_figures_of_a_unit_are_the_oracles_by_role(name: str, tmp_path: Path) -> None:
    package = handed_in(UNITS[name], tmp_path / "package")
    account, words = closed(package)
    cells, oracle, roles = account.books.tables.by_id, tables_of(package), load_edition(KEY).roles
    shared = [role for role in ORACLE if role in roles and not role.startswith("three_public.")]
    assert len(shared) > 20
    assert {role: cells[roles[role]].value for role in shared} == {role: oracle[ORACLE[role]] for role in shared}
    assert "持平的主要原因" not in words


def test_a_class_without_a_row_that_has_money_stops_the_closing(tmp_path: Path) -> None:
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(handed_in(UNITS["debt-classes"], tmp_path / "package"))
    assert "table-1.expenditure" in str(refused.value) or "本年支出合计＝各类支出之和" in str(refused.value)


def test_with_rows_for_debt_the_classes_add_up_and_table_6_still_has_none_for_interest(tmp_path: Path) -> None:
    one = replace(UNITS["debt-classes"], edition=f"{KEY}+classes-26")
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(handed_in(one, tmp_path / "package"))
    assert "各类支出之和" not in str(refused.value)
    assert "表 5 基本支出＝表 6" in str(refused.value)


def test_options_are_those_of_the_edition_and_of_what_it_extends() -> None:
    assert options_of(KEY) == options_of("shanghai-2025") == ("classes-26", "reserves-named", "zeros-printed")
    assert known_edition(f"{KEY}+reserves-named+zeros-printed")
    assert not known_edition(f"{KEY}+no-such-option")
    labels = [one.label for one in load_edition("shanghai-2025+reserves-named").forms[1].all_rows]
    assert "使用非财政拨款结余（含专用结余）" in labels


@pytest.mark.parametrize("key", [f"{KEY}+no-such-option", f"{KEY}+classes-26+classes-26"])
def test_an_option_that_is_not_there_or_asked_for_twice_is_refused(key: str) -> None:
    with pytest.raises(EditionError, match="选项"):
        load_edition(key)


def test_a_package_that_counts_equipment_by_other_thresholds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(build(UNITS["tiny"], tmp_path / "package"))
    assert "大额设备" in str(refused.value)
