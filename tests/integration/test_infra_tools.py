"""Compose reads its file, and kubectl puts the manifests together, as on the day somebody uses them."""

import shutil
import subprocess
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.conftest import ROOT
from tests.unit.test_infra import INFRA, KUBERNETES, MANIFESTS, documents

pytestmark = pytest.mark.integration

COMPOSE = ROOT / ".tools" / "compose" / "docker-compose"  # infra/test-machine.sh puts it there


def test_compose_reads_its_own_file_and_asks_for_what_is_missing(tmp_path: Path) -> None:
    filled = tmp_path / "env"
    lines = (INFRA / ".env.example").read_text(encoding="utf-8").splitlines()
    filled.write_text("\n".join(f"{line}x" for line in lines if line.endswith("=")), encoding="utf-8")
    empty = tmp_path / "empty"
    empty.write_text("")
    told = []
    for variables in (filled, empty):  # some builds end with 0 whatever happened: what they say decides
        words = [str(COMPOSE), "--file", str(INFRA / "compose.yaml"), "--env-file", str(variables)]
        done = subprocess.run([*words, "config", "--quiet"], capture_output=True, text=True, check=False)
        told.append(done.stdout + done.stderr)
    assert told[0] == ""
    assert "set it in infra/.env" in told[1]


# kubectl comes from no registry that CI may use: where it is absent, this is said. What it would put together is
# checked without it in tests/unit/test_infra.py.
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine")
def test_kustomize_puts_the_manifests_together() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(INFRA / "kubernetes")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    assert len(made) == sum(len(documents(path)) for path in MANIFESTS)
    for one in made:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    assert "image: juesuan:0.1.0" in done.stdout


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine")
def test_kustomize_puts_the_city_beside_the_base() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(INFRA / "kubernetes-city")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(done.stdout) if one}
    for one in made.values():
        if one["kind"] != "DaskCluster":  # of the operator; its pods are checked in tests/unit/test_infra.py
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
    (worker,) = made["Deployment", "worker"]["spec"]["template"]["spec"]["containers"]
    names = [variable["name"] for variable in worker["env"]]
    assert {"PREFECT_API_URL", "JUESUAN_SCHEDULER"} <= set(names)
    for part in made["DaskCluster", "city"]["spec"].values():
        assert [one["image"] for one in part["spec"]["containers"]] == ["juesuan:0.1.0"]
