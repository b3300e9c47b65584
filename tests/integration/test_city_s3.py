"""A city on a real S3 server: packages, results and archive lie in buckets, and workers share no disk."""

import csv
import io
from pathlib import Path

import pytest

from juesuan.city import Began, City, CityStanding, Event, close_all
from juesuan.results import read_results
from juesuan.runner import load_flow
from tests.conftest import close_directly
from tests.dask_cluster import cluster
from tests.flows.test_close_all import make_package
from tests.seaweed import Server

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("s3_keys")]

UNITS = ("070001", "070002", "070003")
BROKEN = "070002"


def put(server: Server, bucket: str, folder: Path, prefix: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            server.client().upload_file(str(path), bucket, f"{prefix}/{path.relative_to(folder).as_posix()}")


def get(server: Server, bucket: str, prefix: str, folder: Path) -> list[str]:
    found = []
    for page in server.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for one in page.get("Contents", ()):
            name = one["Key"].removeprefix(f"{prefix}/")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            server.client().download_file(bucket, one["Key"], str(folder / name))
            found.append(name)
    return sorted(found)


def test_workers_without_a_common_disk_close_a_city_in_buckets(
    s3_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files, archive = s3_server.new_bucket(lock=False), s3_server.new_bucket()
    for unit in UNITS:
        make_package(tmp_path / "units" / unit, unit)
    ledger = tmp_path / "units" / BROKEN / "ledger" / "vouchers.csv"
    whole = ledger.read_text(encoding="utf-8")
    ledger.write_text(whole.replace("2020-01-02", "2020-02-30", 1), encoding="utf-8")
    put(s3_server, files, tmp_path / "units", "city/units")
    options = f"?endpoint={s3_server.endpoint}"
    city = City.of(
        f"s3://{files}/city/units{options}", f"s3://{files}/city/out{options}", f"s3://{archive}/archive{options}"
    )
    assert city.places == ()
    where = set()

    def listen(event: Event, _: CityStanding) -> None:
        if isinstance(event, Began):
            where.add(event.where)

    with cluster(tmp_path / "dask") as address:
        joined = load_flow("cluster").joined
        with joined(city, jobs=1, scheduler=address) as crew:
            done = close_all(city, crew, listen)
        assert {one.folder: one.status.value for one in done.outcomes} == {
            "070001": "closed",
            "070002": "refused",
            "070003": "closed",
        }
        assert len(where) == 2
        here = tmp_path / "fetched"
        names = get(s3_server, files, "city/out", here)
        read_results(here / "070001")
        alone = close_directly(tmp_path / "units" / "070001", tmp_path / "alone").out
        assert [name for name in ("facts.csv", "disclosure.pdf") if not _same(here / "070001", alone, name)] == []
        assert f"{BROKEN}.refused/findings.json" in names
        assert [name for name in names if name.endswith(".kept")] == []  # pickles go nowhere
        page = (here / "index.html").read_text(encoding="utf-8")
        assert "3 个单位中有 1 个没有完成" in page
        rows = list(csv.DictReader(io.StringIO((here / "summary.csv").read_text(encoding="utf-8-sig"))))
        assert [row["结果"] for row in rows] == ["未通过", "完成", "完成"]

        ledger.write_text(whole, encoding="utf-8")
        put(s3_server, files, tmp_path / "units" / BROKEN, f"city/units/{BROKEN}")
        with joined(city, jobs=1, scheduler=address) as crew:
            again = close_all(city, crew, listen)
    assert {one.folder: one.status.value for one in again.outcomes} == {
        "070001": "unchanged",
        "070002": "closed",
        "070003": "unchanged",
    }
    assert not any(name.startswith(f"{BROKEN}.refused/") for name in get(s3_server, files, "city/out", here))
    listed = s3_server.client().list_objects_v2(Bucket=archive, Prefix="archive/", Delimiter="/")
    assert {one["Prefix"].split("/")[1] for one in listed["CommonPrefixes"]} >= set(UNITS)
    for unit in UNITS:
        found = s3_server.client().list_objects_v2(Bucket=archive, Prefix=f"archive/{unit}/2020/", Delimiter="/")
        assert len(found["CommonPrefixes"]) == 1  # one version: nothing was closed twice


def _same(here: Path, there: Path, name: str) -> bool:
    return (here / name).read_bytes() == (there / name).read_bytes()
