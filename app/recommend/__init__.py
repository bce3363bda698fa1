"""What can be asked of one encoder and one index version; knows no HTTP."""
