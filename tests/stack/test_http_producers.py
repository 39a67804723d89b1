"""The examples of docs/producers/http, run as they stand, on a road with losses and refusals."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from places import CHECKOUT
from stack.hard_road import HardRoad

FOLDER = CHECKOUT / "docs" / "producers" / "http"
VOTES, WRONG_LINE = 620, 611
TOOLS = {
    "py": [sys.executable],
    "php": ["php"],
    "mjs": ["node"],
    "go": ["go", "run"],
    "java": ["java"],
    "sh": ["sh"],
}
EXAMPLES = sorted(file.name for file in FOLDER.iterdir() if file.suffix.strip(".") in TOOLS)


def command(example: str) -> list[str]:
    tool = TOOLS[example.rpartition(".")[2]]
    needed = "curl" if example == "send.sh" else tool[0]
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not on PATH")
    return [*tool, str(FOLDER / example)]


@pytest.fixture(scope="module")
def token(stack) -> str:
    made = stack.json("sources", "add", "examples", "--consultations", "by-*")
    return str(made["token"])


@pytest.fixture
def road(stack) -> Iterator[HardRoad]:
    made = HardRoad(stack.settings.http_intake_port)
    yield made
    made.close()


def run(example: str, road: HardRoad, token: str, votes: list[str]):
    return subprocess.run(
        command(example),
        input="".join(f"{vote}\n" for vote in votes),
        env=os.environ | {"TUTTI_HTTP": road.address, "TUTTI_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def vote(example: str, number: int, choice: str = "agree") -> str:
    return json.dumps(
        {
            "consultation_id": f"by-{example}",
            "proposal_id": "p-1",
            "participant_id": f"person:{number}",
            "choice": choice,
            "cast_at": "2026-05-01T12:00:00Z",
            "note": "è 中 🙂",
        },
        ensure_ascii=False,
    )


def test_there_is_an_example_for_every_back_end():
    assert (
        sorted(["Send.java", "send.go", "send.mjs", "send.php", "send.py", "send.sh"]) == EXAMPLES
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_votes_arrive_once_although_answers_are_lost_and_tries_refused(stack, road, token, example):
    votes = [vote(example, number) for number in range(1, VOTES + 1)]
    votes[WRONG_LINE - 1] = vote(example, WRONG_LINE, "perhaps")
    done = run(example, road, token, votes)
    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 1, output  # one line was rejected
    if example == "send.sh":
        receipts = [json.loads(line) for line in done.stdout.splitlines()]
        assert [one["accepted"] for one in receipts] == [500, VOTES - 501]
        assert [one["line"] for one in receipts[1]["rejected"]] == [WRONG_LINE - 500]
    else:
        assert f"{VOTES - 1} accepted, 1 rejected" in done.stdout, output
        assert f"line {WRONG_LINE}: unknown_choice: Send agree" in done.stderr
    first = road.tries[0].key
    hard = [one for one in road.tries if one.key == first]
    assert [(one.status, one.replayed) for one in hard] == [
        (200, False),
        (503, False),
        (429, False),
        (200, True),
    ]
    assert len({one.body for one in hard}) == 1
    assert len(road.tries) == len(hard) + 1
    sent = b"".join(gzip.decompress(one.body) for one in (hard[0], road.tries[-1]))
    assert sent.decode().splitlines() == votes
    stack.sync()
    rows = stack.rows(
        "SELECT votes FROM marts.agreement_by_country WHERE consultation_id = {c:String}",
        c=f"by-{example}",
    )
    assert rows == [(VOTES - 1,)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_wrong_token_is_told_at_once_with_its_cure(road, example):
    done = run(example, road, "tutti_wrong", [vote(example, 1)])
    assert done.returncode == 1
    assert "Authorization: Bearer TOKEN" in done.stdout + done.stderr
    # Once, or behind the obstacles of the road: a refusal that stays is not tried again.
    assert [one.status for one in road.tries if one.status not in {429, 503}] == [401, 401]
