"""A real Prefect server on PostgreSQL with a process worker: deployed, run as the page does, failed, rerun."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from juesuan.archive.commands import show_history
from tests.conftest import EXAMPLE, copy_package
from tests.integration.conftest import CANARY
from tests.integration.orchestrator import Orchestrator

pytestmark = pytest.mark.integration


def test_both_deployments_are_there_with_schedules_that_are_off(orchestrator: Orchestrator) -> None:
    for name in ("annual-close", "verify-archive"):
        (schedule,) = orchestrator.deployment(name)["schedules"]
        assert schedule["schedule"]["timezone"] == "Asia/Shanghai"
        assert schedule["active"] is False


def test_the_form_asks_in_chinese_for_what_a_closing_needs(orchestrator: Orchestrator) -> None:
    schema = orchestrator.deployment("annual-close")["parameter_openapi_schema"]
    form = schema["definitions"]["Request"]
    assert form["required"] == ["package"]
    titles = {name: field["title"] for name, field in form["properties"].items()}
    assert titles["package"] == "决算资料文件夹"
    assert {"year", "edition", "rounding", "resume_from", "force", "wait"} <= set(titles)


def test_a_scheduled_closing_runs_fails_is_mended_retried_approved_archived_and_proved(
    orchestrator: Orchestrator, tmp_path: Path, edited: Callable[..., Path]
) -> None:
    package = edited({"projects.csv": ("contract_staff,合同人员经费", "contract_staff,合同工经费")})
    request = {"package": str(package), "out": str(tmp_path / "out"), "archive": str(tmp_path / "archive")}
    run = orchestrator.start_by_schedule("annual-close", request | {"year": 2020, "ask_approval": True})
    failed = orchestrator.wait(run)
    assert failed["auto_scheduled"]
    assert (failed["name"], failed["state"]["type"]) == ("武汉市社会保险中心 2020 年度决算", "FAILED")
    assert "各项目决算数之和" in failed["state"]["message"]
    told = json.loads(orchestrator.artifacts(run)["findings"]["data"])
    assert {row["差额"] for row in told if "各项目决算数之和" in row["规则"]} == {"990,000.00 元"}
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "archive").exists()

    copy_package(EXAMPLE, package)  # mended
    orchestrator.retry(run)
    asked = orchestrator.asked(run)
    for role, name in (("审核人", "王芳"), ("批准人", "陈刚")):
        _, words = asked.next()
        assert f"请{role}签署" in words
        assert not (tmp_path / "archive").exists()
        assert asked.answer(decision="同意", name=name) == "ACCEPT"
    asked.ends("COMPLETED")
    artifacts = orchestrator.artifacts(run)
    assert "无错误" in artifacts["annual-close"]["data"]
    assert artifacts["progress"]["data"] == 100
    assert "disclosure" not in artifacts  # nobody serves the results: no link that leads nowhere
    assert (tmp_path / "out" / "disclosure.html").is_file()
    assert not (tmp_path / "out.refused").exists()
    said: list[str] = []
    show_history(request["archive"], say=said.append)
    assert "已批准" in "\n".join(said)

    proved = orchestrator.run("verify-archive", {"archive": str(tmp_path / "archive")})
    assert proved["state"]["type"] == "COMPLETED", proved["state"]
    (retention,) = (tmp_path / "archive" / "070123").rglob("*.retention")
    before = retention.read_text(encoding="utf-8")
    (page,) = (tmp_path / "archive").rglob("disclosure.html")
    page.chmod(0o600)
    page.write_text("forged", encoding="utf-8")
    damaged = orchestrator.run("verify-archive", {"archive": str(tmp_path / "archive")})
    assert damaged["state"]["type"] == "FAILED"
    assert "070123/2020/v0001/data/results/disclosure.html：内容已改变" in damaged["state"]["message"]
    rows = json.loads(orchestrator.artifacts(damaged["id"])["archive-proof"]["data"])
    assert [row["文件"] for row in rows] == ["data/results/disclosure.html"]
    assert retention.read_text(encoding="utf-8") == before  # what is damaged is not renewed


def test_all_units_of_a_folder_are_closed_but_the_one_that_is_refused(
    orchestrator: Orchestrator, tmp_path: Path
) -> None:
    (tmp_path / "units" / "070002").mkdir(parents=True)
    copy_package(EXAMPLE, tmp_path / "units" / "070123")
    places = {name: str(tmp_path / name) for name in ("out", "archive")}
    request = {"folder": str(tmp_path / "units"), "jobs": 1, **places}
    failed = orchestrator.run("close-all", request)
    assert failed["state"]["type"] == "FAILED"
    assert "共 2 个单位：完成 1 个，未通过 1 个，出错 0 个。" in failed["state"]["message"]
    artifacts = orchestrator.artifacts(failed["id"])
    (row,) = json.loads(artifacts["units"]["data"])
    assert (row["资料文件夹"], row["结果"]) == ("070002", "未通过")
    assert artifacts["progress"]["data"] == 100
    assert (tmp_path / "out" / "070123" / "disclosure.html").is_file()

    (tmp_path / "units" / "070002").rmdir()
    done = orchestrator.run("close-all", request)
    assert done["state"]["type"] == "COMPLETED", done["state"]
    assert (
        "共 1 个单位：完成 1 个（其中 1 个没有变动，未重做）"
        in orchestrator.artifacts(done["id"])["close-all"]["data"]
    )


def test_a_year_that_is_not_the_packages_is_refused(orchestrator: Orchestrator, tmp_path: Path) -> None:
    request = {"package": str(EXAMPLE), "out": str(tmp_path / "out"), "archive": str(tmp_path / "a"), "year": 2021}
    failed = orchestrator.run("annual-close", request)
    assert failed["state"]["type"] == "FAILED"
    assert "资料的年度与要编制的年度不同" in failed["state"]["message"]


def test_a_form_without_a_package_is_refused_before_anything_runs(orchestrator: Orchestrator) -> None:
    deployment = orchestrator.deployment("annual-close")["id"]
    answer = httpx.post(
        f"{orchestrator.api}/deployments/{deployment}/create_flow_run",
        json={"parameters": {"request": {"year": 2020}}},
        timeout=30,
    )
    assert answer.status_code == 409
    assert "package" in answer.text


def test_nothing_secret_of_the_environment_reaches_artifacts_results_or_archive(
    orchestrator: Orchestrator, tmp_path: Path
) -> None:
    request = {"package": str(EXAMPLE), "out": str(tmp_path / "out"), "archive": str(tmp_path / "archive")}
    done = orchestrator.run("annual-close", request)
    assert done["state"]["type"] == "COMPLETED", done["state"]
    assert CANARY not in json.dumps(orchestrator.artifacts(done["id"]), ensure_ascii=False)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
