"""A closing that is killed at any moment has lost nothing, and the next run takes up where it stopped."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from juesuan.archive import open_store, prove
from tests.conftest import EXAMPLE

pytestmark = pytest.mark.integration

_PLACES = 21


def close(what: str, folder: Path, *places: int) -> list[dict[str, Any]]:
    driver = Path(__file__).with_name("killed_closing.py")
    words = [sys.executable, driver, what, EXAMPLE, folder, *places]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_at_twenty_one_places_it_resumes_and_does_nothing_twice(tmp_path: Path) -> None:
    (first,) = close("resume", tmp_path / "first")
    changes, expected = first["changes"], first["out"]
    assert changes > _PLACES
    places = [1 + place * (changes - 1) // (_PLACES - 1) for place in range(_PLACES)]
    whole, *runs = close("resume", tmp_path, *places)
    assert (whole["changes"], whole["out"]) == (changes, expected)
    resumed: list[int] = []
    for place, rerun in zip(places, runs, strict=True):
        assert rerun["before"] in ({}, expected), f"half a result after place {place}"
        assert (rerun["signal"], rerun["code"], rerun["out"]) == (0, 0, expected), f"place {place}"
        resumed.append(len(rerun["used"]))
        proof = prove(open_store(str(tmp_path / str(place) / "archive")))
        assert (len(proof.proven), proof.damages) == (1, ()), f"place {place}"
    assert resumed == sorted(resumed)  # the later it was killed, the less is done again
    assert (resumed[0], resumed[-1]) == (0, 4)

    for number in (_PLACES // 3, 2 * _PLACES // 3, _PLACES - 1):  # copies are not kills: these are
        killed, rerun = close("kill", tmp_path / "killed" / str(number), places[number])
        assert killed["signal"] == signal.SIGKILL
        assert killed["out"] in ({}, expected), f"half a result after place {places[number]}"
        assert (rerun["signal"], rerun["code"], rerun["out"]) == (0, 0, expected), f"place {places[number]}"
