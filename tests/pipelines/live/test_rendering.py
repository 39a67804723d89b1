from pipelines.live.languages import language
from pipelines.live.rendering import PageView, board_path, draw, proposal_path


def test_a_link_keeps_the_language_and_drops_what_is_empty():
    view = PageView(language("en"), "/consultations/a", {"lang": "en", "q": "x"})
    assert view.link() == "/consultations/a?lang=en&q=x"
    assert view.link(q="", limit=50) == "/consultations/a?lang=en&limit=50"
    assert view.link("/") == "/?lang=en"


def test_ids_of_strangers_are_escaped_in_addresses():
    assert board_path("a/b?c") == "/consultations/a%2Fb%3Fc"
    assert proposal_path("a", "#") == "/consultations/a/proposals/%23"


def test_what_a_template_is_given_is_escaped():
    view = PageView(language("en"), "/", {})
    assert b"&lt;b&gt;" in draw("error.html", view, title="<b>", status=404)
