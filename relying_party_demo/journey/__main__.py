"""`python -m relying_party_demo.journey --endpoints OUT/endpoints.json --out OUT [--lang th|en]`.

Walks the whole journey against a running demonstration, shows its progress, and writes `OUT/journey.json` and the
papers. Exit code 0 only when every step held.
"""

import argparse
import json
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relying_party_demo.journey.endpoints import Endpoints
from relying_party_demo.journey.steps import Outcome, Result, steps_for, walk
from relying_party_demo.journey.story import Story

INTERRUPTED = 130

SUMMARY = {
    "all_held": {
        "th": "ครบทุกขั้นตอน: ประชาชนคนหนึ่งลงทะเบียน เข้าใช้ ให้ความยินยอม หน่วยงานได้ข้อมูลและเอกสารโดยไม่ต้องขอสำเนา และทุกครั้งมีบันทึก",
        "en": "Every step held: a citizen enrolled, signed in and consented; an agency got data and papers without "
        "asking for copies; everything is on record.",
    },
    "some_failed": {
        "th": "ยังไม่ครบ: ขั้นตอนที่ทำเครื่องหมาย ✗ ไม่เป็นไปตามที่ควร",
        "en": "Not complete: the steps marked ✗ did not go as they should.",
    },
}


def main() -> int:
    """Walk, report, and say by the exit code whether all held."""
    parser = argparse.ArgumentParser(prog="relying_party_demo.journey", description=__doc__)
    parser.add_argument("--endpoints", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lang", choices=("th", "en"), default="th")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    endpoints = Endpoints.read(arguments.endpoints)
    console = Console()
    story = Story(endpoints=endpoints, out=arguments.out, language=arguments.lang)
    started = time.monotonic()
    try:
        results = _walk_visibly(story, console)
    finally:
        story.close()
    all_held = all(result.outcome is Outcome.OK for result in results)
    report = {
        "ok": all_held,
        "seconds": round(time.monotonic() - started, 1),
        "card_stack": endpoints.card_stack,
        "steps": [
            {"id": result.step.id, "outcome": result.outcome.value, "ms": result.ms, "error": result.error}
            for result in results
        ],
    }
    (arguments.out / "journey.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    _summarise(console, results, all_held=all_held)
    papers = sorted(path.name for path in arguments.out.glob("*.pdf"))
    if papers:
        console.print(f"เอกสารอยู่ที่ · the documents lie in {arguments.out}: {', '.join(papers)}", highlight=False)
    return 0 if all_held else 1


def _walk_visibly(story: Story, console: Console) -> list[Result]:
    results: list[Result] = []
    with console.status("…") as status:
        for result in walk(story, before=lambda step: status.update(step.title(story.language))):
            results.append(result)
            mark = "[green]✓[/]" if result.outcome is Outcome.OK else "[red]✗[/]"
            place = f"{len(results):2}/{len(steps_for(story.endpoints))}"
            console.print(f"{mark} {place} {result.step.title(story.language)} [dim]{result.ms / 1000:.1f} s[/]")
            if result.error:
                console.print(f"        {result.error}", style="red", markup=False)
    return results


def _summarise(console: Console, results: list[Result], *, all_held: bool) -> None:
    table = Table("", "ขั้นตอน", "Step", box=None)
    for result in results:
        table.add_row("✓" if result.outcome is Outcome.OK else "✗", result.step.title_th, result.step.title_en)
    console.print(table)
    words = SUMMARY["all_held" if all_held else "some_failed"]
    console.print(words["th"], style="bold")
    console.print(words["en"], style="bold")


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
