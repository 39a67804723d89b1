"""Pure functions and values: standard library and numpy only."""
