import subprocess
import sys

import pytest
from live_campaign import ARABIC

from pipelines.live.png import drawn, letters

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30">{}</svg>'
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def text(content: str) -> str:
    return SVG.format(f'<text y="20" font-family="Noto Sans, Noto Sans Arabic">{content}</text>')


def test_fonts_come_with_the_environment():
    assert len(letters()) == 2


@pytest.mark.parametrize("content", ["Zażółć gęślą jaźń", "Ελλάδα", "България", ARABIC])
def test_letters_are_drawn_and_the_same_text_is_the_same_picture(content):
    found = drawn(text(content))
    assert found.startswith(SIGNATURE)
    assert found == drawn(text(content))
    assert found != drawn(text("")) != drawn(text("????"))


def test_nothing_of_this_machine_gets_into_a_picture(tmp_path):
    secret = tmp_path / "secret.svg"
    secret.write_text(SVG.format('<rect width="60" height="30" fill="red"/>'))
    for tag in ("image", "IMAGE", "use", "feImage"):
        shown = SVG.format(f'<{tag} href="{secret}" width="60" height="30"/>')
        with pytest.raises(ValueError, match="from itself alone"):
            drawn(shown)


def test_a_process_draws_what_comes_in_and_refuses_what_is_no_picture():
    command = [sys.executable, "-m", "pipelines.live.png"]
    done = subprocess.run(command, input=text("a").encode(), capture_output=True, check=True)
    assert done.stdout == drawn(text("a"))
    assert subprocess.run(command, input=b"<svg", capture_output=True, check=False).returncode
