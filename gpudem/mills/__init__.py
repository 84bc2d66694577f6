"""Motion of a mill and of its vessel."""
