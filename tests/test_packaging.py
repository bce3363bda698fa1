"""The files that install, build and run Twinset agree with each other and with the code."""

import json
import re
import shutil
import subprocess
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from twinset.cli import COMMAND_GROUP

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(item for extra in PROJECT["optional-dependencies"].values() for item in extra),
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins() -> dict[str, str]:
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    return {
        canonicalize_name(name): pin for name, _, pin in (line.partition("==") for line in lines)
    }


def compose() -> dict[str, Any]:
    parsed = yaml.safe_load(read("docker-compose.yml"))
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_every_requirement_is_pinned_within_its_range(text: str) -> None:
    requirement = Requirement(text)
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_pins_are_plain_versions() -> None:
    # "+cpu" or a path would tie an install to the place where the pins were taken.
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", pin) for pin in pins().values())


def test_entry_points_are_those_of_the_project() -> None:
    installed = {entry.name: entry.value for entry in entry_points(group=COMMAND_GROUP)}
    assert installed == PROJECT["entry-points"][COMMAND_GROUP]


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile"])
def test_commands_and_options_exist(name: str) -> None:
    text = re.sub(r"\\\n", " ", read(name))
    text = re.sub(r'", "', " ", text)  # the exec form of CMD
    used = re.findall(r"twinset (sample|[a-z]+) ([^&\n]*--|[^&\n]*\$@)", text)
    assert used
    assert {command for command, _ in used} <= set(PROJECT["entry-points"][COMMAND_GROUP])


def test_the_image_has_no_root_and_no_torch() -> None:
    dockerfile = read("Dockerfile")
    final = dockerfile.split("\nFROM ")[-1]
    assert "\nUSER twinset\n" in final
    assert "/readyz" in final.split("HEALTHCHECK", 1)[1]
    assert '-c constraints.txt ".[app]"' in dockerfile
    assert '-c constraints.txt \\\n    "twinset[${EXTRAS}]"' in dockerfile
    assert "ARG EXTRAS=app\n" in dockerfile
    app = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["app"]]
    assert not {Requirement(text).name for text in app} & {"torch", "transformers"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, as the image has it")
@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check_fails_unless_the_service_is_ready(status: int | None, code: int) -> None:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path != "/readyz" else status or 0)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    (written,) = re.findall(r"HEALTHCHECK.*\n +CMD (\[.*\])", read("Dockerfile"))
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        port = server.server_port
        if status is None:
            server.server_close()
        else:
            Thread(target=server.handle_request).start()
        command = json.loads(written.replace("8000", str(port)))
        assert subprocess.run(command, capture_output=True, timeout=30).returncode == code


def test_what_the_image_copies_is_not_ignored() -> None:
    kept = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    copied = {
        source.removeprefix("./")
        for line in re.findall(r"^COPY (?!--)(.*)$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == kept


def test_compose_services_and_profiles() -> None:
    services = compose()["services"]
    profiles = {name: service.get("profiles", []) for name, service in services.items()}
    assert [name for name, wanted in profiles.items() if not wanted] == ["twinset"]
    assert {p for wanted in profiles.values() for p in wanted} == {
        "milvus",
        "prometheus",
        "proxy",
        "replicas",
    }
    assert all(
        port.startswith("127.0.0.1:")
        for service in services.values()
        for port in service.get("ports", [])
    )


def test_the_milvus_profile_is_whole() -> None:
    services = compose()["services"]
    profile = {name: s for name, s in services.items() if s.get("profiles") == ["milvus"]}
    assert set(profile) == {"etcd", "minio", "milvus"}
    assert all(re.search(r":(v|RELEASE\.)[\w.-]+$", s["image"]) for s in profile.values())
    waited_for = profile["milvus"]["depends_on"]
    assert waited_for == {name: {"condition": "service_healthy"} for name in ("etcd", "minio")}
    assert all("healthcheck" in service for service in profile.values())
    assert [name for name, service in profile.items() if "ports" in service] == ["milvus"]
    twinset = services["twinset"]
    assert "TWINSET_EXTRAS=app,milvus,postgres" in read("docker-compose.yml")
    assert twinset["environment"]["TWINSET_MILVUS_URI"].endswith("http://milvus:19530}")


def test_compose_volumes_and_files_exist() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if "/" in source else source in compose()["volumes"]


def test_prometheus_reads_the_service() -> None:
    (job,) = yaml.safe_load(read("deploy/prometheus.yml"))["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["twinset:8000"]}]


def test_ci_runs_what_a_developer_runs() -> None:
    assert "make test" in read(".ci/run")
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize(
    "target",
    [
        "demo",
        "test",
        "docs",
        "client",
        "lint",
        "coverage",
        "bench",
        "real",
        "scale",
        "faults",
        "fuzz",
        "audit",
        "model",
        "clean",
    ],
)
def test_make_targets(target: str) -> None:
    run = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0
    assert "uv " not in run.stdout


def test_nothing_made_by_a_command_is_tracked() -> None:
    ignored = read(".gitignore").split()
    assert {".venv/", "/var/", "__pycache__/"} <= set(ignored)


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_targets_that_exist(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    lines = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = {line.split()[1] for line in lines if line.startswith("make ")}
    assert targets
    assert targets <= set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def test_workflows_run_every_python_that_the_project_allows() -> None:
    jobs = yaml.safe_load(read(".github/workflows/tests.yml"))["jobs"]
    versions = jobs["pinned"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert any("make coverage" in step.get("run", "") for step in jobs["coverage"]["steps"])


def test_hooks_run_the_linters_of_make() -> None:
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    hooks = [hook["entry"].split()[0].rpartition("/")[2] for hook in repository["hooks"]]
    lint = re.search(r"^lint: .*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert lint is not None
    assert hooks == re.findall(r"\$\(BIN\)/([\w-]+)", lint[1])


def test_the_version_is_in_the_changelog() -> None:
    assert f"\n## {PROJECT['version']}\n" in read("CHANGELOG.md")
