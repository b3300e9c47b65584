"""The archive on a real S3 server, as an office runs it: closed, proven, restored, killed anywhere."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from juesuan.archive import find_versions, open_store, prove
from juesuan.archive.s3 import S3Store
from juesuan.archive.selftest import LOCK_SECONDS, prove_bucket
from tests.conftest import EXAMPLE, ROOT
from tests.faulty import Fault, Request, between
from tests.seaweed import ACCESS_KEY, SECRET_KEY, Server, running

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("s3_keys")]
KILLS = 24
CANARIES = (ACCESS_KEY, SECRET_KEY)


def juesuan(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "juesuan", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd), "COLUMNS": "200", **environment},
        timeout=300,
        check=False,
    )


def worker(folder: Path, address: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.archive_worker", str(folder), address],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_closing_is_archived_proven_listed_restored_and_leaks_no_key(s3_server: Server, tmp_path: Path) -> None:
    bucket = s3_server.new_bucket()
    address = f"s3://{bucket}/决算?endpoint={s3_server.endpoint}&retention-years=30"
    texts: list[str] = []
    for _ in range(2):
        done = juesuan("close", EXAMPLE, "--out", "out", "--archive", address, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")  # and no library chats on the terminal
        texts += [done.stdout, done.stderr]
    assert f"s3://{bucket}/决算/070123/2020/v0001" in texts[0]
    done = juesuan("verify", address, "--renew", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "SHA-256 全部相符" in done.stdout
    done = juesuan("history", address, cwd=tmp_path)
    assert done.stdout.startswith("070123/2020/v0001  草稿  保管至 ")
    texts.append(done.stdout)
    one = address.replace("决算?", "决算/070123/2020?")
    done = juesuan("restore", one, "--to", "back", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "-c", "--strict", "--quiet", manifest], cwd=tmp_path / "back", check=True)
    for name in ("facts.csv", "disclosure.html", "manifest.json"):
        assert (tmp_path / "back" / "data" / "results" / name).read_bytes() == (
            tmp_path / "out" / name
        ).read_bytes()
    texts.append(
        juesuan("close", EXAMPLE, "--archive", f"s3://none/x?endpoint={s3_server.endpoint}", cwd=tmp_path).stderr
    )
    assert "没有这个存储桶" in texts[-1]
    for path in tmp_path.rglob("*"):  # results, restored archive, kept stages, Prefect's own files
        if path.is_file():
            texts.append(path.read_bytes().decode("utf-8", errors="replace"))
    for canary in CANARIES:
        assert not [text for text in texts if canary in text]


def test_trials_at_the_same_time_leave_one_anothers_probes_alone(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, client = s3_server.new_bucket(), s3_server.client()
    store = open_store(f"s3://{bucket}/archive?endpoint={s3_server.endpoint}")
    another = "archive/.self-test/another/once"
    client.put_object(Bucket=bucket, Key=another, Body=b"1")

    def probes() -> set[str]:
        listed = client.list_objects_v2(Bucket=bucket, Prefix="archive/.self-test/").get("Contents", ())
        return {one["Key"] for one in listed}

    assert isinstance(store, S3Store)
    prove_bucket(store)
    assert another in probes()
    monkeypatch.setattr("juesuan.archive.selftest.STALE_SECONDS", -LOCK_SECONDS)  # an hour later
    prove_bucket(store)
    assert another not in probes()


def test_a_server_that_fails_publishes_nothing(s3_server: Server, tmp_path: Path) -> None:
    with between(s3_server.endpoint) as proxy:
        proxy.ignored = frozenset({"if-none-match"})
        address = f"s3://{s3_server.new_bucket()}?endpoint={proxy.endpoint}"
        done = juesuan("close", EXAMPLE, "--out", "out", "--archive", address, cwd=tmp_path)
    assert done.returncode == 6
    assert "没有通过自检，因此不公布、不归档" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_killed_at_any_request_a_rerun_finishes_the_one_version(s3_server: Server, tmp_path: Path) -> None:
    """SIGKILL at 24 of the requests of an archiving, before the server did what was asked, or after."""
    bucket = s3_server.new_bucket()
    address = f"s3://{bucket}/{{}}?endpoint={{}}"
    with between(s3_server.endpoint) as proxy:
        whole = worker(tmp_path / "whole", address.format("whole", proxy.endpoint))
        assert whole.wait(timeout=120) == 0
        requests = proxy.count
        assert requests > KILLS
        for kill in range(KILLS):
            nth, prefix, folder = (
                1 + kill * (requests - 1) // (KILLS - 1),
                f"kill-{kill}",
                tmp_path / f"kill-{kill}",
            )
            proxy.count = 0
            doomed = worker(folder, address.format(prefix, proxy.endpoint))

            def strike(
                asked: Request,
                nth: int = nth,
                doomed: "subprocess.Popen[bytes]" = doomed,
                *,
                after: bool = bool(kill % 2),
            ) -> Fault | None:
                hit = asked.number == nth
                return (
                    Fault(then=lambda: doomed.send_signal(signal.SIGKILL), after=after, drop=True) if hit else None
                )

            proxy.fault = strike
            doomed.wait(timeout=120)
            proxy.fault = lambda _: None
            assert doomed.returncode in (-signal.SIGKILL, 0)
            rerun = worker(folder, address.format(prefix, s3_server.endpoint))
            assert rerun.wait(timeout=120) == 0, rerun.communicate()[1].decode()
            store = open_store(address.format(prefix, s3_server.endpoint))
            assert [(one.label, one.complete) for one in find_versions(store)] == [("070123/2019/v0001", True)]
            assert not prove(store).damages
            shutil.rmtree(folder)
    written = s3_server.client().get_paginator("list_object_versions").paginate(Bucket=bucket)
    times = Counter(one["Key"] for page in written for one in page.get("Versions", ()))
    kept = {key: count for key, count in times.items() if ".self-test" not in key}
    assert set(kept.values()) == {1}
    assert len(kept) == (KILLS + 1) * (len(kept) // (KILLS + 1))


def test_the_store_of_compose_as_it_is_started_there_passes_the_trial_and_keeps_an_archive(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text(encoding="utf-8"))
    word, *options = compose["services"]["store"]["command"]
    assert word == "server"
    of_its_place = ("-dir=", "-ip=", "-ip.bind=")
    with running([one for one in options if not one.startswith(of_its_place)], keys_by_environment=True) as server:
        address = f"s3://{server.new_bucket()}?endpoint={server.endpoint}&retention-years=1"
        done = worker(tmp_path / "once", address)
        assert done.wait(timeout=120) == 0, done.communicate()[1].decode()
        store = open_store(address)
        assert [(one.label, one.complete) for one in find_versions(store)] == [("070123/2019/v0001", True)]
        assert not prove(store).damages
