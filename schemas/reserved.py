"""Reserved names, which campaigns must not use."""

from typing import Final

PROBE_CONSULTATION: Final = "tutti-probe"
"""The probe's votes: they measure how long a vote takes, and no view or recount counts them."""

PROBE_SOURCE: Final = "tutti-probe"
"""The source of the probe's votes."""
