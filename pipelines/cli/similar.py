"""``tutti similar``: proposals that are about the same as a text, or as one another."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.errors import TerminalError
from pipelines.cli.consultations import about, must_be_known
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from pipelines.cli.screen import Sheet

NEAREST_SQL: Final = """
SELECT proposal_id, 1 - cosineDistance(vector, $vector) AS similarity, text,
       language, cluster_id
FROM marts.vectors AS vectors
INNER JOIN marts.cluster_members AS members USING (consultation_id, proposal_id)
WHERE consultation_id = {consultation:String} AND model = {model:String}
ORDER BY similarity DESC, proposal_id
LIMIT {limit:UInt32}
"""
MODEL_SQL: Final = """
SELECT model FROM marts.cluster_progress
WHERE active AND consultation_id = {consultation:String}
"""
PAIRS_SQL: Final = """
SELECT proposal_id, other_id, similarity, text, other_text, language, other_language, stance
FROM marts.duplicate_suggestions
WHERE consultation_id = {consultation:String}
ORDER BY similarity DESC, proposal_id, other_id
LIMIT {limit:UInt32}
"""


def similar(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    text: Annotated[
        str, typer.Argument(help="What to compare with; without it, pairs of proposals.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show proposals near to a text in meaning, or near pairs; near is not of one opinion.

    A pair says whether the words ask for the same or the opposite.
    """
    views = clickhouse(analyst=True)
    with about(views, consultation):
        if text:
            rows = nearest(views, consultation, text, limit)
        else:
            rows = pairs(views, consultation, limit)
    if as_json:
        print_json(rows)
    else:
        console.print(draw_similar(rows, of_pairs=not text))


def draw_similar(rows: list[dict[str, Any]], *, of_pairs: bool) -> "Sheet":
    """Near proposals, or near pairs, as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    names = ["text", "other_text"] if of_pairs else ["text"]
    ids = ["proposal_id", "other_id"] if of_pairs else ["proposal_id"]
    columns = [
        Column("similar", right=True),
        Column("stance", 1),
        *(Column(name.removesuffix("_id").replace("_", " "), 2) for name in ids),
        *(Column(name.replace("_", " "), subject=True) for name in names),
    ]
    cells = [
        [f"{row['similarity']:.3f}", row["stance"], *(row[name] for name in (*ids, *names))]
        for row in rows
    ]
    return Sheet(
        "near in meaning; stance by the words alone: same, opposite or unclear",
        columns,
        cells,
        "" if rows else "none so far",
    )


def nearest(clickhouse: "Client", consultation: str, text: str, limit: int) -> list[dict[str, Any]]:
    """The proposals nearest to a text, each with how its stance compares.

    Raises:
        TerminalError: None of its proposals is clustered, or its encoder is not here.
    """
    from operators.core.clusters.language import language_of
    from operators.core.clusters.stance import stance
    from pipelines.semantics.encoder import InstalledEncoders

    used = clickhouse.query(MODEL_SQL, parameters={"consultation": consultation}).result_rows
    if not used:
        raise _no_vectors(consultation)
    [[model]] = used
    encoder = InstalledEncoders(settings()).load(model.partition("/")[0])
    # In the statement: hundreds of numbers make an address too long for a parameter.
    vector = [float(number) for number in encoder.encode([text])[0]]
    found = clickhouse.query(
        NEAREST_SQL.replace("$vector", f"{vector}::Array(Float32)"),
        parameters={"consultation": consultation, "model": encoder.model, "limit": limit},
    )
    if not found.result_rows:
        raise _no_vectors(consultation)
    language = language_of(text)
    rows = list(found.named_results())
    return [row | {"stance": stance(text, language, row["text"], row["language"])} for row in rows]


def _no_vectors(consultation: str) -> TerminalError:
    return TerminalError(
        f"No proposal of {consultation} has a vector of its encoder yet: see tutti status,"
        " or tutti query 'SELECT * FROM marts.cluster_progress'."
    )


def pairs(clickhouse: "Client", consultation: str, limit: int) -> list[dict[str, Any]]:
    """Near pairs of proposals, each with how their stances compare."""
    found = clickhouse.query(PAIRS_SQL, parameters={"consultation": consultation, "limit": limit})
    rows = list(found.named_results())
    if not rows:
        must_be_known(clickhouse, consultation)
    return rows
