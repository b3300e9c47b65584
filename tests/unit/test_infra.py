"""What can be checked of the infrastructure files without running them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import dask
import distributed  # noqa: F401 - its settings
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from distributed.cli import dask_scheduler, dask_worker

from juesuan.city.tls import OTHERS
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


def test_the_kustomization_takes_every_manifest_and_names_the_image_they_use() -> None:
    made = yaml.safe_load((INFRA / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert sorted(made["resources"]) == [path.name for path in MANIFESTS]
    (namespace,) = documents(INFRA / "kubernetes" / "namespace.yaml")
    assert namespace["metadata"]["name"] == made["namespace"]
    images = {
        container["image"]
        for path in MANIFESTS
        for one in documents(path)
        if one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    assert images == {made["images"][0]["name"]}


CITY = INFRA / "kubernetes-city"


def pods_of_the_city() -> dict[str, dict[str, Any]]:
    (cluster,) = documents(CITY / "cluster.yaml")
    assert (cluster["apiVersion"], cluster["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    assert set(cluster["spec"]) == {"scheduler", "worker"}
    assert set(cluster["spec"]["scheduler"]) == {"spec", "service"}
    assert set(cluster["spec"]["worker"]) == {"replicas", "spec"}
    return {name: cluster["spec"][name] for name in ("scheduler", "worker")}


def test_the_citys_dask_cluster_is_made_of_valid_kubernetes() -> None:
    """The operator's own resource is a scheduler's pod and service and a worker's pod: each is what it says."""
    found = pods_of_the_city()
    for name, part in found.items():
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": part["spec"]}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x"},
        "spec": found["scheduler"]["service"],
    }
    kubernetes_validate.validate(service, KUBERNETES, strict=True)
    for name in ("network.yaml", "worker.yaml"):
        for one in documents(CITY / name):
            if one["kind"] != "Deployment":  # a patch of the base's
                kubernetes_validate.validate(one, KUBERNETES, strict=True)
    made = yaml.safe_load((CITY / "kustomization.yaml").read_text(encoding="utf-8"))
    assert sorted([*made["resources"], *(one["path"] for one in made["patches"]), "kustomization.yaml"]) == sorted(
        ["../kubernetes", *(path.name for path in CITY.glob("*.yaml"))]
    )
    base = yaml.safe_load((INFRA / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert (made["namespace"], made["images"]) == (base["namespace"], base["images"])


def test_the_citys_pods_gain_nothing_and_talk_by_keys_alone() -> None:
    (patch,) = documents(CITY / "worker.yaml")
    (client,) = patch["spec"]["template"]["spec"]["containers"]
    for part in pods_of_the_city().values():
        pod = part["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "limits" in container["resources"]
        assert {one["name"] for one in container["volumeMounts"]} <= {one["name"] for one in pod["volumes"]}
    scheduler, worker = (part["spec"]["containers"][0] for part in pods_of_the_city().values())
    assert scheduler["args"][:2] == ["--protocol", "tls"]
    address = {one["name"]: one["value"] for one in client["env"]}["JUESUAN_SCHEDULER"]
    assert worker["args"][0] == address == "tls://city-scheduler:8786"
    assert dask_settings(scheduler) == dask_settings(worker) >= dask_settings(client)
    assert "DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in dict(dask_settings(client))
    for name, _ in dask_settings(scheduler):
        key = name.removeprefix("DASK_").lower().replace("__", ".").replace("_", "-")
        assert dask.config.get(key, "unknown") != "unknown", name


def test_the_citys_commands_are_dasks_own_and_the_image_has_what_they_need() -> None:
    commands = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    for name, part in pods_of_the_city().items():
        (container,) = part["spec"]["containers"]
        assert container["command"] == ["dask", name]
        given = commands[name].make_context(name, list(container["args"]))  # a flag that Dask has not, is an error
        assert given.params["dashboard"] is False
        if name == "worker":
            assert (given.params["nthreads"], given.params["memory_limit"]) == (1, "0")
            assert given.params["scheduler"] == "tls://city-scheduler:8786"
    image = (INFRA / "Dockerfile").read_text(encoding="utf-8")
    (extras,) = re.findall(r"juesuan\[([a-z0-9,-]+)\]", image)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "city" in extras.split(",")
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_the_citys_mounted_keys_are_such_as_close_all_takes() -> None:
    (patch,) = documents(CITY / "worker.yaml")
    pods = [part["spec"] for part in pods_of_the_city().values()] + [patch["spec"]["template"]["spec"]]
    for pod in pods:
        (mode,) = (one["secret"]["defaultMode"] for one in pod["volumes"] if "secret" in one)
        assert not mode & OTHERS
        (mount,) = (one["mountPath"] for one in pod["containers"][0]["volumeMounts"] if one["name"] == "tls")
        paths = [value for name, value in dask_settings(pod["containers"][0]) if "__TLS__" in name]
        assert paths
        assert {path.rpartition("/")[0] for path in paths} == {mount}


def dask_settings(container: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["name"], one["value"]) for one in container["env"] if one["name"].startswith("DASK_")}


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
