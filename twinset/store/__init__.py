"""What several machines share: a PostgreSQL, named by `TWINSET_STORE`."""
