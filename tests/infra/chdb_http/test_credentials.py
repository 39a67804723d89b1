import base64

import pytest

from infra.chdb_http.credentials import Credentials
from infra.chdb_http.errors import QueryError

LOGIN = Credentials("sink", 'pä:ss "1"')


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def latin(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        (basic("sink", 'pä:ss "1"'), b""),
        ({"x-clickhouse-user": "sink", "x-clickhouse-key": latin('pä:ss "1"')}, b"query=SELECT+1"),
        ({}, b"user=sink&password=p%C3%A4:ss+%221%22"),
    ],
)
def test_the_password_passes_in_each_of_the_three_ways(headers, url):
    LOGIN.check(headers, url)


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({}, b""),
        (basic("sink", ""), b""),
        (basic("default", 'pä:ss "1"'), b""),
        (basic("sink", "pä"), b""),
        ({"authorization": "Bearer abc"}, b""),
        ({"authorization": "Basic ???"}, b""),
        ({"x-clickhouse-user": "sink"}, b""),
        ({"x-clickhouse-key": latin('pä:ss "1"')}, b""),
        ({}, b"user=sink&password=wrong"),
        ({}, b"user=sink"),
        # In two ways at once, even if both are right.
        (basic("sink", 'pä:ss "1"'), b"user=sink&password=p%C3%A4:ss+%221%22"),
    ],
)
def test_anything_else_is_refused_as_clickhouse_refuses_it(headers, url):
    with pytest.raises(QueryError) as refused:
        LOGIN.check(headers, url)
    assert refused.value.code == 516
    assert refused.value.status == 403
    assert "AUTHENTICATION_FAILED" in refused.value.text
    assert "wrong" not in refused.value.text


def test_a_user_without_name_is_the_default_one():
    Credentials("default", "p").check({"x-clickhouse-key": "p"}, b"")
    Credentials("default", "p").check({}, b"password=p")
    Credentials("default", "p").check(basic("", "p"), b"")


def test_a_login_does_not_show_its_password():
    assert "pä" not in repr(LOGIN)
