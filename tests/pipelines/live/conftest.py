"""One live service for a module's tests; who changes its rows begins an edition."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import HTTPError

import pytest
from live_campaign import NAME, PublishedCampaign
from live_rows import Site, serving
from live_served import PATIENCE_S, Served, served

FIRST_MS = 1_780_000_020_000 // 60_000 * 60_000


@dataclass(frozen=True)
class Town:
    """A running live service, and the campaign that it shows."""

    served: Served
    campaign: PublishedCampaign
    board: str = f"/consultations/{NAME}"

    @property
    def base(self) -> str:
        return self.served.base

    def pages(self) -> dict[str, str]:
        """Every kind of page, by name."""
        proposals = f"{self.board}/proposals"
        return {
            "consultations": "/",
            "board": self.board,
            "common-ground": f"{self.board}/common-ground",
            "topics": f"{self.board}/clusters",
            "proposal": f"{proposals}/{self.campaign.proposals[0]}",
            "arabic": f"{proposals}/{self.campaign.arabic}",
            "hostile": f"{proposals}/{self.campaign.hostile}",
            "embedded": f"/embed/{NAME}",
            "missing": "/consultations/nothing",
        }

    def votes_shown(self) -> int:
        """Ballots of the board as programs read it."""
        board = self.served.get(f"/api/v1{self.board}/board?limit=500").decode()
        return sum(int(part.split(",")[0]) for part in board.split('"votes":')[1:])

    def publish(self, votes: int = 600) -> None:
        """Another minute, and wait until the service shows it."""
        before = self.votes_shown()
        self.campaign.minute(votes)
        deadline = time.monotonic() + PATIENCE_S
        while self.votes_shown() == before:
            assert time.monotonic() < deadline, self.served.log
            time.sleep(0.2)

    def wait_for(self, text: str) -> None:
        """Until the board's page has that text."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if text in self.served.get(self.board).decode():
                    return
            except HTTPError:  # it is not published yet, or the machine is busy
                pass
            assert time.monotonic() < deadline, self.served.log
            time.sleep(0.2)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(live_names="vote.example", live_embedders="https://paper.example") as made:
        yield made


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """A live service as a process, over a ClickHouse in which a campaign was published."""
    with served(TUTTI_LIVE_NAMES="vote.example") as running:
        campaign = PublishedCampaign(running.clickhouse, FIRST_MS)
        for _ in range(4):
            campaign.minute(1200)
        found = Town(running, campaign)
        found.wait_for(f'data-ticks="/api/v1{found.board}/publications"')
        yield found
