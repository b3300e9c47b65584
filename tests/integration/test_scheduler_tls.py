"""A city on a scheduler and a worker that speak TLS, started by hand as docs/city.md says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dask_cluster import cluster
from tests.flows.test_close_all import make_package
from tests.tls_keys import Authority

pytestmark = pytest.mark.integration

TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def test_a_city_on_a_scheduler_that_speaks_tls_and_operators_that_it_does_not_know(tmp_path: Path) -> None:
    make_package(tmp_path / "units" / "070001", "070001")
    office, other = Authority.in_folder(tmp_path / "office"), Authority.in_folder(tmp_path / "other")
    known = {f"{TLS}CA_FILE": f"{office.folder}/ca.crt"}
    theirs = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true", **known}
    for role in ("SCHEDULER", "WORKER"):
        certificate, key = office.issue(role.lower())
        theirs |= {f"{TLS}{role}__CERT": str(certificate), f"{TLS}{role}__KEY": str(key)}

    def close(address: str, certificate: Path, key: Path) -> subprocess.CompletedProcess[str]:
        words = ["close-all", tmp_path / "units", "--out", tmp_path / "out", "--archive", tmp_path / "archive"]
        mine = {**known, f"{TLS}CLIENT__CERT": str(certificate), f"{TLS}CLIENT__KEY": str(key)}
        command = [sys.executable, "-m", "juesuan", *map(str, words), "--scheduler", address]
        return subprocess.run(command, env={**os.environ, **mine}, capture_output=True, text=True, check=False)

    with cluster(tmp_path / "dask", workers=1, environment=theirs, protocol="tls") as address:
        strange = close(address, *other.issue("operator"))
        assert strange.returncode == 69, strange.stdout + strange.stderr
        assert "不认操作人员的证书" in strange.stderr
        assert "不是它认的机构签发的" in strange.stderr

        done = close(address, *office.issue("operator"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "完成 1 个" in done.stdout
        assert (tmp_path / "out" / "070001" / "manifest.json").is_file()
