"""In which order a device does the steps; all with the same functions and the same bits."""
