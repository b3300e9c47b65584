"""Every figure of the worked example is traced, from a folder of results alone, to vouchers and files."""

import csv
import json
import shutil
from fractions import Fraction
from functools import cache
from pathlib import Path

import duckdb
import polars
import pytest

from juesuan import closing
from juesuan.base.files import sha256_of
from juesuan.base.problems import OutputError
from juesuan.facts import FactSource
from juesuan.results.graph import Graph, load_graph
from juesuan.results.names import FACTS
from juesuan.trace import Node, Tracer, find, prove_results, tell_proof, tell_trace, trace
from tests.conftest import EXAMPLE, ROOT, Closed


@pytest.fixture(scope="module")
def graph(closed: Closed) -> Graph:
    return load_graph(closed.out)


@cache
def lines_in(file: str) -> int:
    """How many lines a file of the package, or of the edition, has; fails where there is no such file."""
    root = ROOT if file.startswith("expectations/") else EXAMPLE
    return len((root / file).read_text(encoding="utf-8").splitlines())


def nodes(node: Node) -> list[Node]:
    return [node, *(below for one in node.inputs for below in nodes(one))]


def test_the_graph_comes_back_from_its_files_as_it_was_written(closed: Closed, graph: Graph) -> None:
    assert list(graph.facts.values()) == list(closed.account.facts.values())
    assert len(graph.ledger.lines) == len(closed.intake.ledger.lines)  # type: ignore[union-attr]


def test_every_figure_ends_at_vouchers_or_at_a_line_of_a_named_file(graph: Graph) -> None:
    def stands(source: FactSource) -> bool:
        return source.line is not None and 1 <= source.line <= lines_in(source.file)

    tracer, checked = Tracer(graph), set()
    for name in graph.facts:
        for node in nodes(tracer.trace(name)):
            if node.repeated or node.fact.id in checked:
                continue
            checked.add(node.fact.id)
            assert node.inputs or node.evidence or node.fact.sources, f"{name}: {node.fact.id} ends nowhere"
            assert all(map(stands, node.fact.sources)), node.fact.id
            for one in node.evidence:
                assert one.searched, node.fact.id
                for account in one.accounts:
                    assert account.rows
                    assert all(stands(row.source) for row in account.rows), node.fact.id


def test_the_rows_behind_a_figure_add_up_to_its_exact_value(graph: Graph) -> None:
    tracer, added = Tracer(graph), 0
    for name in graph.parts:
        node = tracer.trace(name)
        total = sum(one.amount for one in node.evidence)
        if total < 0 or len(node.evidence) > 1:
            assert node.fact.exact == max(0, total) or node.inputs, name  # what is below nought counts as nought
        else:
            assert node.fact.exact == total, name
            added += 1
    assert added > 400


def test_each_row_of_a_trace_stands_in_the_export_as_the_trace_says(graph: Graph) -> None:
    with (EXAMPLE / "ledger" / "vouchers.csv").open(encoding="utf-8", newline="") as stream:
        export = list(csv.reader(stream))
    names = export[0]
    rows = [row for one in trace(graph, "t6.30101.amount").evidence for a in one.accounts for row in a.rows]
    assert rows
    for row in rows:
        written = dict(zip(names, export[(row.source.line or 0) - 1], strict=True))
        assert (row.date, row.voucher) == (written["凭证日期"], written["凭证字号"])
        assert Fraction(written["借方金额"] or 0) * 100 == row.debit
        assert written["部门经济分类编码"].startswith("30101")


def test_a_trace_works_without_the_package_and_in_another_place(closed: Closed, tmp_path: Path) -> None:
    moved = tmp_path / "years later"
    shutil.copytree(closed.out, moved)
    text, code = tell_trace(moved, "t6.personnel.amount", rows=2)
    assert code == 0
    assert "准确值 15,933,455.45 元，取整调整 －55.45 元" in text
    assert "最近值为 1,593.35，为满足勾稽取 1,593.34" in text
    assert "ledger/vouchers.csv:102" in text
    assert "另有 371 行" in text


@pytest.mark.parametrize("wanted", ["1,593.34", "1593.34", "1,593.34 万元", "t6.personnel.amount"])
def test_a_number_is_found_as_it_is_printed(graph: Graph, wanted: str) -> None:
    assert "t6.personnel.amount" in [fact.id for fact in find(graph, wanted)]


def test_a_number_that_several_facts_print_lists_them_all(closed: Closed, graph: Graph) -> None:
    text, code = tell_trace(closed.out, "100.0%")
    found = find(graph, "100.0%")
    assert code == 0
    assert len(found) > 1
    assert all(fact.id in text for fact in found)
    data = json.loads(tell_trace(closed.out, "100.0%", as_json=True)[0])
    assert [one["id"] for one in data["matches"]] == [fact.id for fact in found]
    assert data["trace"] is None


def test_a_number_that_is_not_there_is_said_not_to_be(closed: Closed) -> None:
    text, code = tell_trace(closed.out, "t1.30.11")
    assert code == 2
    assert "t1.30.1" in text


def test_json_holds_every_row(closed: Closed, graph: Graph) -> None:
    told = json.loads(tell_trace(closed.out, "t1.57.2", as_json=True)[0])["trace"]
    (evidence,) = told["ledger"]
    rows = sum(len(account["rows"]) for account in evidence["accounts"])
    assert rows == trace(graph, "t1.57.2").evidence[0].rows > 1800
    assert evidence["amount_fen"] == int(told["exact"])
    assert set(evidence["accounts"][0]["rows"][0]) == {
        "file",
        "line",
        "date",
        "voucher",
        "debit_fen",
        "credit_fen",
    }


def test_no_summary_of_a_voucher_is_written(closed: Closed) -> None:
    """They name people."""
    assert "summary" not in polars.read_parquet(closed.out / "ledger.parquet").columns


def test_other_programs_read_the_facts(closed: Closed) -> None:
    rows = duckdb.read_parquet(str(closed.out / FACTS))
    picked = rows.filter("id = 't1.57.2'").project("exact_fen, displayed_fen, selections[1].words")
    exact, displayed, words = picked.fetchall()[0]
    assert abs(exact - displayed) < 10_000
    assert "借方减贷方发生额" in words


def test_two_closings_give_the_same_bytes(closed: Closed, tmp_path: Path) -> None:
    again = tmp_path / "again"
    closing.write_results(again, closed.account, closed.disclosure, closed.runs)
    for name in ("facts.parquet", "ledger.parquet", "balances.parquet", "identities.json", "rounding.json"):
        assert (again / name).read_bytes() == (closed.out / name).read_bytes(), name


def test_the_certificate_is_proved_from_the_files_alone(closed: Closed, graph: Graph) -> None:
    tested = prove_results(graph)
    assert [one for one in tested if not one.ok] == []
    assert {one.rule for one in tested} == {*closing.proof.RULES, "rounding.printed"}
    text, code = tell_proof(closed.out)
    assert code == 0
    assert text.endswith("公布数证书得到证明。")


def test_a_forged_certificate_is_refuted(closed: Closed, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    shutil.copytree(closed.out, forged)
    path = forged / "rounding.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["displayed_steps"]["t1.57.2"] += 1
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(OutputError, match="被改动过"):
        tell_proof(forged)

    manifest = json.loads((forged / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["rounding.json"] = sha256_of(path)  # whoever forges, forges this too
    (forged / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    text, code = tell_proof(forged)
    assert code == 6
    assert "公布数证书没有得到证明" in text
    assert "t1.57.2" in text
    told = json.loads(tell_proof(forged, as_json=True)[0])
    assert not told["proved"]
    assert {one["id"] for one in told["rules"] if one["faults"]} >= {"rounding.identities", "rounding.printed"}


def test_a_folder_that_holds_no_results_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="不是决算结果的文件夹"):
        tell_trace(tmp_path, "t1.30.1")
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match="不是决算结果的文件夹"):
        tell_trace(tmp_path, "t1.30.1")
    (tmp_path / "manifest.json").write_text('{"unit": "1", "year": 2020, "files": {}}', encoding="utf-8")
    with pytest.raises(OutputError, match=r"缺少 facts\.parquet"):
        tell_trace(tmp_path, "t1.30.1")


def test_a_missing_or_damaged_file_is_named(closed: Closed, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(closed.out, broken)
    (broken / FACTS).unlink()
    with pytest.raises(OutputError, match=r"facts\.parquet"):
        load_graph(broken)
    (broken / FACTS).write_bytes(b"PAR1")
    manifest = json.loads((broken / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][FACTS] = sha256_of(broken / FACTS)
    (broken / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(OutputError, match="重新编制"):
        load_graph(broken)
