"""Building the towers that a configuration asks for."""

from __future__ import annotations

from training.config import TrainingConfig
from training.towers.dual_towers import DualTowers
from training.towers.hybrid_towers import HybridTowers
from training.towers.pair import TowerPair


def build_towers(config: TrainingConfig) -> TowerPair:
    """The towers with their pretrained weights; heads are random by torch's current seed.

    Raises:
        ConfigError: if pretrained weights cannot be found or do not fit.
    """
    return HybridTowers(config) if config.strategy == "hybrid" else DualTowers(config)
