"""Numbers from run files: stress energies and frequencies, ledgers, errors."""
