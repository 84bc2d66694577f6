"""The device half of the contact laws: pure functions, one file a law."""
