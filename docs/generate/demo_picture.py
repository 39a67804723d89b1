"""Draws `docs/demo.svg`: the real demo's screen after some seconds on the real stack.

``python -m docs.generate.demo_picture [SECONDS]`` uses a folder of its own and the ports of
TUTTI_PORT_BASE.
"""

import io
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from infra.clickhouse.client import connect
from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.local import stack
from operators.core.clock import system_clock
from pipelines.demo.campaign import Campaign
from pipelines.demo.show import CampaignSender, DemoWatch
from pipelines.demo.traffic.announcing import announce

PICTURE: Final = CHECKOUT / "docs" / "demo.svg"
WIDTH: Final = 140
SECONDS: Final = 40.0
RATE: Final = 2_000
# The picture must not fetch fonts from elsewhere, nor name where they are.
_FORMAT: Final = re.sub(
    r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
).replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def main() -> None:
    """Run the demo's parts for a while and keep its last screen."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    recorder = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory(prefix="tutti-picture-") as folder:
        settings = Settings().model_copy(update={"home": Path(folder) / "home"})
        try:
            stack.up(settings, lambda _line: None)
            campaign = Campaign()
            traffic = CampaignSender(settings, campaign, RATE, system_clock)
            announce(settings, campaign.consultation(), campaign.proposals())
            consultation = campaign.consultation()["consultation_id"]
            watch = DemoWatch(settings, connect(settings), consultation, system_clock)
            traffic.start()
            # Counts come in steps: the rate is that of the time between two looks.
            for share in (0.75, 0.25):
                time.sleep(seconds * share)
                watch.look()
            recorder.print(watch.screen(traffic.sent, None))
            traffic.end()
        finally:
            stack.down(settings)
    PICTURE.write_text(recorder.export_svg(title="make demo", code_format=_FORMAT))


if __name__ == "__main__":
    main()
