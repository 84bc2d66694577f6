"""Walls: their nearest point to a bead and how they move there, one file a shape."""
