"""Logs: one JSON line per decision on standard output, rotated by the supervisor."""

import logging
import sys

import structlog


def configure_logging(service: str) -> None:
    """Configure structlog for one service. Values never hold personal data or payloads.

    Each line is a JSON object with ``timestamp`` (UTC), ``level``, ``service`` and ``event``, then
    the event's own values; ``exception`` is the traceback of an error.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
