"""`juesuan serve` as an office uses it: a form, a refusal that says where, a retry, messages, pages; no secret."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from juesuan.closing import only_one_of
from tests.conftest import EXAMPLE, copy_package
from tests.flows.test_personal_data import CANARIES as PERSONAL
from tests.flows.test_personal_data import holding, with_personal_data
from tests.integration.office import Office, children_of, command_of, office_in
from tests.integration.orchestrator import Orchestrator
from tests.integration.servers import message_receiver, wait_for

pytestmark = pytest.mark.integration

UNIT = "武汉市社会保险中心 2020 年度决算"
HOOK, KEY, BOOKS = "CANARY-hook-51a7", "CANARY-aws-93c2", "CANARY-db-20be"
SECRETS = (HOOK, KEY, BOOKS)


@dataclass(frozen=True)
class Told:
    """The service of an office, with all that it was told to keep to itself in its environment."""

    office: Office
    messages: list[dict[str, str]]

    @property
    def folder(self) -> Path:
        return self.office.folder

    def told(self, title: str) -> dict[str, str]:
        """Wait for a message whose title begins so; take it from those that came."""
        wait_for(lambda: any(one["title"].startswith(title) for one in self.messages), f"a message: {title}", 60)
        found = next(one for one in self.messages if one["title"].startswith(title))
        self.messages.remove(found)
        return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("office")
    with message_receiver() as (hook, messages):
        environment = {
            "JUESUAN_NOTIFY_URL": f"json://{hook}/{HOOK}",
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": KEY,
            "LEDGER_URL": f"postgresql+psycopg://books:{BOOKS}@127.0.0.1:1/books",
        }
        with office_in(folder, environment) as office:
            children = children_of(office.process.pid)
            assert any("server.py" in command for command in children.values())
            yield Told(office, messages)
    gone = [child for child, command in children.items() if command_of(child) == command]
    assert not gone, "the server goes when the service does"


@pytest.fixture
def prefect(office: Told) -> Orchestrator:
    return office.office.prefect


def test_a_refused_closing_says_what_is_wrong_and_where_tells_people_and_runs_again_when_mended(
    office: Told, prefect: Orchestrator, edited: Callable[..., Path]
) -> None:
    package = edited({"projects.csv": ("contract_staff,合同人员经费", "contract_staff,合同工经费")})
    run = prefect.start("annual-close", {"package": str(package)})
    failed = prefect.wait(run)
    assert (failed["name"], failed["state"]["type"]) == (UNIT, "FAILED")
    beside = prefect.artifacts(run)
    told = json.loads(beside["findings"]["data"])
    assert {row["差额"] for row in told if "各项目决算数之和" in row["规则"]} == {"990,000.00 元"}
    assert beside["progress"]["description"] == "4/10 停在核对报表"
    assert not [line for line in prefect.logs() if "Traceback" in line]
    page = office.office.get(beside["refusal"]["data"].partition("(")[2].rstrip(")"))
    assert "各项目决算数之和" in page.text

    message = office.told("没有完成")
    assert message["title"] == f"没有完成：{UNIT}"
    for words in ("各项目决算数之和", "差额 990,000.00 元", "ledger/vouchers.csv:", f"/runs/flow-run/{run}"):
        assert words in message["message"]
    assert "exception" not in message["message"]

    copy_package(EXAMPLE, package)
    prefect.retry(run)
    assert prefect.wait(run)["state"]["type"] == "COMPLETED"
    beside = prefect.artifacts(run)
    assert beside["progress"]["description"] == "10/10 完成"
    figures = {row["指标"]: row["本年"] for row in json.loads(beside["key-figures"]["data"])}
    assert figures["收、支总计"] == "1,988.9"
    for key, words in {"disclosure": "决算公开", "review": "审核"}.items():
        address = beside[key]["data"].partition("(")[2].rstrip(")")
        assert words in office.office.get(address).text
    assert (office.folder / "archive" / "070123" / "2020" / "v0001" / "manifest-sha256.txt").is_file()


def test_a_closing_that_waits_for_its_approval_tells_people(office: Told, prefect: Orchestrator) -> None:
    request = {"package": str(EXAMPLE), "out": "out/waiting", "archive": "waiting-archive", "ask_approval": True}
    run = prefect.start("annual-close", request)
    assert prefect.wait(run, frozenset({"PAUSED", "FAILED", "CRASHED"}))["state"]["type"] == "PAUSED"
    message = office.told("等待签署")
    assert message["title"] == f"等待签署：{UNIT}"
    assert f"/runs/flow-run/{run}" in message["message"]
    assert not (office.folder / "waiting-archive").exists()


def test_a_closing_whose_process_is_killed_tells_people(office: Told, prefect: Orchestrator) -> None:
    run = prefect.start("annual-close", {"package": str(EXAMPLE), "out": "out/killed", "force": True})
    prefect.wait(run, frozenset({"RUNNING"}))
    children = children_of(office.office.process.pid)
    (engine,) = [child for child, command in children.items() if "prefect.engine" in command]
    os.kill(engine, signal.SIGKILL)
    assert prefect.wait(run)["state"]["type"] == "CRASHED"
    assert office.told("中断")["title"] == f"中断：{UNIT}"
    prefect.retry(run)
    assert prefect.wait(run)["state"]["type"] == "COMPLETED"


def test_a_run_of_all_units_of_which_one_is_refused_tells_people(
    office: Told, prefect: Orchestrator, tmp_path: Path
) -> None:
    (tmp_path / "units" / "070002").mkdir(parents=True)
    failed = prefect.run("close-all", {"folder": str(tmp_path / "units"), "out": str(tmp_path / "out"), "jobs": 1})
    assert failed["state"]["type"] == "FAILED"
    message = office.told("各单位决算没有全部完成")["message"]
    assert message.startswith("共 1 个单位：完成 0 个，未通过 1 个，出错 0 个。")
    assert f"/runs/flow-run/{failed['id']}" in message


def test_two_closings_of_one_unit_and_year_at_once_are_never_interleaved(
    office: Told, prefect: Orchestrator
) -> None:
    def start(out: str, *, wait: bool) -> str:
        return prefect.start("annual-close", {"package": str(EXAMPLE), "out": f"out/{out}", "wait": wait})

    with only_one_of(str(office.folder / "archive"), "070123-2020"):  # as long as a closing is at work
        hasty = [prefect.wait(run)["state"] for run in [start("hasty", wait=False)]]
        (refused,) = [one["message"] for one in hasty if one["type"] == "FAILED"]
        assert "070123-2020 的另一次决算正在进行" in refused
        office.told("没有完成")
        runs = [start(f"patient-{n}", wait=True) for n in range(2)]
    patient = [prefect.wait(run)["state"]["type"] for run in runs]
    assert patient == ["COMPLETED", "COMPLETED"]


def test_what_is_hidden_beside_the_results_is_shown_to_nobody(office: Told, prefect: Orchestrator) -> None:
    done = prefect.run("annual-close", {"package": str(EXAMPLE), "out": "out/shown"})
    address = prefect.artifacts(done["id"])["disclosure"]["data"].partition("(")[2].rstrip(")")
    root = address.rpartition("/shown/")[0]
    assert office.office.get(f"{root}/shown/manifest.json").is_success
    (kept, *_) = (office.folder / "out" / ".shown.kept").iterdir()
    for path in ("", "shown/", f".shown.kept/{kept.name}", f"%2eshown.kept/{kept.name}", "..%2fhome/prefect.db"):
        assert office.office.get(f"{root}/{path}").status_code == 404, path


def test_neither_secrets_nor_personal_data_reach_the_server_its_messages_or_the_results(
    office: Told, prefect: Orchestrator, tmp_path: Path
) -> None:
    package = with_personal_data(tmp_path / "package")
    done = prefect.run("annual-close", {"package": str(package), "out": "out/private"})
    assert done["state"]["type"] == "COMPLETED", done["state"]

    settings = package / "settings.yaml"
    text = settings.read_text(encoding="utf-8")
    database = "ledger: {database: {url: $LEDGER_URL, vouchers: lines, trial_balance: balances}}\n"
    settings.write_text(text + database, encoding="utf-8")
    unreachable = prefect.run("annual-close", {"package": str(package), "out": "out/private"})
    assert "数据库连不上" in unreachable["state"]["message"]
    office.told("没有完成")

    nowhere = {"package": str(package), "archive": "s3://none/x?endpoint=http://127.0.0.1:1"}
    assert "连不上" in prefect.run("annual-close", nowhere)["state"]["message"]
    office.told("没有完成")

    told = json.dumps([prefect.everything(), office.messages], ensure_ascii=False)
    assert UNIT in told
    key = office.office.keys.secret().partition(":")[2]
    for canary in (*SECRETS, *PERSONAL, key):
        assert canary not in told, canary
    assert holding(office.folder / "out" / "private", (*SECRETS, *PERSONAL)) == set()
    assert all("/data/restricted/" in name for name in holding(office.folder / "archive", PERSONAL))
    for path in (path for path in office.folder.rglob("*") if path.is_file()):
        held = path.read_bytes()
        assert path.name == "api-key" or key.encode() not in held, path
        assert not [canary for canary in SECRETS if canary.encode() in held], path
        if path.is_relative_to(office.folder / "home"):
            assert not [canary for canary in PERSONAL if canary.encode() in held], path
