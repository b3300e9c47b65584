"""Every case of ``tests/spec/audit.yaml``: one change, and what the audit then finds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.audit import audit_document
from tests.unit.audit_demo import WRITERS, demo, replaced
from tests.unit.audit_sentences import not_a_sentence

_CASES = yaml.safe_load((Path(__file__).parents[1] / "spec" / "audit.yaml").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_consistent_document_has_no_finding_in_any_format(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"demo.{kind}"
    WRITERS[kind](demo(), path)
    report = audit_document(path)
    assert report.findings == ()
    assert len(report.tables) == 9
    assert report.year == 2022


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_one_change_is_found_and_nothing_else(case: dict[str, Any], tmp_path: Path) -> None:
    blocks = replaced(demo(), case["was"].replace("|", "\x1f"), case["now"].replace("|", "\x1f"))
    path = tmp_path / "demo.html"
    WRITERS["html"](blocks, path)
    report = audit_document(path)
    found = report.findings
    assert sorted({one.rule for one in found}) == sorted(case["finds"]), found
    assert [wrong for one in found if (wrong := not_a_sentence(one, report.inquiry(one)))] == []
    if case["finds"]:
        first = next(one for one in found if one.rule == case["finds"][0])
        assert first.weight.value == case["severity"]
        words = " ".join(f"{one.message}{one.stated}{one.computed}" for one in found)
        assert case.get("says", "") in words
