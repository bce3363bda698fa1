"""The live catalogue of one process: writes, compaction, and the switch of index versions."""
