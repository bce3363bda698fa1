"""The domain: what can be asked of one encoder and one index version. It knows no HTTP."""
