"""Where and with what a run computes, beside its history, so that its figures can be repeated."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from twinset.artefacts import sha256_of, write_text_atomically
from twinset.catalogue import Catalogue

ENVIRONMENT = "environment.json"
_PRECISIONS = {"no": "float32", "bf16": "bfloat16", "fp16": "float16"}
_PACKAGES = ("twinset", "torch", "torchvision", "transformers", "accelerate", "numpy")


def write_environment(folder: Path, accelerator: Accelerator, catalogue: Catalogue) -> None:
    """Write `environment.json` into a run; when a run resumes, the last machine counts."""
    device = accelerator.device.type
    if device == "cuda":
        device = torch.cuda.get_device_name(accelerator.device)
    said = {
        "device": device,
        "threads": torch.get_num_threads(),
        "processes": accelerator.num_processes,
        "precision": _PRECISIONS[str(accelerator.mixed_precision)],
        "catalogue_sha256": sha256_of(catalogue.path),
        "versions": {"python": platform.python_version()} | {n: version(n) for n in _PACKAGES},
    }
    write_text_atomically(folder / ENVIRONMENT, json.dumps(said, indent=2) + "\n")


def read_environment(folder: Path) -> dict[str, Any]:
    """What `write_environment` wrote; empty without it."""
    file = folder / ENVIRONMENT
    if not file.is_file():
        return {}
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return said
