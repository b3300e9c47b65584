"""A reason that is word for word last year's is a warning: no stale reason survives unseen."""

import shutil
from pathlib import Path

from juesuan.starting.check import standing_of, told
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "wuhan-2020"


def test_a_reason_carried_from_last_year_word_for_word_is_a_warning(tmp_path: Path) -> None:
    root = tmp_path / "package"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("*.py", "*.toml", "__pycache__"))
    reasons = root / "texts" / "reasons.yaml"
    carried = """carried_from:
  total: |-
    根据人员基本支出
    政策性调整增加经费收入
  appropriations: 人员减少
"""
    reasons.write_text(reasons.read_text(encoding="utf-8") + carried, encoding="utf-8")
    standing = standing_of(root)
    failed = {one.id: [failure.place for failure in one.failures] for one in standing.failed}
    assert failed == {"reasons.carried": ["texts/reasons.yaml 的 total"]}
    assert "与上年的原因一字不差" in told(standing)
