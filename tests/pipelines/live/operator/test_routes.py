from http.client import HTTPConnection

import pytest
from operator_rows import NAME, evening
from operator_site import FORM, PATIENCE_S, canned_site

from infra.config.secrets import replace_operator_token
from pipelines.live.operator.routes import TRIES

PATHS = ("/operator", "/operator/events")


def test_who_is_logged_in_sees_everything(site, cookie):
    shown = site.until(cookie, f'data-id="{NAME}"')
    for text in ("Make night trains cheaper", "Romania", "bad_signature", "Lower the voting age"):
        assert text in shown


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", ["", "tutti-operator=", "tutti-operator=AAAA", "other=1"])
def test_without_a_session_there_is_no_answer(site, path, sent):
    answer = site.ask(path, Cookie=sent)
    assert answer.status in {303, 401}
    assert NAME not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/operator/", "/operator/x", "/operatorx"])
def test_no_other_path_answers(site, cookie, path):
    assert site.ask(path, Cookie=cookie).status == 404


def test_the_token_opens_a_session_with_a_cookie_that_no_script_and_no_other_site_uses(
    site, cookie
):
    answer = site.log_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/operator")
    flags = answer.headers["Set-Cookie"].lower()
    for flag in ("httponly", "samesite=strict", "path=/operator", "max-age=43200"):
        assert flag in flags
    assert "secure" not in flags
    assert site.token not in answer.headers["Set-Cookie"]
    page = site.ask("/operator", Cookie=answer.cookie)
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5_000, "%00", "\u00e9"])
def test_another_token_opens_nothing(site, token):
    answer = site.log_in(token)
    assert (answer.status, answer.cookie) == (403, "")
    assert "This is not the token." in answer.text


FOREIGN = [
    {"Host": "evil.example"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/operator", "/operator/login", "/operator/events"])
def test_what_another_site_asks_is_refused(site, cookie, path, headers):
    answer = site.ask(path, Cookie=cookie, **headers)
    assert answer.status == 403
    assert answer.text.startswith("Refused:")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/operator/login", "/operator/logout"])
def test_a_form_of_another_page_is_refused(site, cookie, path, origin):
    answer = site.ask(path, "POST", f"token={site.token}", Content_Type=FORM, Origin=origin,
                      Cookie=cookie)  # fmt: skip
    assert (answer.status, answer.cookie) == (403, "")
    assert site.ask("/operator", Cookie=cookie).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(site, cookie, method):
    assert site.ask("/operator", method, Cookie=cookie).status == 405


def test_an_event_comes_at_once_and_when_there_is_something_newer(site, cookie):
    connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)
    connection.request("GET", "/operator/events", headers={"Cookie": cookie})
    answer = connection.getresponse()
    ids = []
    while len(ids) < 3:
        line = answer.readline().decode()
        if line.startswith("id: "):
            ids.append(int(line.removeprefix("id: ")))
    connection.close()
    assert answer.status == 200
    assert ids == sorted(set(ids))


def test_who_logs_out_is_out(site):
    own = site.log_in().cookie
    assert site.ask("/operator/logout", "POST", Cookie=own).status == 303
    assert site.ask("/operator", Cookie=own).status == 303


def test_too_many_tries_of_an_address_are_refused_also_with_the_token(site):
    for _ in range(TRIES.amount):
        assert site.log_in("wrong", "127.0.0.9").status == 403
    answer = site.log_in(site.token, "127.0.0.9")
    assert (answer.status, answer.cookie, answer.headers["Retry-After"]) == (429, "", "60")
    assert site.log_in().status == 303


def test_with_https_the_cookie_is_sent_over_https_only(tmp_path):
    with canned_site(tmp_path, evening(), proxies=("127.0.0.1",)) as site:
        answer = site.log_in(address="127.0.0.1", X_Forwarded_Proto="https")
        assert "secure" in answer.headers["Set-Cookie"].lower()


def test_another_token_logs_everybody_out(site, cookie):
    replace_operator_token(site.settings)
    assert site.ask("/operator", Cookie=cookie).status == 303
