"""uv is fetched by its hash, and fetches from where pip would."""

from pathlib import Path

import pytest
from small_checkouts import given
from small_packages import locked, wheel

from infra.local.provision.checkout import Checkout
from infra.local.provision.lock import only_one
from infra.local.provision.step import Runner, StepError
from infra.local.provision.uv import as_pip, install_uv


@pytest.mark.parametrize(
    ("listed", "configured"),
    [
        ("global.index-url='https://a/simple'", {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            # pip prints them by name, whatever outdoes what
            ":env:.index-url='https://env'\nglobal.index-url='https://all'",
            {"UV_DEFAULT_INDEX": "https://env"},
        ),
        (
            "download.index-url='d'\nglobal.index-url='g'\ninstall.index-url='https://install'",
            {"UV_DEFAULT_INDEX": "https://install"},
        ),
        (
            "global.extra-index-url='\\nhttps://b/x\\nhttps://c/y'",
            {"UV_INDEX": "https://b/x https://c/y"},
        ),
        ("global.find-links='/a\\n/b'", {"UV_FIND_LINKS": "/a,/b"}),
        (":env:.no-index='1'", {"UV_OFFLINE": "1"}),
        (":env:.cert='/ca.pem'", {"SSL_CERT_FILE": "/ca.pem"}),
        ("global.default-timeout='180'", {"UV_HTTP_TIMEOUT": "180"}),
        ('global.proxy="http://it\'s:3128"', {"ALL_PROXY": "http://it's:3128"}),
        ("global.trusted-host='a b'", {"UV_INSECURE_HOST": "a b"}),
        ("WARNING: nothing=said\nglobal.disable-pip-version-check='1'\n", {}),
        ("", {}),
    ],
)
def test_uv_is_told_what_pip_is_configured_to_do(listed: str, configured: dict[str, str]) -> None:
    assert as_pip(listed) == {"UV_INDEX_STRATEGY": "unsafe-best-match"} | configured


def test_uv_is_fetched_by_its_hash_or_not_at_all(here: Checkout, tmp_path: Path) -> None:
    program = {"uv-1.data/scripts/uv": "#!/bin/sh\necho this is uv\n"}
    package = wheel(tmp_path / "index", "uv", "1", program)
    here = given(here, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(package.parent))
    with only_one(here) as lock:
        here.temporary.mkdir()
        here.lock("installer").write_text("uv==1\n")
        with pytest.raises(StepError, match=r"(?s)Hashes are required.*pip config list"):
            install_uv(Runner(here, lock))
        assert not here.uv.link.exists()
        here.lock("installer").write_text(locked(package))
        install_uv(Runner(here, lock))
    assert here.uv.ready()
    assert "this is uv" in (here.uv.link / "bin" / "uv").read_text()
