"""The stack of real parts on one machine."""
