import pytest
from pydantic import ValidationError

from infra.config.settings import Settings


def test_by_default_nobody_elsewhere_reaches_the_pages_and_nobody_embeds_them():
    ours = Settings()
    assert ours.live_host == "127.0.0.1"
    assert (ours.live_names, ours.live_proxies, ours.live_embedders) == ((), (), ())


def test_lists_are_written_with_commas(monkeypatch):
    monkeypatch.setenv("TUTTI_LIVE_NAMES", "Vote.example, www.vote.example,")
    monkeypatch.setenv("TUTTI_LIVE_EMBEDDERS", "https://paper.example,http://127.0.0.1:8000")
    monkeypatch.setenv("TUTTI_LIVE_PROXIES", "127.0.0.1,::1")
    ours = Settings()
    assert ours.live_names == ("vote.example", "www.vote.example")
    assert ours.live_embedders == ("https://paper.example", "http://127.0.0.1:8000")
    assert ours.live_proxies == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("live_names", "https://vote.example"),
        ("live_names", "a b"),
        ("live_names", "*"),
        ("live_embedders", "paper.example"),
        ("live_embedders", "https://paper.example/; script-src *"),
        ("live_embedders", "https://*"),
        ("live_proxies", "*"),
        ("live_streams", 0),
    ],
)
def test_what_is_no_name_or_origin_is_said(name, value):
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})
