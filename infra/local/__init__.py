"""The stack of real services on one machine."""
