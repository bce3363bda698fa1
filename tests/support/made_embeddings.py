"""Embeddings folders for tests."""

from twinset.embeddings import EmbeddingsWriter


def write_embeddings(folder, ids, vectors, encoder):
    """Write a folder whose rows are all in memory."""
    with EmbeddingsWriter(folder, len(ids), encoder) as writer:
        writer.write(ids, vectors)
