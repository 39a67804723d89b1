"""``python -m schemas.documents``: write the generated documents anew."""

from pathlib import Path
from typing import Final

from schemas import asyncapi, page

CHECKOUT: Final = Path(__file__).resolve().parent.parent

DOCUMENTS: Final = {
    CHECKOUT / "schemas" / "asyncapi.json": asyncapi.text,
    CHECKOUT / "docs" / "reference" / "events.html": page.text,
}
"""Each generated file with what makes its text."""

if __name__ == "__main__":
    for file, text in DOCUMENTS.items():
        file.write_text(text(), encoding="utf-8")
