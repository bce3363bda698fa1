"""Measuring encoders: scores, the study's comparison, reports."""
