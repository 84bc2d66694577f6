"""Bench tests that contact parameters are calibrated with."""
