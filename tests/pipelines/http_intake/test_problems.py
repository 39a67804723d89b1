"""Problems: one form, RFC 9457, and the document says which there are."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from pipelines.http_intake.openapi import document
from pipelines.http_intake.problems import MEDIA_TYPE, PROBLEMS, ProblemError
from schemas.dated_rules import KINDS


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problem_has_the_form_of_the_document(kind):
    response = ProblemError(kind, "more", 3, rejected=[]).response()
    assert response.status_code == PROBLEMS[kind].status
    assert response.media_type == MEDIA_TYPE
    assert response.headers["retry-after"] == "3"
    assert ("www-authenticate" in response.headers) == (response.status_code == 401)
    found = json.loads(response.body)
    schemas = document()["components"]["schemas"]
    schema = schemas["Problem"] | {"$defs": schemas}
    text = json.dumps(schema).replace("#/components/schemas/", "#/$defs/")
    Draft202012Validator(json.loads(text)).validate(found)
    assert found["type"] == f"urn:tutti:problem:{kind}"


def test_the_document_names_every_address_and_every_answer_of_a_batch():
    paths = document()["paths"]
    assert set(paths) == {f"/v1/{kind}" for kind in (*KINDS, "manifests")} | {"/openapi.json"}
    statuses = {int(status) for status in paths["/v1/votes"]["post"]["responses"]}
    assert statuses == {200} | {kind.status for kind in PROBLEMS.values()} - {404, 405}
    manifest = {int(status) for status in paths["/v1/manifests"]["post"]["responses"]}
    assert manifest == statuses - {409}


def test_patterns_in_the_document_are_those_of_ecma_262():
    """`\\Z` means nothing there, and a client made from the document would refuse what is right."""
    text = json.dumps(document())
    assert text.count('"pattern"') > 5
    assert 'Z"' not in "".join(re.findall(r'"pattern": "[^"]*"', text))
