"""``make quick`` picks what a change touches, nearest first, and names what it had no time for."""

from pathlib import Path

import pytest

from tests import quick

SOURCES = {
    "tests/helper.py": "from juesuan.base import privacy\n",
    "tests/unit/test_near.py": "from juesuan.base.privacy import masked\n",
    "tests/unit/test_by_helper.py": "from tests.helper import privacy\n",
    "tests/unit/test_far.py": "from juesuan.closing import ingest\n",
    "tests/unit/test_of_data.py": "EDITION = 'wuhan-2020'\n",
    "tests/unit/test_else.py": "import json\n",
    "tests/integration/test_server.py": "from juesuan.base.privacy import masked\n",
}


def test_a_changed_module_touches_who_imports_it_the_nearest_first() -> None:
    found = quick.touched(["src/juesuan/base/privacy.py"], SOURCES)
    near, far = found.index("tests/unit/test_near.py"), found.index("tests/unit/test_far.py")
    assert near < found.index("tests/unit/test_by_helper.py") <= far
    assert not {"tests/unit/test_else.py", "tests/unit/test_of_data.py"} & set(found)
    assert not any("integration" in path for path in found)


def test_a_changed_test_is_run_and_a_helper_touches_who_uses_it() -> None:
    assert quick.touched(["tests/unit/test_else.py"], SOURCES) == [quick.ALWAYS, "tests/unit/test_else.py"]
    assert "tests/unit/test_by_helper.py" in quick.touched(["tests/helper.py"], SOURCES)


def test_data_touch_who_names_them() -> None:
    found = quick.touched(["expectations/editions/wuhan-2020/rules/practice.yaml"], SOURCES)
    assert found == [quick.ALWAYS, "tests/unit/test_of_data.py"]


def test_every_module_of_the_house_is_reached_by_a_test() -> None:
    sources = {
        path.relative_to(quick.ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (quick.ROOT / "tests").rglob("*.py")
    }
    source = quick.ROOT / "src"
    importers = quick.importers_of(sources)
    tests = {quick.module_of(path) for path in sources if Path(path).name.startswith("test_")}
    alone = [
        path.relative_to(source).as_posix()
        for path in sorted((source / "juesuan").rglob("*.py"))
        if not tests & quick.distances([quick.module_of(f"src/{path.relative_to(source)}")], importers).keys()
    ]
    assert alone == ["juesuan/__main__.py"]  # a process of its own: tests/flows/test_command_line.py starts it


def test_what_there_was_no_time_for_is_remembered_and_not_run(request: pytest.FixtureRequest) -> None:
    timed = quick.WithinTime(0)
    assert timed.pytest_runtest_protocol(request.node) is True
    assert timed.left == [request.node.nodeid]
    assert quick.WithinTime(60).pytest_runtest_protocol(request.node) is None
