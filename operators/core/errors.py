"""Errors by what the caller should do about them."""


class TuttiError(Exception):
    """Root of tutti's own errors; the message is one sentence that says what to do."""


class TransientError(TuttiError):
    """Worth another try: something is away or slow."""


class TerminalError(TuttiError):
    """Another try gives the same: stop and say so."""
