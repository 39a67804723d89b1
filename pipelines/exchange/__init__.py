"""Exchange with the outside: sending, checking, importing and exporting."""
