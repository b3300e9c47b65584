"""What ``juesuan trace`` and ``juesuan prove`` say about a folder of results."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from juesuan.base.problems import ExitCode
from juesuan.facts import Fact, Unit
from juesuan.results.graph import Graph, load_graph
from juesuan.rounding import RULES, Tested, prove
from juesuan.trace.telling import fact_data, lines_of, listing, node_data
from juesuan.trace.tree import find, likely, trace

_PRINTED = "rounding.printed"
_RULES = {**RULES, _PRINTED: "每个列示的金额与证书中的公布数一致"}
_MOST_FAULTS = 20


def tell_trace(out: Path, wanted: str, *, rows: int = 3, as_json: bool = False) -> tuple[str, int]:
    """Return what is to be said about a figure, and the exit code.

    ``wanted`` is a fact's id or a number as printed. A number that several facts print lists them all.

    Raises:
        OutputError: the folder holds no results that can be traced.
    """
    graph = load_graph(out)
    facts = find(graph, wanted)
    if as_json:
        tree = node_data(trace(graph, facts[0].id)) if len(facts) == 1 else None
        data = {"wanted": wanted, "matches": [fact_data(fact) for fact in facts], "trace": tree}
        text = json.dumps(data, ensure_ascii=False, indent=1)
    elif not facts:
        near = "、".join(likely(graph, wanted))
        hint = f"是否想查：{near}？" if near else "请照文中的写法，或用 facts.csv 中的编号。"
        text = f"结果中没有编号为“{wanted}”的数，也没有这样列示的数。{hint}"
    elif len(facts) == 1:
        text = "\n".join(lines_of(trace(graph, facts[0].id), graph.money, rows=rows))
    else:
        text = "\n".join(listing(wanted, facts, graph.money))
    return text, ExitCode.OK if facts else ExitCode.USAGE


def prove_results(graph: Graph) -> tuple[Tested, ...]:
    """Test the certificate of the rounding from the files alone, and that what is printed is what it says."""
    named = {
        name.lstrip("+-")
        for identity in graph.identities
        for one in identity["instances"]
        for name in (one["target"], *one["terms"])
    }
    displayed = graph.certificate["displayed_steps"]
    values = {
        fact.id: int(fact.exact)
        for fact in graph.facts.values()
        if fact.unit is Unit.FEN and (fact.id in displayed or fact.id in named)
    }
    return (*prove(graph.certificate, values, graph.identities), *_as_printed(graph))


def tell_proof(out: Path, *, as_json: bool = False) -> tuple[str, int]:
    """Return the outcome of the proof in words, and the exit code.

    Raises:
        OutputError: the folder holds no results that can be proved.
    """
    tested = prove_results(load_graph(out))
    faults = [one for one in tested if not one.ok]
    code = ExitCode.OUTPUT if faults else ExitCode.OK
    if as_json:
        rules = [
            {
                "id": key,
                "text": words,
                "tested": sum(one.rule == key for one in tested),
                "faults": [
                    {"place": one.place, "stated": one.stated, "found": one.found}
                    for one in faults
                    if one.rule == key
                ],
            }
            for key, words in _RULES.items()
        ]
        return json.dumps({"proved": not faults, "rules": rules}, ensure_ascii=False, indent=1), code
    return "\n".join(_proof_lines(tested)), code


def _proof_lines(tested: tuple[Tested, ...]) -> Iterator[str]:
    faulty = False
    for key, words in _RULES.items():
        mine = [one for one in tested if one.rule == key]
        faults = [one for one in mine if not one.ok]
        faulty |= bool(faults)
        counted = f"{len(mine)} 处" + (f"，不符 {len(faults)} 处" if faults else "")
        yield f"{'不符' if faults else '相符'}　{words}（{counted}）"
        for one in faults[:_MOST_FAULTS]:
            yield f"    {one.place}：证书 {one.stated}，实际 {one.found}"
    yield "公布数证书没有得到证明。" if faulty else "公布数证书得到证明。"


def _as_printed(graph: Graph) -> Iterator[Tested]:
    displayed, step = graph.certificate["displayed_steps"], graph.certificate["step_fen"]
    for name, steps in displayed.items():
        if name in graph.facts:
            fact = graph.facts[name]
            shown = _fen(fact, graph.certificate["fen_per_unit"])
            ok = shown == steps * step == fact.displayed
            yield Tested(_PRINTED, name, f"{steps * step} 分", fact.display, ok)


def _fen(fact: Fact, fen_per_unit: int) -> Decimal | None:
    try:
        return Decimal(fact.display.replace(",", "")) * fen_per_unit
    except InvalidOperation:
        return None
