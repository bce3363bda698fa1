"""The command line from a catalogue to the report, on a run of seconds."""

import json

import pytest

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from tests.support.model_sources import save_tiny_clip
from twinset import cli

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SMALLER = {
    "epochs": 1,
    "batch_size": 8,
    "image_width": 32,
    "image_height": 32,
    "dimension": 16,
    "test_fraction": 0.4,
}


def test_train_and_evaluate(catalogue, compact, tmp_path):
    weights = save_tiny_clip(tmp_path / "clip")
    changes = SMALLER | {"image_weights": weights, "text_weights": weights}
    sets = [part for name, value in changes.items() for part in ("--set", f"{name}={value}")]
    common = ["--config", "clip", *sets, "--catalog", str(catalogue.path)]
    assert cli.run(["train", *common, "--out", str(tmp_path / "run")]) == 0
    encoders = ["--encoder", str(tmp_path / "run" / "encoder"), "--compare", str(compact)]
    out = ["--catalog", str(catalogue.path), "--out", str(tmp_path / "report")]
    assert cli.run(["evaluate", *encoders, *out]) == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    labels = [run["label"] for run in report["study"]["runs"]]
    assert labels == ["clip", "compact"]
    assert report["scores"]["own_photo"]["queries"] == 36
    assert "validation loss (dashed)" in (tmp_path / "report" / "report.html").read_text()
