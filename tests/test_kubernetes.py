"""The Kubernetes manifests: valid by the schemas of Kubernetes, with no right too many."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.main import get_command

from tests.support.paths import ROOT
from twinset.cli import app

MANIFESTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8"))
)
VERSIONS = ("1.29", "1.33")


def pods() -> list[dict[str, Any]]:
    """The specifications of all pods."""
    found = []
    for manifest in MANIFESTS:
        spec = manifest["spec"]
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found.append(spec["template"]["spec"])
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}"
)
def test_each_manifest_fits_the_schema(manifest: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_no_pod_has_more_rights_than_it_needs() -> None:
    assert len(pods()) == 2
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert rights["readOnlyRootFilesystem"]
            assert not rights["allowPrivilegeEscalation"]
            assert {"memory"} <= set(container["resources"]["limits"])


def test_probes_ports_and_labels_belong_together() -> None:
    by_kind = {manifest["kind"]: manifest for manifest in MANIFESTS}
    (container,) = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    labels = by_kind["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert by_kind["Service"]["spec"]["selector"] == labels
    assert by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert container["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert (
        by_kind["PodDisruptionBudget"]["spec"]["minAvailable"]
        < (by_kind["Deployment"]["spec"]["replicas"])
    )


def test_the_nightly_command_is_one_that_the_command_line_has() -> None:
    (job,) = (m for m in MANIFESTS if m["kind"] == "CronJob")
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    command = get_command(app).get_command(None, container["command"][1])  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {part for part in container["command"] if part.startswith("--")} <= options
