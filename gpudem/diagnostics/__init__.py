"""What works on a machine, how fast it is, and what a scene would take there."""
