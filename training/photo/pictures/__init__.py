"""Pictures made of others, or by code, that the photo head learns from."""
