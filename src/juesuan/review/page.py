"""The review page ``review/index.html``: one self-contained page, made of the files of a results folder alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from juesuan.base.files import read_json
from juesuan.base.resources import page_templates
from juesuan.evidence.pdfs import PdfSignatureError, can_sign, check_pdf, is_signed
from juesuan.evidence.ring import ring_of
from juesuan.identities import Verdict
from juesuan.results import Results, idle_of, read_results, verdict_of
from juesuan.results.names import CHECKS, DIFFERENCES, PDF, PROBLEMS, REVIEW_PAGE, SUITES, VALIDATION
from juesuan.results.signoff import doubts_of, hashes_of
from juesuan.review.differences import Differences, compare

_AS_JSON = TypeAdapter(Differences)
_POLICIES = {
    "rounding": ("尾差", {"controlled": "统一平衡", "independent": "各自四舍五入"}),
    "percentages": ("占比尾差", {"controlled": "合计为 100%", "independent": "各自四舍五入"}),
    "score_rate": ("预算执行得分的口径", {"displayed": "按公布的执行率", "exact": "按未舍入的执行率"}),
}


def write_review(out: Path, *, old: Path | None = None) -> Path:
    """Write the review page of a results folder; with ``old``, how it differs from another closing.

    What was compared stays on the page (``review/differences.json``) when it is written again without.

    Raises:
        OutputError: a folder holds no results.
    """
    results = read_results(out)
    kept, page = out / DIFFERENCES, out / REVIEW_PAGE
    page.parent.mkdir(exist_ok=True)
    if old:
        kept.write_bytes(_AS_JSON.dump_json(compare(read_results(old), results), indent=1) + b"\n")
    differences = _AS_JSON.validate_json(kept.read_bytes()) if kept.is_file() else None
    page.write_text(render_review(results, differences), encoding="utf-8", newline="\n")
    return page


def render_review(results: Results, differences: Differences | None = None) -> str:
    """Return the review page."""
    titles = results.suites
    ids = {str(name) for section in results.sections for name in section["facts"]}
    return (
        page_templates("review")
        .get_template("index.j2")
        .render(
            results=results,
            run=results.run,
            standing=results.standing,
            steps=list(_steps(results)),
            suites=list(_suites(results.checks, titles, f"../{VALIDATION}")),
            failed=[_failed(one, titles, f"../{VALIDATION}") for one in results.failed],
            unproved=list(_unproved(results)),
            rules=len(results.checks) - idle_of(results.checks),
            idle=idle_of(results.checks),
            places=sum(one["instances"] for one in results.checks),
            policies=[
                (title, words.get(results.run["policies"][key], results.run["policies"][key]))
                for key, (title, words) in _POLICIES.items()
            ],
            adjustments=results.rounding["adjustments"],
            residues=results.rounding["residues"],
            printed=ids,
            sections=list(_sections(results)),
            signoffs=list(_signoffs(results)),
            pdf=_pdf((results.folder / PDF).read_bytes()),
            signed_by_key=sum(bool(one.signature) for one in results.signoffs),
            differences=differences,
        )
    )


def render_refused(folder: Path) -> str:
    """Return the page of a closing that was refused, from what was found (``problems.json``, ``validation/``)."""
    titles, checks = read_json(folder / SUITES), read_json(folder / CHECKS)
    failed = [_failed(one, titles, VALIDATION) for one in checks if verdict_of(one) is Verdict.FAILED]
    kinds = {kind: [one for one in failed if one["kind"] == kind] for kind in ("error", "warning", "told")}
    return (
        page_templates("review")
        .get_template("refused.j2")
        .render(
            problems=read_json(folder / PROBLEMS),
            errors=kinds["error"],
            warnings=kinds["warning"],
            told=kinds["told"],
            rules=len(checks) - idle_of(checks),
            suites=list(_suites(checks, titles, VALIDATION)),
        )
    )


def _steps(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the stations on the way to publication, as the page draws them."""
    now = results.standing
    yield {"name": "编制", "done": True, "who": f"{len(results.checks) - idle_of(results.checks)} 条规则核对完毕"}
    for role in dict.fromkeys(results.run["approvals"]):
        names = dict.fromkeys(one.who for one in results.signoffs if one.role == role)
        waiting = len(now.open.get(role, ()))
        done = not waiting
        who = "、".join(names) if done else f"待签 {waiting} 节"
        yield {"name": role, "done": done, "who": who}
    published = now.state == "approved"
    yield {"name": "公开", "done": published, "who": "可以公开" if published else "草稿，不得公开"}


def _unproved(results: Results) -> Iterator[str]:
    """Yield what was not proved for want of a ledger: rules with nothing to check. Older results had one."""
    wanted = results.run.get("unproved", ())
    idle = (one for one in results.checks if verdict_of(one) is Verdict.NOT_APPLICABLE)
    yield from (str(one["text"]) for one in idle if one["id"] in wanted)


def _suites(checks: Sequence[Mapping[str, Any]], titles: Mapping[str, str], docs: str) -> Iterator[dict[str, Any]]:
    order = list(titles)
    found = dict.fromkeys(str(one["suite"]) for one in checks)
    for name in sorted(found, key=lambda one: order.index(one) if one in order else len(order)):
        rules = [one for one in checks if one["suite"] == name]
        failed = [one for one in rules if verdict_of(one) is Verdict.FAILED]
        open_ = [one for one in failed if not all(place["explanation"] for place in one["failures"])]
        yield {
            "title": titles.get(name, name),
            "file": f"{docs}/{name}.html",
            "rules": len(rules),
            "idle": idle_of(rules),
            "places": sum(one["instances"] for one in rules),
            "errors": sum(one["severity"] == "error" for one in open_),
            "warnings": sum(one["severity"] == "warning" for one in open_),
            "explained": len(failed) - len(open_),
        }


def _failed(rule: Mapping[str, Any], titles: Mapping[str, str], docs: str) -> dict[str, Any]:
    explained = all(one["explanation"] for one in rule["failures"])
    return {
        **rule,
        "suite_title": titles.get(rule["suite"], rule["suite"]),
        "link": f"{docs}/{rule['suite']}.html#{rule['id']}",
        "kind": "error" if rule["severity"] == "error" else "told" if explained else "warning",
    }


def _sections(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the sections with the state of each for every role."""
    now = results.standing
    roles = dict.fromkeys(results.run["approvals"])
    for one in results.sections:
        anchor = str(one["anchor"])
        yield {
            "anchor": "" if anchor in ("title", "explanations") else anchor,
            "title": one["title"],
            "level": one["level"],
            "facts": len(one["facts"]),
            "hash": str(one["hash"])[:8],
            "signed": {role: anchor not in now.open.get(role, ()) for role in roles},
            "reopened": [role for role in roles if anchor in now.reopened.get(role, ())],
        }


def _pdf(pdf: bytes) -> dict[str, Any]:
    """Return who signed the PDF and by whose clock, in words; ``bad`` where the signature does not count."""
    if not is_signed(pdf):
        return {"bad": False, "words": "没有签名"}
    if not can_sign():
        return {"bad": False, "words": "有签名，这里没有安装核对它所用的程序"}
    trust = ring_of().trust()
    try:
        found = check_pdf(pdf, trust)
    except PdfSignatureError as error:
        return {"bad": True, "words": str(error)}
    if found.key not in trust.keys:
        told = f"签名完好，盖住整个文件；证书自称“{found.certified}”（密钥 {found.key}），没有公钥可核对"
        return {"bad": False, "words": f"{told}；签于 {found.clock}"}
    if fault := found.fault(trust):
        return {"bad": True, "words": fault}
    told = f"{trust.keys[found.key].shown}的签名，相符，盖住整个文件"
    return {"bad": False, "words": f"{told}；签于 {found.clock}"}


def _signoffs(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the sign-offs with what they cover today, and whose key stands for them."""
    trust = ring_of().trust()
    doubted = {number: why for number, why, _ in doubts_of(results.signoffs, trust)}
    for number, one in enumerate(results.signoffs, start=1):
        valid = one.covers(hashes_of(results.sections))
        known = trust.keys.get(one.key)
        unknown = bool(one.signature) and known is None
        proof = f"{known.shown}的签名，相符" if known else doubted.get(number, "")
        yield {
            "record": one,
            "valid": len(valid),
            "void": [results.section_title(name) for name in one.sections if name not in valid],
            "proof": f"密钥 {one.key} 的签名，没有公钥可核对" if unknown else doubted.get(number, proof),
            "bad": bool(known) and number in doubted,
        }
