from docs.generate.live_api import live_fields, live_paths


def test_every_address_of_the_service_is_described_with_what_it_takes():
    text = live_paths()
    for path in ("board", "proposals/{proposal}", "clusters", "publications", "events"):
        assert f"/api/v1/consultations/{{consultation}}/{path}`" in text
    assert "`sort`" in text


def test_every_member_of_an_answer_has_its_type_and_columns_have_their_views_meaning():
    text = live_fields()
    assert "### PublicProposal" in text
    assert "| `weakest_country` | string or null | Least agreement of the countries" in text
    assert "| `proposals` | list of PublicProposal |" in text
