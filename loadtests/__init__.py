"""Load tests: how fast and how fresh, measured on the real stack."""
