"""Taichi and the hardware; the only room that knows what is inside Taichi."""
