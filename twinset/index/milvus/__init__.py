"""Milvus behind the index seam: one collection per index version, one alias for the live one.

`MilvusIndex` searches, `fields` says how items' fields and filters look over there, `connection`
finds the server, `collections` makes, switches and drops. pymilvus is imported if it is used.
"""
