"""The service measured from outside, beside others."""
