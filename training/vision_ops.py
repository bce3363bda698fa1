"""Makes torchvision importable beside a torch that its compiled operators were not built for.

The registry's torchvision is built for CUDA. Beside a CPU build of torch its operator library does
not load, and since 0.28 the import then fails with "operator torchvision::nms does not exist",
which takes the model classes of transformers with it. Twinset uses the models of torchvision and
none of these operators, so declaring their names is enough. Import this module before anything
that imports torchvision or a model of transformers.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

# The two operators that torchvision describes to the tracer while it is imported.
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("nms", "qnms")


def declare_missing_operators() -> bool:
    """Declare torchvision's operators if its library does not load; True if that was needed."""
    if hasattr(torch.ops.torchvision, "nms") or _operators_load():
        return False
    for name in _OPERATORS:
        torch.library.define(f"torchvision::{name}", _SCHEMA)
    return True


def _operators_load() -> bool:
    """Load the library as torchvision's own import does later; without torchvision all is well."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return True
    libraries = sorted(Path(found.origin).parent.glob("_C*.so"))
    try:
        for library in libraries:
            torch.ops.load_library(library)  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return bool(libraries)


declare_missing_operators()
