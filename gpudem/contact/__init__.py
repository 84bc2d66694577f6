"""The host half of the contact laws: materials and coefficients to device parameters."""
