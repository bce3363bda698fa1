"""Encoders turn images and texts into rows of one embedding space."""

from core.encoders.base import Encoder, ItemVectors
from core.encoders.hash import HashEncoder
from core.encoders.loading import load_encoder

__all__ = ["Encoder", "HashEncoder", "ItemVectors", "load_encoder"]
