import pytest
from live_rows import NAME

BOARD = f"/consultations/{NAME}"


def test_a_picture_is_an_image_with_its_numbers(site):
    answer = site.get(f"{BOARD}/proposals/p2/picture.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "&lt;script&gt;" in answer.text
    assert "<script" not in answer.text
    assert "80.0%" in answer.text


def test_a_picture_is_there_as_png_too_in_each_language_and_kept(site):
    found = site.get(f"{BOARD}/proposals/p2/picture.png?lang=de")
    assert found.headers["Content-Type"] == "image/png"
    assert found.body.startswith(b"\x89PNG\r\n\x1a\n")
    again = site.get(
        f"{BOARD}/proposals/p2/picture.png?lang=de", If_None_Match=found.headers["ETag"]
    )
    assert again.status == 304
    assert site.get(f"{BOARD}/proposals/p2/picture.png?lang=fr").body != found.body


@pytest.mark.parametrize(
    "path",
    [
        f"{BOARD}/proposals/none/picture.svg",
        f"{BOARD}/proposals/none/picture.png",
        f"/embed/{NAME}/none",
    ],
)
def test_what_is_not_published_is_not_there(site, path):
    assert site.get(path).status == 404


def test_an_embedded_board_is_short_and_leads_to_the_whole(site):
    text = site.get(f"/embed/{NAME}?lang=en").text
    assert f'href="{BOARD}?lang=en" target="_blank" rel="noopener"' in text
    assert text.count('class="row"') == 3
    assert site.get(f"/embed/{NAME}/p1").text.count('class="row"') == 1
