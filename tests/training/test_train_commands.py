"""The command line from a catalogue to the report, on a run of seconds."""

import json
import re

import pytest

from tests.support.paths import CONFIGS
from twinset import cli

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SMALLER = {
    "epochs": "1",
    "batch_size": "8",
    "items_per_category": "2",
    "image_width": "48",
    "image_height": "64",
    "test_fraction": "0.4",
}


def test_train_and_evaluate(catalogue, tmp_path):
    text = (CONFIGS / "hybrid-compact.toml").read_text()
    for key, value in SMALLER.items():
        text = re.sub(rf"(?m)^{key} = .*", f"{key} = {value}", text)
    recipe = tmp_path / "small.toml"
    recipe.write_text(text)
    common = ["--config", str(recipe), "--catalog", str(catalogue.path)]
    assert cli.run(["train", *common, "--out", str(tmp_path / "run")]) == 0
    assert cli.run(["train", *common, "--untrained", "--out", str(tmp_path / "untrained")]) == 0
    encoders = ["--encoder", str(tmp_path / "run" / "encoder")]
    encoders += ["--compare", str(tmp_path / "untrained" / "encoder")]
    out = ["--catalog", str(catalogue.path), "--out", str(tmp_path / "report")]
    assert cli.run(["evaluate", *encoders, *out]) == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    labels = [run["label"] for run in report["study"]["runs"]]
    assert labels == ["hybrid-compact", "hybrid-compact-untrained"]
    assert report["scores"]["own_photo"]["queries"] == 36
    assert "validation loss (dashed)" in (tmp_path / "report" / "report.html").read_text()
