"""What a finance office gets wrong is told at once, in its words, and nothing is published."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.closing import ClosingRefused
from juesuan.rounding import RoundingConflict
from tests.conftest import ROOT, close_directly

# Everything is text: YAML itself would read dates and numbers.
CASES = yaml.load(
    (ROOT / "tests" / "spec" / "closing-errors.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes nothing but text, lists and mappings
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_answer_names_place_found_and_expected(
    case: dict[str, Any], edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({name: tuple(change) if change != "null" else None for name, change in case["edit"].items()})
    out = tmp_path / "out"
    with pytest.raises((ClosingRefused, RoundingConflict)) as caught:
        close_directly(package, out)
    told = str(caught.value)
    for words in case["told"]:
        assert words in told, f"{words!r} is missing from:\n{told}"
    assert caught.value.exit_code == int(case["exit"])
    assert not out.exists()
