"""Dask's own page, opened in a browser: it is on the loopback, whole, and fetches nothing from elsewhere."""

from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import BrowserContext

from juesuan.city import City
from juesuan.runner import load_flow
from tests.dask_cluster import cluster

pytestmark = pytest.mark.integration

flows = load_flow("cluster")
PAGES = ("/status", "/workers", "/tasks", "/system", "/graph", "/groups")


@pytest.fixture
def city(tmp_path: Path) -> City:
    city = City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive"))
    assert city.logs is not None
    city.logs.mkdir(parents=True)
    return city


def test_the_page_of_a_citys_own_processes_opens_and_stays_on_this_machine(
    city: City, browser: BrowserContext
) -> None:
    with flows.joined(city, jobs=1, dashboard=True) as crew:
        at = urlsplit(crew.link)
        assert (at.hostname, at.path) == ("127.0.0.1", "/status")
        own = psutil.Process()
        sockets = [
            one for each in (own, *own.children(recursive=True)) for one in each.net_connections() if one.laddr
        ]
        assert {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        page = browser.new_page()
        asked, said = list[str](), list[str]()
        page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
        page.on("console", lambda message: said.append(message.text))
        for path in PAGES:
            said.clear()
            answer = page.goto(f"http://{at.netloc}{path}")
            assert answer is not None
            assert answer.ok, path
            page.wait_for_selector(".bk-Figure, .bk-DataTable, .bk-Plot", state="attached", timeout=60_000)
            assert not [words for words in said if "Failed to load" in words], path
        page.close()
        assert set(asked) == {at.netloc}


def test_a_scheduler_without_a_page_is_not_linked_and_one_with_a_page_is(city: City, tmp_path: Path) -> None:
    with (
        cluster(tmp_path / "without", workers=0) as address,
        flows.joined(city, jobs=1, scheduler=address) as crew,
    ):
        assert not crew.link
    with (
        cluster(tmp_path / "with", workers=0, page=True) as address,
        flows.joined(city, jobs=1, scheduler=address) as crew,
    ):
        assert urlsplit(crew.link).path == "/status"
