"""Encoders turn images and texts into rows of one embedding space."""

from twinset.encoders.encoder import Encoder, ItemVectors
from twinset.encoders.encoder_folder import load_encoder
from twinset.encoders.hash_encoder import HashEncoder

__all__ = ["Encoder", "HashEncoder", "ItemVectors", "load_encoder"]
