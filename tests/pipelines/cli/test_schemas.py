"""``tutti schemas check``: exit status, output for people and for programs, memory."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from schemas.rejections import ADVICE, REASONS

GOOD = (
    '{"consultation_id":"c","proposal_id":"p","participant_id":"a","choice":"agree",'
    '"cast_at":"2026-05-01T12:00:00Z"}\n'
)
BAD = GOOD.replace("agree", "yes")


@pytest.fixture
def check(tmp_path: Path):
    def run(text: str, *options: str, code: int):
        file = tmp_path / "votes.jsonl"
        file.write_text(text)
        done = CliRunner().invoke(app, ["schemas", "check", str(file), "--kind", "votes", *options])
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_exit_is_0_when_every_line_would_be_accepted(check):
    assert "2 lines: 2 would be accepted, 0 rejected" in check(GOOD * 2, code=0)
    assert "0 lines" in check("", code=0)


def test_a_fault_is_told_with_its_line_reason_field_value_and_cure(check):
    printed = check(GOOD + BAD, code=1)
    assert 'line 2: unknown_choice choice: found "yes"; expected: agree' in printed
    assert ADVICE["unknown_choice"].cure in printed
    assert "2 lines: 1 would be accepted, 1 rejected" in printed
    assert "1 x unknown_choice, first in line 2" in printed


def test_json_tells_the_same_to_a_program(check):
    report = json.loads(check(GOOD + BAD * 2, "--json", "--limit", "1", code=1))
    assert (report["lines"], report["accepted"], report["rejected"]) == (3, 1, 2)
    cure = ADVICE["unknown_choice"].cure
    assert report["reasons"] == {"unknown_choice": {"lines": 2, "first_line": 2, "cure": cure}}
    assert report["faults"] == [
        {
            "line": 2,
            "reason": "unknown_choice",
            "field": "choice",
            "found": '"yes"',
            "expected": "agree, disagree, neutral or withdrawn",
            "cure": cure,
        }
    ]


def test_beyond_the_limit_faults_are_counted_and_not_named(check):
    printed = check(BAD * 5, "--limit", "2", code=1)
    assert printed.count("\nline ") + printed.startswith("line ") == 2
    assert "5 rejected" in printed


def test_a_file_that_cannot_be_read_is_exit_2(tmp_path):
    for place in (tmp_path, tmp_path / "none"):
        done = CliRunner().invoke(app, ["schemas", "check", str(place), "--kind", "votes"])
        assert done.exit_code == 2
        assert "cannot be read" in done.stderr


def test_standard_input_is_read_without_filling_memory():
    """10 MB of lines, and one of 100 MB; a file of any size goes the same way."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipelines.cli.main",
            *["schemas", "check", "-", "--kind", "votes", "--json"],
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(GOOD.encode())
    process.stdin.flush()
    chunk = GOOD.encode() * 5_000
    for _ in range(4):
        process.stdin.write(chunk)
    before = psutil.Process(process.pid).memory_info().rss
    for _ in range(16):
        process.stdin.write(chunk)
    for _ in range(100):
        process.stdin.write(b"x" * 2**20)
    process.stdin.write(b"\n")
    process.stdin.flush()
    grown = psutil.Process(process.pid).memory_info().rss - before
    process.stdin.close()
    report = json.loads(process.stdout.read())
    assert process.wait() == 1
    assert report["lines"] == 100_002
    assert report["reasons"].keys() == {"too_long"}
    assert grown < 32 * 2**20


def test_send_check_names_the_same_and_sends_nothing(tmp_path):
    file = tmp_path / "votes.jsonl"
    file.write_text(GOOD + BAD)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pipelines.cli.main",
            "send",
            str(file),
            "--kind",
            "votes",
            "--check",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert 'line 2: unknown_choice choice: found "yes"' in done.stderr
    assert ADVICE["unknown_choice"].cure in done.stderr
    assert "nothing was sent" in done.stderr
    assert not done.stdout


def test_every_reason_has_one_sentence_that_says_how_to_mend_it():
    assert tuple(ADVICE) == REASONS
    for reason, advice in ADVICE.items():
        assert advice.meaning, reason
        assert advice.cure[0].isupper(), reason
        assert advice.cure.endswith("."), reason
        assert len(advice.cure.split()) >= 4, reason
        assert not re.search(r"(?<!e\.g)\. [A-Z]", advice.cure), f"{reason}: one sentence"
    assert len({advice.cure for advice in ADVICE.values()}) == len(REASONS)


def test_a_warning_is_printed_with_its_cure_and_is_no_error(check):
    lines = GOOD.replace('"choice"', '"country":"UK","choice"') * 3
    printed = check(GOOD + lines, code=0)
    assert "4 lines: 4 would be accepted" in printed
    assert "warning: 3 x UK is no code of ISO 3166-1: write GB; first in line 2" in printed
    report = json.loads(check(GOOD + lines, "--json", code=0))
    assert report["warnings"] == [
        {
            "lines": 3,
            "first_line": 2,
            "reason": "unknown_country",
            "cure": "UK is no code of ISO 3166-1: write GB",
        }
    ]
