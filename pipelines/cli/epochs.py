"""``tutti rebuild``: count everything again."""

from typing import TYPE_CHECKING, Annotated

import typer

from operators.core.clock import monotonic_ms
from operators.core.wording import number_of
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, errors, print_json

if TYPE_CHECKING:
    from pipelines.votes.rebuild import RebuildProgress


def rebuild(
    timeout: Annotated[float, typer.Option("--timeout", help="Longest wait, seconds.")] = 3600.0,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give a running rebuild up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count all votes again beside the running count, then show the new one.

    The votes are counted in a new epoch, which becomes active when it has every vote that the old
    one may have shown; --cancel abandons it.
    """
    ours = settings()
    from pipelines.votes import rebuild as rebuilding

    if cancel:
        found = rebuilding.cancel(ours)
        if as_json:
            print_json({"cancelled": found})
        else:
            console.print("given up; nothing shown has changed" if found else "none was running")
        return
    started_ms = monotonic_ms()
    begun = rebuilding.begin(ours)
    reported: list[RebuildProgress] = []

    def say(progress: "RebuildProgress") -> None:
        if reported[-1:] != [progress] and not as_json:
            errors.print(f"counted {progress.counted:,} of {number_of(progress.wanted, 'vote')}")
        reported.append(progress)

    epoch = rebuilding.follow(ours, begun, timeout, say)
    seconds = (monotonic_ms() - started_ms) / 1000
    if as_json:
        print_json({"epoch": epoch, "votes": reported[-1].wanted, "seconds": seconds})
    else:
        console.print(
            f"epoch {epoch} is shown; {number_of(reported[-1].wanted, 'vote')} counted again"
        )
