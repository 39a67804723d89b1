import re


def test_files_are_kept_for_ever_under_their_version_and_nothing_else_is_a_file(site):
    found = re.findall(r'"(/static/[^"]+)"', site.get("/").text)
    assert len(found) == 2
    for path in found:
        assert "immutable" in site.get(path).headers["Cache-Control"]
    assert (
        site.get(f"/static/old/{found[0].rpartition('/')[2]}").headers["Cache-Control"]
        == "no-store"
    )
    for path in ("/static/x/..%2Fpages.py", "/static/x/pages.py", "/static/x/%00.css"):
        assert site.get(path).status == 404
