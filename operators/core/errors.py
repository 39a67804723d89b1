"""Errors by what the caller should do about them."""


class TuttiError(Exception):
    """Root of tutti's own errors; the message is one sentence that says what to do."""


class TransientError(TuttiError):
    """Worth another try: something is away or slow."""


class TerminalError(TuttiError):
    """Another try gives the same: stop and say so."""


class UnknownConsultationError(TerminalError):
    """Nothing is known of a consultation of that name.

    Args:
        consultation: The name.
        alike: A consultation whose name is nearly the same; empty if there is none.
    """

    def __init__(self, consultation: str, alike: str = "") -> None:
        meant = f"did you mean {alike}? " if alike else ""
        super().__init__(f"There is no consultation {consultation}: {meant}tutti list shows all.")
