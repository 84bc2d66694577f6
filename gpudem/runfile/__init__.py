"""Run files, written and read, and what lies beside them: checkpoints and claims on names."""
