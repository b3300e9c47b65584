"""Faults planted by kind into the demonstration: nearly all are found, and nothing else is."""

from pathlib import Path

from tests.benchmarks.audit_planted import KINDS, score
from tests.unit.audit_demo import demo, write_html


def test_faults_of_every_kind_are_found_and_nothing_else(tmp_path: Path) -> None:
    write_html(demo(), tmp_path / "demo.html")
    scores = score([tmp_path / "demo.html"], 3 * len(KINDS), seed=2020)
    assert len(scores) >= len(KINDS) - 1  # the demonstration may lack the words of one kind
    assert sum(one.false for one in scores.values()) == 0
    planted, found = (sum(getattr(one, name) for one in scores.values()) for name in ("planted", "found"))
    assert planted >= 30
    assert found >= 0.9 * planted, {kind: (one.planted, one.found) for kind, one in scores.items()}


def test_the_same_seed_plants_the_same_faults(tmp_path: Path) -> None:
    write_html(demo(), tmp_path / "demo.html")
    assert score([tmp_path / "demo.html"], 6, seed=7) == score([tmp_path / "demo.html"], 6, seed=7)
