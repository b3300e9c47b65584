"""Who may hand units out: the addresses that are taken, and what is said where Dask is not there."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import distributed
import pytest

from juesuan.base.problems import ExitCode, InputError, UnavailableError
from juesuan.city import City, Notice, Order
from juesuan.city.work import NotTaken
from juesuan.runner import load_flow
from tests.ports import free_port

cluster = load_flow("cluster")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive"))


def joined(city: City, address: str) -> None:
    with cluster.joined(city, jobs=1, scheduler=address):
        pytest.fail("there was nobody to join")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:8786", "不是调度器的地址"),
        ("http://127.0.0.1:8786", "不是调度器的地址"),
        ("tcp://127.0.0.1", "不是调度器的地址"),
        ("tcp://192.0.2.7:8786", "网络上的调度器没有加密"),
        ("tcp://0.0.0.0:8786", "网络上的调度器没有加密"),
        ("tls://192.0.2.7:8786", "没有写明 TLS 的证书和密钥.*DASK_DISTRIBUTED__COMM__TLS__CA_FILE"),
    ],
)
def test_an_address_that_is_none_or_open_to_a_network_is_refused(city: City, address: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        joined(city, address)


def test_a_scheduler_that_is_not_there_is_said_so(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 2.0)
    monkeypatch.setenv("JUESUAN_SCHEDULER", f"tcp://localhost:{free_port()}")
    with pytest.raises(UnavailableError, match="连不上 Dask 调度器") as refused:
        joined(city, "")
    assert refused.value.exit_code == ExitCode.UNAVAILABLE


def test_an_address_of_this_machine_is_told_from_anothers() -> None:
    assert cluster._of_this_machine("localhost")
    assert cluster._of_this_machine("127.0.0.1")
    assert not cluster._of_this_machine("192.0.2.7")  # of documentation: nobody's
    assert not cluster._of_this_machine("no-such-host.invalid")
    assert cluster._of_this_machine(socket.gethostbyname(socket.gethostname()))


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("dask", "distributed", "bokeh"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
sys.argv[0] = "juesuan"
if sys.argv[1:] == ["procedure"]:
    from juesuan.runner import load_flow
    load_flow("procedure")
else:
    from juesuan.cli import main
    main()
"""


def without_dask(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", WITHOUT, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def test_without_dask_a_city_is_refused_with_what_to_do_and_all_else_works(tmp_path: Path) -> None:
    done = without_dask("close-all", tmp_path, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (69, "")
    assert "pip install 'juesuan[city]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert without_dask("--help").returncode == 0
    closing = without_dask("procedure")  # of one unit
    assert closing.returncode == 0, closing.stderr


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of a real scheduler with so many workers, threads of this process."""
    with (
        distributed.LocalCluster(
            n_workers=request.param, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        yield client


ORDERS = [Order(f"/nowhere/{unit}", f"/nowhere/out/{unit}", "/nowhere/archive") for unit in ("1", "2")]


@pytest.mark.parametrize("client", [0], indirect=True)
def test_where_nobody_comes_all_units_are_reported_after_a_while(client: Any) -> None:
    told = list(cluster.Cluster(client, (), None, own=False, patience=0.5)(ORDERS))
    assert [(one.folder, one.exit_code) for one in told] == [("1", 69), ("2", 69)]
    assert "没有可用的工作进程。请启动 dask worker 后再运行一次" in told[0].words[0]


@pytest.mark.parametrize("client", [1], indirect=True)
def test_a_worker_that_does_not_see_the_folders_gets_nothing_and_is_told(client: Any) -> None:
    told = list(cluster.Cluster(client, ("/nowhere/units",), None, own=False, patience=0.5)(ORDERS))
    notice, *rest = told
    assert isinstance(notice, Notice)
    assert "看不到 /nowhere/units；请用各机器共享的盘，或 s3:// 的位置" in notice.words
    assert [one.exit_code for one in rest] == [69, 69]


@pytest.mark.parametrize("client", [1], indirect=True)
def test_workers_are_there_though_what_the_client_keeps_of_them_says_none(client: Any) -> None:
    """The client refreshes what it keeps every two seconds, without workers: for a moment all seem to be gone."""
    hands = cluster.Cluster(client, (), None, own=False)
    client.sync(client._update_scheduler_info)
    assert client._scheduler_identity["workers"] == {}
    assert len(hands._workers()) == 1


@pytest.mark.parametrize("client", [1], indirect=True)
def test_an_order_for_another_process_or_a_busy_one_is_no_loss_without_end(client: Any) -> None:
    """A process that took the place of another says so: the unit is closed once more, then reported."""
    with mock.patch.object(cluster, "close_package", _not_taken):
        told = list(cluster.Cluster(client, (), None, own=False)(ORDERS[:1]))
    assert [type(one).__name__ for one in told] == ["Began", "Notice", "Began", "UnitOutcome"]
    assert "2 次中途结束" in told[-1].words[0]


def _not_taken(_order: Order, _token: str) -> NotTaken:
    return NotTaken(busy=False)


def test_dasks_page_wants_bokeh() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "bokeh", None)
        with pytest.raises(UnavailableError, match="bokeh"):
            cluster._require_bokeh()
