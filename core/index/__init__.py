"""Vector indexes: one small protocol, an exact oracle, and FAISS."""

from core.index.base import VectorIndex
from core.index.exact import ExactIndex

__all__ = ["ExactIndex", "VectorIndex"]
