"""Index versions that several machines share: which one is live, and where their files lie."""
