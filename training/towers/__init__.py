"""The models under training: two towers each, put together by `build_towers`."""

import training.vision_ops  # noqa: F401 - before anything below imports torchvision
from training.towers.backbones import tokenizer_path
from training.towers.dual_towers import DualTowers
from training.towers.hybrid_towers import HybridTowers
from training.towers.pair import TowerPair
from training.towers.tower_choice import build_towers

__all__ = ["DualTowers", "HybridTowers", "TowerPair", "build_towers", "tokenizer_path"]
