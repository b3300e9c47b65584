"""What can be checked of the infrastructure files without running them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.conftest import ROOT

INFRA = ROOT / "infra"
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))
MANIFESTS = sorted(path for path in (INFRA / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
PINNED = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)?:v?[0-9]+\.[0-9][0-9A-Za-z.-]*")
SECRET = re.compile(r"password|secret|auth|key", re.IGNORECASE)
KUBERNETES = "1.31"


def documents(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_is_valid_kubernetes(path: Path) -> None:
    for one in documents(path):
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_every_container_runs_as_nobody_with_nothing_to_gain() -> None:
    seen = 0
    for one in [one for path in MANIFESTS for one in documents(path) if one["kind"] == "Deployment"]:
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            seen += 1
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "limits" in container["resources"]
            for variable in container.get("env", []):
                assert "value" not in variable or not SECRET.search(variable["name"])
    assert seen == 3


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


def test_compose_pins_its_images_and_takes_secrets_from_outside() -> None:
    for name, service in COMPOSE["services"].items():
        assert PINNED.fullmatch(service["image"]), name
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key) and key != "AWS_ENDPOINT_URL_S3":
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]*\}", value), f"{name}: {key}"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_compose_names_only_what_it_has() -> None:
    services, networks = COMPOSE["services"], COMPOSE["networks"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(networks)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("${")
    for waiter, other in [(w, o) for w, s in services.items() for o in s.get("depends_on", {}).items()]:
        if other[1]["condition"] == "service_healthy":
            assert "healthcheck" in services[other[0]], waiter


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not on this machine")
def test_compose_reads_its_own_file_and_asks_for_what_is_missing(tmp_path: Path) -> None:
    filled = tmp_path / "env"
    lines = (INFRA / ".env.example").read_text(encoding="utf-8").splitlines()
    filled.write_text("\n".join(f"{line}x" for line in lines if line.endswith("=")), encoding="utf-8")
    empty = tmp_path / "empty"
    empty.write_text("")
    told = []
    for variables in (filled, empty):  # some builds end with 0 whatever happened: what they say decides
        words = ["docker-compose", "--file", str(INFRA / "compose.yaml"), "--env-file", str(variables)]
        done = subprocess.run([*words, "config", "--quiet"], capture_output=True, text=True, check=False)
        told.append(done.stdout + done.stderr)
    assert told[0] == ""
    assert "set it in infra/.env" in told[1]


def test_the_example_names_every_variable_and_holds_no_value() -> None:
    text = (INFRA / "compose.yaml").read_text(encoding="utf-8")
    lines = (INFRA / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=") for line in lines if line and not line.startswith("#"))
    assert set(given) == set(re.findall(r"\$\{([A-Z_]+)", text))
    assert set(given.values()) == {""}
    assert "/infra/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_image_is_pinned_hashed_and_not_root() -> None:
    text = (INFRA / "Dockerfile").read_text(encoding="utf-8")
    (base,) = re.findall(r"^ARG PYTHON=(.+)$", text, re.MULTILINE)
    assert re.fullmatch(r"3\.[0-9]+\.[0-9]+-slim-[a-z]+", base)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:${PYTHON}"}
    assert "--require-hashes" in text
    users = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    assert users == ["10001:10001"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert f"!{name}" in ignored or (name == "flows" and "!flows" in ignored), name
            assert (ROOT / name).exists(), name


def test_no_registry_host_is_named() -> None:
    for path in [*INFRA.rglob("*"), ROOT / ".dockerignore"]:
        if path.suffix in {".yaml", ".tf", ".example"} or path.name == "Dockerfile":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\b(docker\.io|ghcr\.io|quay\.io|gcr\.io|registry\.[a-z]+|pypi\.org)\b", text), (
                path
            )
