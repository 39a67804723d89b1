"""``tutti top``: a consultation's leaderboard."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from operators.core.errors import TerminalError
from pipelines.cli.board import Board, By, draw_board, read_board
from pipelines.cli.consultations import about
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.moments import At, past_moment
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from redis import Redis

    from pipelines.cli.screen import Sheet

PATIENCE_MS: Final = 2_000
"""Without a notification of Redis the board is read this often."""
ACTIVITY_S: Final = 30.0
"""Who takes part is counted over all ballots: a screen asks for it this often."""
PACE_S: Final = 10.0
"""A screen says how many votes a second came over so long."""


def top(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows.")] = 20,
    by: Annotated[By, typer.Option("--by", help="What orders it.")] = "agreement",
    country: Annotated[
        str | None, typer.Option("--country", help="Only ballots of this country, e.g. FR.")
    ] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show the leaderboard of a consultation, as it is or as it was."""
    if at and watch:
        raise TerminalError("The past does not change: leave --watch or --at out.")
    views = clickhouse()
    from pipelines.cli.activity import read_activity
    from schemas.rules import is_country

    if country is not None and not is_country(country := country.upper()):
        raise TerminalError(f"--country {country}: two letters of ISO 3166-1, e.g. FR.")
    moment = past_moment(at, views) if at else None
    with about(views, consultation):
        board = read_board(
            views, consultation, limit, by=by, country=country, everything=as_json, at=moment
        )
    if moment is None and (as_json or not watch):  # a screen shows its first board at once
        board = replace(board, activity=read_activity(views, consultation, country))
    if as_json:
        print_json(asdict(board))
    elif watch:
        from pipelines.cli.screen import follow

        follow(_boards(views, board, limit), console.screen)
    else:
        console.print(draw_board(board))


def _boards(views: "Client", board: Board, limit: int) -> Iterator["Sheet"]:
    from infra import redis
    from pipelines.cli.activity import read_activity

    changes = redis.connect(settings(), timeout_s=PATIENCE_MS / 1000 + 1)
    asked = time.monotonic()
    counted = deque([(asked, board.ballots)])
    while True:
        yield draw_board(board)
        _wait_for_changes(changes)
        now = time.monotonic()
        activity = board.activity
        if activity is None or now - asked > ACTIVITY_S:
            activity, asked = read_activity(views, board.consultation_id, board.country), now
        board = read_board(views, board.consultation_id, limit, by=board.by, country=board.country)
        counted.append((now, board.ballots))
        while now - counted[1][0] > PACE_S:
            counted.popleft()
        (since, before), seconds = counted[0], now - counted[0][0]
        per_second = max(0, board.ballots - before) / seconds if since < now else None
        board = replace(board, activity=replace(activity, per_second=per_second))


def _wait_for_changes(changes: "Redis") -> None:
    """Return when the sink has written something, or after a while."""
    from redis import RedisError

    from infra.redis import CHANGES

    try:
        changes.xread({CHANGES: "$"}, count=1, block=PATIENCE_MS)
    except RedisError:  # they are a convenience: without them, look now and then
        time.sleep(PATIENCE_MS / 1000)
