"""Words, tables and figures of what an analysis found."""
