"""Shapes of walls, and packings of beads in them."""
