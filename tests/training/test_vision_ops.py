"""torchvision and what needs it import, whatever torch it was built for."""

import subprocess
import sys

import pytest

from training.vision_ops import declare_missing_operators

IMPORTS = [
    "import training.towers, torchvision.models",
    "import training.vision_ops; from transformers import BertModel, CLIPModel",
    "import training.objective.losses, training.run.train, training.export.onnx_export",
]


@pytest.mark.parametrize(
    "code", [IMPORTS[0], *(pytest.param(code, marks=pytest.mark.long) for code in IMPORTS[1:])]
)
def test_a_fresh_process_imports(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_declaring_again_does_nothing():
    assert declare_missing_operators() is False
