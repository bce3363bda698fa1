"""PostgreSQL with pgvector behind the index seam: one table per index version.

`PgvectorIndex` searches, `pgvector_fields` says how items' fields and filters look in SQL,
`pgvector_tables` makes and drops tables.
"""
