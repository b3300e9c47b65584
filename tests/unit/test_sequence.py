"""What a section may print is read from its template; a number that is lost, doubled or moved is found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.problems import EditionError
from juesuan.closing.rules import subject_of
from juesuan.document import Document, Heading, Number, Paragraph
from juesuan.edition import load_edition
from juesuan.narrative.slots import YEARS
from juesuan.rules import DocumentSection, Rule, RuleSubject, evaluate_rule
from juesuan.rules.evaluate import EVALUATORS
from tests.conftest import EXAMPLE, ROOT, with_words
from tests.units.builder import build
from tests.units.describe import corpus

GRID = 9
BASIC = "一般公共预算财政拨款基本支出决算情况说明"
UNITS = ("bureau", "first-year", "four-funds", "some-sheets")


def account_of(package: Path) -> closing.ClosingAccounts:
    return closing.derive(closing.fill(closing.ingest(package)))


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, closing.ClosingAccounts]:
    folder = tmp_path_factory.mktemp("units")
    examples = {path.parent.name: path.parent for path in (ROOT / "examples").glob("*/settings.yaml")}
    units = {one.name: build(one, folder / one.name) for one in corpus() if one.name in UNITS}
    assert len(units) == len(UNITS)
    return {name: account_of(package) for name, package in (examples | units).items()}


def told_sections(subject: RuleSubject) -> Iterator[tuple[DocumentSection, list[str]]]:
    """Yield the sections that print numbers and whose title a rule can name."""
    for section in subject.sections:
        told = [name for name in section.told if not name.startswith("text.")]
        if section.level != GRID and told and subject.telling(section.name) is not None:
            yield section, told


def holds(subject: RuleSubject, section: DocumentSection, told: Sequence[str]) -> bool:
    """Whether the rule holds on a document of this section alone, with these numbers in it."""
    blocks = (Heading(section.level, section.heading, section.anchor), Paragraph(tuple(map(Number, told))))
    rule = Rule(id="a.b", kind="sequence", text="t", source="s", section=section.name)
    other = replace(subject, document=Document((), blocks))
    vars(other)["tellings"] = subject.tellings  # read once: the same facts and templates
    (item,) = EVALUATORS[rule.kind](rule, other)
    return item.excess == 0


def test_every_section_prints_what_its_template_tells_and_each_change_is_found(
    accounts: dict[str, closing.ClosingAccounts],
) -> None:
    sections = changes = 0
    for account in accounts.values():
        subject = subject_of(account, closing.page_alone(account))
        for section, told in told_sections(subject):
            sections += 1
            assert holds(subject, section, told), section.title
            for at, name in enumerate(told):
                lost, doubled = told[:at] + told[at + 1 :], told[:at] + told[at:][:1] + told[at:]
                moved = told[:at] + told[at : at + 2][::-1] + told[at + 2 :]
                changes += 3
                assert name in YEARS.values() or not holds(subject, section, lost), f"{section.title}: {name}"
                assert not holds(subject, section, doubled), f"{section.title}: {name}"
                assert moved == told or not holds(subject, section, moved), f"{section.title}: {name}"
    assert sections > 100
    assert changes > 2_000


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("{% if occurs('general.basic') %}", "{% if not occurs('general.basic') %}", BASIC),
        ("{% if occurs('general.basic') %}", "{% if occurs('government_fund.income') %}", BASIC),
        ("{% if defined(class.share) %}", "{% if not defined(class.share) %}", "财政拨款支出决算结构情况"),
        ("{% if defined(use.share) %}", "{% if sign('assets.vehicles') %}", "支出决算情况说明"),
        ("{% if lists.classes %}", "{% if not lists.classes %}", "财政拨款支出决算结构情况"),
        ("{% if defined('procurement.sme.share') %}", "{% if sign('assets.vehicles') %}", "政府采购支出情况"),
    ],
)  # fmt: skip
def test_a_condition_that_hides_a_number_is_found(
    old: str, new: str, section: str, accounts: dict[str, closing.ClosingAccounts], edition_copy: Path
) -> None:
    template = edition_copy / "document" / "part3.j2"
    text = template.read_text(encoding="utf-8")
    assert text.count(old) == 1
    rule = Rule(id="a.b", kind="sequence", text="t", source="s", section=section)
    account = accounts[EXAMPLE.name]
    for changed, fails in ((text, False), (text.replace(old, new), True)):
        template.write_text(changed, encoding="utf-8")
        written = with_words(account, edition_copy)
        subject = replace(subject_of(written), document=closing.write_document(written))
        assert evaluate_rule(rule, "", subject).fails is fails


def test_a_section_whose_template_prints_no_number_has_no_such_rule(edition_copy: Path) -> None:
    rules = edition_copy / "rules" / "narrative.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("section: 部门人员构成", "section: 单位主要职能", 1), encoding="utf-8")
    with pytest.raises(EditionError, match=r"规则 narrative\.staff：这一节的模板不印任何数"):
        load_edition(str(edition_copy))
