"""The worked example comes out as published, except where the published text contradicts itself."""

import csv
import html
import json
import re
from pathlib import Path

import pytest

from tests.conftest import EXAMPLE, ROOT, Closed

HERE = Path(__file__).parent / "wuhan-2020"
NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_published(wanyuan: str) -> str:
    whole, _, decimals = wanyuan.partition(".")
    decimals = decimals.rstrip("0")
    return f"{int(whole):,}" + (f".{decimals}" if decimals else "")


def words_of(page: str) -> str:
    """The text of a page, without scripts, styles and what only explains."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_every_amount_of_the_published_tables_is_a_fact_displayed_as_published(closed: Closed) -> None:
    facts = {(fact["table"], fact["row"], fact["column"]): fact["display"] for fact in closed.facts_csv}
    published = lines(EXAMPLE / "published-tables.csv")
    assert len(published) == 158
    for one in published:
        place = (one["table"], one["row"], one["column"])
        assert facts[place] == as_published(one["amount_wanyuan"]), place


def test_every_cell_that_the_published_tables_leave_empty_is_nought(closed: Closed) -> None:
    published = {(one["table"], one["row"], one["column"]) for one in lines(EXAMPLE / "published-tables.csv")}
    for fact in closed.facts_csv:
        place = (fact["table"], fact["row"], fact["column"])
        if fact["table"] and place not in published:
            assert fact["exact"] == "0", fact["id"]


def test_every_number_of_the_published_text_appears_except_its_contradictions(closed: Closed) -> None:
    rendered = set(NUMBER.findall(words_of(closed.disclosure.html)))
    published = lines(HERE / "published-numbers.csv")
    missing = {one["number"] for one in published if one["number"] not in rendered}
    assert missing == {one["number"] for one in published if one["contradiction"]}
    assert len(published) > 200


def test_table_6_and_the_sentence_about_it_print_the_same_figure(closed: Closed) -> None:
    personnel = closed.account.facts["t6.personnel.amount"]
    assert personnel.display == "1,593.34"
    assert [one.figure for one in closed.account.rounding.adjustments] == ["t6.personnel.amount"]
    assert closed.disclosure.html.count('data-fact="t6.personnel.amount"') >= 2


def test_sentence_and_sheet_print_the_same_score(closed: Closed) -> None:
    assert closed.account.facts["score.unit.total"].display == "99.88"
    assert "99.87" not in words_of(closed.disclosure.html)


def test_all_nineteen_printed_formulae_are_checked(closed: Closed) -> None:
    results = json.loads((closed.out / "validation" / "results.json").read_text(encoding="utf-8"))
    notes = [one for one in results if re.fullmatch(r"table-[1-9]\.note-[0-9]+", one["id"])]
    assert len(notes) == 19
    assert all(one["success"] and one["instances"] for one in notes)
    assert {"id", "suite", "text", "citation", "severity", "success", "failures"} <= set(results[0])
    assert [one["text"] for one in notes if one["suite"] == "table-4"][3].startswith("59 行＝（33+34+…+58）行")


def test_the_erratum_of_table_4_is_reported(closed: Closed) -> None:
    (erratum,) = json.loads((closed.out / "errata.json").read_text(encoding="utf-8"))
    assert (erratum["table"], erratum["printed"][:2], erratum["corrected"][:2]) == (4, "57", "59")


def test_the_document_has_five_parts_nine_tables_four_charts_three_sheets_and_eleven_tasks(closed: Closed) -> None:
    page = closed.disclosure.html
    for part in ("第一部分", "第二部分", "第三部分", "第四部分", "第五部分"):
        assert part in page
    words = words_of(page)
    assert all(f"（表 {number}）" in words for number in range(1, 10))
    assert all(f"图 {number}：" in words for number in range(1, 5))
    assert words.count("偏差大或目标未完成原因分析") == 3
    assert len(closed.intake.package.texts.key_tasks.tasks) == 11 if closed.intake.package else False


def test_nothing_is_wrong_and_nothing_is_found(closed: Closed) -> None:
    assert json.loads((closed.out / "findings.json").read_text(encoding="utf-8")) == []


def test_the_manifest_names_the_hash_of_every_other_file(closed: Closed) -> None:
    manifest = json.loads((closed.out / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(closed.out).as_posix() for path in closed.out.rglob("*") if path.is_file()}
    later = {
        name for name in files if name.startswith(("review/", "sign-offs/"))
    }  # tell about the manifest itself
    assert set(manifest["files"]) == files - {"manifest.json"} - later


@pytest.mark.parametrize("room", ["src", "flows", "expectations", "templates"])
def test_no_amount_of_the_case_stands_outside_examples_and_tests(room: str) -> None:
    amounts = {one["amount_wanyuan"] for one in lines(EXAMPLE / "published-tables.csv")}
    telling = {number for number in amounts if len(number.replace(".", "")) >= 4}
    pattern = re.compile("|".join(rf"(?<![0-9.]){re.escape(number)}(?![0-9])" for number in sorted(telling)))
    for path in (ROOT / room).rglob("*"):
        if path.is_file() and path.suffix in {".py", ".yaml", ".j2", ".csv", ".css", ".js", ".typ"}:
            text = path.read_text(encoding="utf-8").replace(",", "")
            assert not pattern.findall(text), path
