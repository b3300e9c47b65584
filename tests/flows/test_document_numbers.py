"""No number stands in the document that is no fact: on the real page, and on packages and templates that try."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import html
from lxml.html import HtmlElement

from juesuan import closing
from juesuan.facts import Facts
from juesuan.narrative import MarkupError
from tests.conftest import Closed, with_words

DIGITS = re.compile(r"[0-9０-９]+(?:[.,，．][0-9０-９]+)*%?")


def is_accounted_for(element: HtmlElement) -> bool:
    """Whether text right inside an element belongs to a fact, or is declared, or is no text of the document."""
    return any(
        one.tag in {"script", "style"} or "data-fact" in one.attrib or "data-declared" in one.attrib
        for one in (element, *element.iterancestors())
    )


def texts(page: str) -> Iterator[tuple[HtmlElement, str]]:
    for element in html.fromstring(page).find("body").iter("*"):
        if element.text:
            yield element, element.text
        if element.tail and element.getparent() is not None:
            yield element.getparent(), element.tail


def loose_digits(page: str, facts: Facts) -> list[str]:
    """Return every digit run outside of facts and declared text.

    The words of a picture (title, description, labels) are made from facts; those must stand beneath it too.
    """
    found = []
    for element, text in texts(page):
        if is_accounted_for(element) or not DIGITS.search(text):
            continue
        figure = next((one for one in element.iterancestors() if one.tag == "figure"), None)
        left = text
        if figure is not None and any(one.tag == "svg" for one in element.iterancestors()):
            shown = {facts[one].display for one in figure.xpath(".//table//@data-fact")}
            for display in sorted(shown, key=len, reverse=True):
                left = left.replace(display, "")
            left = re.sub(r"^图 [1-9]", "", left)
        found += DIGITS.findall(left)
    return found


def test_every_digit_run_of_the_real_page_belongs_to_a_fact_or_is_declared(closed: Closed) -> None:
    assert loose_digits(closed.disclosure.html, closed.account.facts) == []


def test_every_fact_element_prints_what_its_fact_displays(closed: Closed) -> None:
    facts = closed.account.facts
    elements = html.fromstring(closed.disclosure.html).xpath("//body//*[@data-fact]")
    assert len(elements) > 500
    for element in elements:
        assert element.text_content() == facts[element.get("data-fact")].display


def test_declared_text_is_no_quantity(closed: Closed) -> None:
    """What is declared is a date, a row or column, a code, a note, numbering: listed here once."""
    patterns = [
        r"[0-9]{1,2}",  # 行次, 栏次, numbering
        r"[0-9]{3}|[0-9]{5}|[0-9]{7}",  # codes
        r"[0-9]{1,2}\.|\([0-9]{1,2}\)| ?[0-9]{1,2}",
        r"\s*(?:[0-9]{4}\s?年)?(?:\s?[0-9]{1,2}\s?月)?(?:\s?[0-9]{1,2}\s?日)?底?",
    ]
    odd = set()
    for element in html.fromstring(closed.disclosure.html).xpath("//body//*[@data-declared]"):
        text = element.text_content()
        if not any(re.fullmatch(pattern, text.strip()) for pattern in patterns):
            odd.add(text.strip())
    amounts = {fact.display for fact in closed.account.facts.values() if "." in fact.display}
    for text in odd:  # notes of tables, options of sheets, literals of the package
        assert not set(DIGITS.findall(text)) & amounts, text


def test_the_scan_finds_a_digit_that_is_no_fact(closed: Closed) -> None:
    page = closed.disclosure.html.replace("<main", "<p>共 7.5 万元</p><main", 1)
    assert loose_digits(page, closed.account.facts) == ["7.5"]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("part3.j2", "## 二、收入决算情况说明", "## 二、收入决算情况说明（共 7 项）", "共 7 项"),
        ("part1.j2", "其中：{% if", "其中 98% 为：{% if", "98%"),
        ("title.j2", "}}决算公开", "}}第 3 号决算公开", "第 3 号"),
        ("charts.yaml", "caption: 收入决算结构", "caption: 收入决算结构（9 项）", "9 项"),
    ],
)
def test_an_undeclared_digit_in_a_template_is_an_error_that_names_it(
    file: str, old: str, new: str, told: str, closed: Closed, edition_copy: Path
) -> None:
    template = edition_copy / "document" / file
    text = template.read_text(encoding="utf-8")
    assert old in text
    template.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MarkupError, match=told):
        closing.render(with_words(closed.account, edition_copy))


def test_an_undeclared_digit_in_a_text_of_the_package_is_an_error_that_names_it(
    edited: Callable[..., Path],
) -> None:
    package = edited({})
    path = package / "texts" / "key-tasks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{expansion: 54.17}", "54.17", 1), encoding="utf-8")
    problems = [str(one) for one in closing.ingest(package).problems]
    assert any("texts/key-tasks.yaml 第 25 行" in one and "“54.17”" in one for one in problems), problems


def test_digits_in_names_that_the_package_gives_are_declared(edited: Callable[..., Path]) -> None:
    package = edited({"settings.yaml": ("name: 武汉市社会保险中心", "name: 武汉市第27社会保险中心")})
    for file in ("projects.csv", "ledger/vouchers.csv"):
        path = package / file
        path.write_text(
            path.read_text(encoding="utf-8").replace("合同人员经费", "2020年合同人员经费"), encoding="utf-8"
        )
    account = closing.derive(closing.fill(closing.ingest(package)))
    page = closing.render(account).html
    assert "武汉市第27社会保险中心" in page
    assert "2020年合同人员经费" in page
    assert loose_digits(page, account.facts) == []
