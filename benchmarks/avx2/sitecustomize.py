"""OpenVINO as on a processor with AVX2 alone: in float32, nothing quantised between layers.

Python runs this first if its folder is on PYTHONPATH, as `benchmarks.record` arranges.

oneDNN follows ONEDNN_MAX_CPU_ISA, but OpenVINO asks the processor itself for units for bfloat16 and
int8, and then takes layers that oneDNN may not run.
"""

from typing import Any

import openvino

_PLAIN = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
_compile = openvino.Core.compile_model


def _compile_plain(self: Any, model: Any, device: str, config: dict[str, Any]) -> Any:
    return _compile(self, model, device, config | _PLAIN)


openvino.Core.compile_model = _compile_plain
