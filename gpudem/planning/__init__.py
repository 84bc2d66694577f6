"""Which settings of a mill reach what is wanted of it, from a study that was run."""
