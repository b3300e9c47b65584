"""A disk that is full (a small tmpfs) at any stage: it is said, nothing half done is left, and a rerun goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXAMPLE

pytestmark = pytest.mark.integration

# Closes on a disk of this size; then on it, grown. The mount is in a namespace of its own: no root needed.
SCRIPT = """
set -e
mkdir -p "$FOLDER"
mount -t tmpfs -o size="$SIZE" none "$FOLDER"
cd "$FOLDER"
close() { "$PYTHON" -m juesuan close "$PACKAGE" --out out/x --archive archive; }
set +e
close 2> "$TOLD"; echo "full $?"
echo "published $(ls out/x 2> /dev/null | wc -l)"
echo "archived $(find archive -name manifest-sha256.txt 2> /dev/null | wc -l)"
mount -o remount,size=64M "$FOLDER"
close; echo "grown $?"
"$PYTHON" -m juesuan verify archive; echo "verified $?"
"""


@pytest.mark.parametrize(
    ("size", "stage", "told", "published"),
    [
        ("64k", "1/10 读取资料与账簿", "无法保存阶段结果到", False),
        ("5500k", "9/10 输出结果", "无法写入", False),
        ("9M", "10/10 归档", "已写入的部分保留，重新运行即可续传", False),
    ],
)
def test_a_full_disk_is_told_and_a_rerun_on_a_larger_one_finishes(
    size: str, stage: str, told: str, tmp_path: Path, *, published: bool
) -> None:
    names = {"FOLDER": "small", "TOLD": "told"}
    environment = {
        **os.environ,
        **{name: str(tmp_path / path) for name, path in names.items()},
        **{"SIZE": size, "PYTHON": sys.executable, "PACKAGE": str(EXAMPLE), "HOME": str(tmp_path)},
    }
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    words = (tmp_path / "told").read_text(encoding="utf-8")
    assert told in words
    assert "磁盘空间不足" in words
    assert "Traceback" not in words
    lines = done.stdout.splitlines()
    assert f"✗ {stage}" in done.stdout, done.stdout
    assert "full 6" in lines
    assert ("published 0" in lines) is not published
    assert "archived 0" in lines
    assert {"grown 0", "verified 0"} <= set(lines), done.stdout + done.stderr
