"""`juesuan close`, as a person runs it: Prefect's embedded server, no set-up, no noise, honest exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.conftest import EXAMPLE


def juesuan(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "juesuan", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd), "COLUMNS": "200"},
        timeout=900,
        check=False,
    )


def test_the_example_closes_once_and_a_rerun_archives_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        done = juesuan("close", EXAMPLE, "--out", "out", "--archive", "archive", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "无错误" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert done.stderr == ""
    assert (tmp_path / "out" / "disclosure.html").is_file()
    assert (tmp_path / "out" / "validation" / "index.html").is_file()
    unit, log = sorted((tmp_path / "archive").iterdir())
    assert log.name == "log"
    (year,) = unit.iterdir()
    versions = [path for path in year.iterdir() if path.is_dir()]
    held = [set((one / "manifest-sha256.txt").read_text(encoding="utf-8").splitlines()) for one in versions]
    # where code.json differs, somebody changed the checkout between the two runs
    assert len(versions) == 1, sorted(set.union(*held) - set.intersection(*held))


def test_a_refused_closing_leaves_earlier_results_and_tells_everything(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text("{}")
    package = edited({"projects.csv": ("contract_staff,合同人员经费", "contract_staff,合同工经费")})
    done = juesuan("close", package, "--out", out, "--archive", tmp_path / "archive", cwd=tmp_path)
    assert done.returncode == 4
    assert "报表中的项目支出＝项目清单中各项目决算数之和" in done.stderr
    assert "没有公布任何内容" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    findings = json.loads((tmp_path / "out.refused" / "findings.json").read_text(encoding="utf-8"))
    assert findings[0]["difference"] == "990,000.00 元"
    assert not (tmp_path / "archive").exists()


def test_a_package_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = juesuan("close", tmp_path / "nowhere", cwd=tmp_path)
    assert done.returncode == 3
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_the_settings_is_told_before_anything_slow_is_imported(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({"settings.yaml": ("year: 2020", "year: twenty")})
    words = [
        "juesuan",
        "close",
        str(package),
        "--out",
        str(tmp_path / "out"),
        "--archive",
        str(tmp_path / "archive"),
    ]
    asked = f"""
import sys
from juesuan.cli import main
sys.argv = {words!r}
try:
    main()
finally:
    print(sorted({{"prefect", "great_expectations", "pandas", "polars", "typst"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 3
    assert "不是整数；实际为“twenty”" in done.stderr
    assert done.stdout == "[]\n"
    assert "不是整数" in (tmp_path / "out.refused" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "out.refused" / "validation" / "index.html").is_file()


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = juesuan("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "close" in done.stdout
