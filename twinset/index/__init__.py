"""Vector indexes: one small protocol, an exact oracle, and FAISS."""

from twinset.index.exact_index import ExactIndex
from twinset.index.vector_index import VectorIndex

__all__ = ["ExactIndex", "VectorIndex"]
