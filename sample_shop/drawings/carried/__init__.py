"""Bags and wallets, drawn back to front."""
