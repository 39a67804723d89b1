"""``tutti top``: a consultation's leaderboard."""

import time
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Final

import typer
from clickhouse_connect.driver.client import Client
from redis import Redis, RedisError
from rich.live import Live

from infra import redis
from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.redis import CHANGES
from operators.core.errors import TerminalError
from pipelines.cli.board import Board, By, draw_board, read_board
from pipelines.cli.moments import At, past_moment
from pipelines.cli.output import AsJson, console, print_json

PATIENCE_MS: Final = 2_000
"""Without news from Redis the board is read this often."""


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
    settings = Settings()
    if at and watch:
        raise TerminalError("The past does not change: leave --watch or --at out.")
    try:
        clickhouse = connect(settings)
        moment = past_moment(at, clickhouse) if at else None
        board = read_board(
            clickhouse, consultation, limit, by=by, country=country, everything=as_json, at=moment
        )
        if as_json:
            print_json(asdict(board))
        elif watch:
            with suppress(KeyboardInterrupt):  # the way to end it
                _follow(settings, clickhouse, board, limit)
        else:
            console.print(draw_board(board))
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None


def _follow(settings: Settings, clickhouse: Client, board: Board, limit: int) -> None:
    news = redis.connect(settings, timeout_s=PATIENCE_MS / 1000 + 1)
    with Live(draw_board(board), console=console, screen=True, auto_refresh=False) as live:
        while True:
            _wait_for_changes(news)
            board = read_board(
                clickhouse, board.consultation_id, limit, by=board.by, country=board.country
            )
            live.update(draw_board(board), refresh=True)


def _wait_for_changes(news: Redis) -> None:
    """Return when the sink has written something, or after a while."""
    try:
        news.xread({CHANGES: "$"}, count=1, block=PATIENCE_MS)
    except RedisError:  # the news are a convenience: without them, look now and then
        time.sleep(PATIENCE_MS / 1000)
