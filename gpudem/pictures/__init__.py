"""Pictures and movies of the beads of a run."""
