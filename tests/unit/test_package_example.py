"""The example package: what is read from it, and that its texts are the published ones."""

import csv
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from juesuan import closing
from juesuan.document import Number, Text
from juesuan.facts import Facts, Phase, Unit
from juesuan.identities import Relation
from juesuan.package import (
    ClosingPackage,
    Direction,
    Prose,
    load_package,
    package_facts,
    package_figures,
    package_identities,
)

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "wuhan-2020"
REFERENCE = ROOT.parent / "shared" / "reference" / "wuhan-2020-disclosure.txt"


@cache
def _package() -> ClosingPackage:
    """Return the package as a closing takes it: the fund of each line is known."""
    package = closing.ingest(EXAMPLE).package
    assert package is not None
    return package


def test_a_line_has_its_fund_only_when_the_ledger_was_read() -> None:
    assert {line.fund for line in load_package(EXAMPLE).budget} == {""}
    assert {(line.stated, line.fund) for line in _package().budget} == {
        ("一般公共预算财政拨款", "general_public_budget")
    }


def _texts(value: Any, at: str) -> Iterator[tuple[str, Prose]]:
    if isinstance(value, Prose):
        yield at, value
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _texts(getattr(value, key), f"{at}.{key}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _texts(item, f"{at}.{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{at}.{key}")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), f"{at}.{field.name}")


def _all_texts() -> dict[str, Prose]:
    package = _package()
    return {at: text for at, text in (*_texts(package.texts, "texts"), *_texts(package.sheets, "sheets")) if text}


def test_every_sum_of_the_package_holds_in_fen() -> None:
    values = {figure.id: figure.value for figure in package_figures(_package())}
    for identity in package_identities(_package()):
        for instance in identity.instances:
            stated, computed = values[instance.target], instance.computed(values)
            assert stated <= computed if identity.relation is Relation.AT_MOST else stated == computed


def test_budgets_by_class_are_the_published_ones() -> None:
    values = {figure.id: figure.value for figure in package_figures(_package())}
    published = {"201": 1_185_200_000, "208": 503_180_000, "210": 197_030_000, "221": 177_010_000}
    assert {code: values[f"budget.class.{code}.initial"] for code in published} == published
    assert values["budget.total.initial"] == 2_062_420_000


def test_adjusted_budgets_are_what_the_books_spent() -> None:
    spent: dict[str, int] = {}
    with (EXAMPLE / "ledger" / "vouchers.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["科目编码"].startswith("7") and row["是否结转"] == "否":
                fen = [int((row[side] or "0.00").replace(".", "")) for side in ("借方金额", "贷方金额")]
                spent[row["功能分类编码"]] = spent.get(row["功能分类编码"], 0) + fen[0] - fen[1]
    adjusted = {line.code: line.adjusted for line in _package().budget if line.adjusted}
    assert adjusted == spent


def test_figures_and_facts_have_ids_of_their_own_and_inputs_before_sums() -> None:
    figures = list(package_figures(_package()))
    seen: set[str] = set()
    for figure in figures:
        assert figure.id not in seen
        assert set(figure.inputs) <= seen
        assert figure.sources or figure.inputs
        seen.add(figure.id)
    facts = Facts(package_facts(_package()))
    assert not seen & set(facts)
    assert all(fact.sources or fact.inputs for fact in facts.values())


def test_figures_carry_their_scope() -> None:
    figures = {figure.id: figure for figure in package_figures(_package())}
    assert figures["project.social_insurance.initial"].phase is Phase.INITIAL
    assert figures["project.social_insurance.adjusted"].phase is Phase.ADJUSTED
    assert figures["prior.total"].fixed
    assert figures["prior.total"].year == _package().settings.year - 1
    assert not figures["budget.total.initial"].fixed


def test_a_source_is_the_line_where_the_number_stands() -> None:
    for mention in _package().numbers.values():
        assert mention.source.line is not None
        text = (EXAMPLE / mention.source.file).read_text(encoding="utf-8").split("\n")[mention.source.line - 1]
        assert mention.stated.source in text


def test_counts_point_to_their_lines_even_when_they_were_left_out() -> None:
    facts = Facts(package_facts(_package()))
    staff = facts["headcount.in_service.civil_service_managed"]
    assert staff.unit is Unit.NUMBER
    (source,) = staff.sources
    text = (EXAMPLE / source.file).read_text(encoding="utf-8").split("\n")[(source.line or 0) - 1]
    assert "civil_service_managed" in text
    (left_out,) = facts["three_public.count.foreign_reception_people"].sources
    assert (left_out.file, left_out.line) == ("three-public-counts.yaml", 2)  # where the entries begin


def test_texts_become_runs_whose_numbers_are_facts() -> None:
    facts = Facts(package_facts(_package()))
    for at, text in _all_texts().items():
        for run in text.runs:
            if isinstance(run, Number):
                assert run.fact in facts, at
            elif isinstance(run, Text) and not run.declared:
                assert not any(character.isdigit() for character in run.text), at


def test_an_empty_line_begins_a_paragraph() -> None:
    (overall,) = (sheet for sheet in _package().sheets if sheet.project is None)
    assert len(overall.improvements.paragraphs) == 2


def test_quantitative_indicators_have_a_target_and_an_actual_number() -> None:
    package = _package()
    for sheet in package.sheets:
        for indicator in sheet.indicators:
            if indicator.direction is not Direction.QUALITATIVE:
                assert package.target_of(indicator).stated.is_rate == package.actual_of(indicator).stated.is_rate


def test_the_sheets_are_those_of_the_unit_and_of_its_projects_in_their_order() -> None:
    package = _package()
    assert [sheet.key for sheet in package.sheets if sheet.project is None] == ["unit"]
    assert [sheet.project for sheet in package.project_sheets] == [project.key for project in package.projects]


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCE.exists(), reason="the published disclosure is not part of the project")
def test_every_text_is_the_published_one() -> None:
    published = re.sub(r"\s+", "", REFERENCE.read_text(encoding="utf-8"))
    numbers = _package().numbers
    missing = {at for at, text in _all_texts().items() if re.sub(r"\s+", "", text.plain(numbers)) not in published}
    # In the extracted text, pages of the sheets stand in the middle of these two.
    assert missing == {
        "texts.projects.projects.social_insurance.outputs",
        "texts.projects.projects.contract_staff.outputs",
    }
