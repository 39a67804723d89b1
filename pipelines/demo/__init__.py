"""The demo: an invented consultation and a seeded campaign that votes in it."""
