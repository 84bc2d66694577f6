"""From bench tests to contact parameters, with their uncertainty."""
