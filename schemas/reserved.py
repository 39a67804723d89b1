"""What campaigns must not use: names that mean something to tutti itself."""

from typing import Final

PROBE_CONSULTATION: Final = "tutti-probe"
"""Votes of this consultation measure how long a vote travels; no view and no recount has them."""
