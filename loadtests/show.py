"""A measurement on the terminal."""

from rich.console import Console
from rich.table import Table

from loadtests.bench import Measurement


def show(console: Console, name: str, measured: Measurement) -> None:
    """Print one measurement."""
    line = (
        f"[bold]{name}[/]: {measured.votes:,} votes sent in {measured.sent_s:g} s, visible after"
        f" {measured.visible_s:g} s: {measured.votes_per_s:,} votes/s; {measured.cpu_us:.1f} µs CPU"
        f" per vote; others used {measured.others_cores:g} cores"
    )
    console.print(line)
    if measured.fresh_ms:
        fresh = ", ".join(f"{key} {value:,.0f}" for key, value in measured.fresh_ms.items())
        console.print(
            f"  readable after, ms: {fresh}; rise {measured.rise_ms:+.0f};"
            f" resolution {measured.gap_ms:g}; generator behind {measured.lag_ms}"
        )
    table = Table("service", "µs/vote", "cores", "peak MiB", "busiest threads, µs/vote", box=None)
    for service, cost in sorted(measured.services.items(), key=lambda item: -item[1].cpu_us):
        threads = ", ".join(f"{thread} {us:g}" for thread, us in list(cost.threads_us.items())[:7])
        restarted = " (restarted)" if cost.restarted else ""
        table.add_row(
            service + restarted,
            f"{cost.cpu_us:.2f}",
            f"{cost.cores:.2f}",
            f"{cost.peak_mb:,}",
            threads,
        )
    console.print(table)
