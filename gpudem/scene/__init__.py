"""What the user wrote: scene files, checked and in SI units, and the case that they describe."""
