"""The OpenAPI document: what the framework cannot derive from signatures."""
