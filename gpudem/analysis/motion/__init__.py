"""How the beads move: regimes, maps, forces."""
