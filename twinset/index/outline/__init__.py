"""What a search of vectors in memory need not read: rows outside a mask, rows that score less."""
