import pytest
from operator_site import FORM, an_evening, votes_lately

PATHS = ("/operator", "/operator/events")


def test_a_number_of_marts_is_on_the_page(site, cookie):
    an_evening(site.clickhouse, "evening", {"p1": "Plant more trees", "p2": "Fewer cars"})
    votes_lately(site.clickhouse, "evening", [0.2 * n for n in range(50)], source="tv")
    shown = site.until(cookie, "Plant more trees")
    assert 'data-id="evening" data-ballots="190"' in shown


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", ["", "tutti-operator=", "tutti-operator=AAAA", "other=1"])
def test_without_a_session_there_is_no_answer(site, path, sent):
    answer = site.ask(path, Cookie=sent)
    assert answer.status in {303, 401}
    assert "evening" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_opens_a_session_with_a_cookie_that_no_script_and_no_other_site_uses(site):
    answer = site.log_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/operator")
    flags = answer.headers["Set-Cookie"].lower()
    for flag in ("httponly", "samesite=strict", "path=/operator", "max-age="):
        assert flag in flags
    assert "secure" not in flags
    assert site.token not in answer.headers["Set-Cookie"]
    assert site.ask("/operator", Cookie=answer.cookie).status == 200


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5_000])
def test_another_token_opens_nothing(site, token):
    answer = site.log_in(token)
    assert (answer.status, answer.cookie) == (403, "")
    assert "This is not the token." in answer.text
