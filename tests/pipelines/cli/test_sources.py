"""``tutti sources``: keys are shown once, entries are only ever added."""

import json
import os
import subprocess
import sys

import pytest
from places import CHECKOUT

from infra.config.settings import Settings
from infra.config.sources import read_sources
from schemas.signatures import token_of


@pytest.fixture
def run(tmp_path):
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", "sources", *arguments],
            cwd=CHECKOUT,
            env=os.environ | {"TUTTI_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


def test_a_source_lives_from_add_to_revoke_and_its_key_is_shown_once(run, tmp_path):
    settings = Settings(home=tmp_path)
    shown = json.loads(run("add", "pt", "--consultations", "eu-*", "--country", "PT", "--json"))
    assert shown["token"] == token_of(bytes.fromhex(shown["key"]))
    run("change", "pt", "--rate", "50")
    listed = run("list", "--json")
    [source] = json.loads(listed)["sources"]
    assert (source["consultations"], source["countries"], source["rate"]) == (["eu-*"], ["PT"], 50)
    rotated = json.loads(run("rotate", "pt", "--overlap", "2", "--json"))
    run("revoke", "pt")
    entries = read_sources(settings).sources
    keys = [shown["key"], shown["key"], rotated["key"], ""]
    assert [entry.key for entry in entries] == keys
    assert (entries[2].old_key_until - entries[2].since).total_seconds() == pytest.approx(7200, 1)
    for output in (listed, run("list"), run("list", "--json")):
        assert not any(key and key in output for key in keys)
    assert "no source pt in force" in run("revoke", "pt", code=1)


def test_the_policy_brings_a_source_for_the_probe(run):
    assert json.loads(run("list", "--json"))["messages"] == "open"
    run("policy", "signed")
    found = json.loads(run("list", "--json"))
    assert found["messages"] == "signed"
    assert [source["name"] for source in found["sources"]] == ["tutti-probe"]


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (("add", "a"), "needs --consultations or --announces"),
        (("add", "a b", "--consultations", "c"), "$.name"),
        (("add", "a", "--consultations", "*c"), "$.consultations[0]"),
        (("add", "a", "--consultations", "c", "--trust", "high"), "$.trust[0]"),
        (("add", "a", "--consultations", "c", "--from", "2020-01-01T00:00:00Z"), "in the past"),
        (("policy", "closed"), "open or signed"),
        (("rotate", "nobody"), "no source nobody in force"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_and_changes_nothing(
    run, tmp_path, arguments, output
):
    assert output in run(*arguments, code=1)
    assert read_sources(Settings(home=tmp_path)).sources == ()


def test_sources_that_could_change_each_others_messages_are_not_added(run):
    run("add", "pt", "--consultations", "eu", "--participants", "pt:*", "--proposals", "pt-*")
    other = ("add", "fr", "--consultations", "eu", "--proposals", "fr-*")
    assert "vote for each other's participants (--participants)" in run(*other, code=1)
    run(*other, "--participants", "fr:*")
    run("add", "both", "--consultations", "eu", "--shared")
    assert "warning: pt and both can change each other's proposals" in run("list")
