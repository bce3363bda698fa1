"""Files as rows: where a feed comes from, how it is packed and encoded, and its layout."""
