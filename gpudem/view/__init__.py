"""Looking at a run, or at a simulation while it goes on."""
