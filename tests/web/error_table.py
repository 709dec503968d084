"""`python -m tests.web.error_table` writes `docs/errors.md` from the catalogue of problems."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "errors.md"
ROOMS = {
    "ADT": "auditors and the log",
    "AGY": "agencies and their rights",
    "API": "the own interface of agencies",
    "APR": "approvals",
    "AUT": "authentication",
    "BRG": "the bridge for programs of GDX",
    "BSE": "grounds other than consent",
    "CARD": "card and reader",
    "CON": "consent",
    "CTC": "how people are reached",
    "CTR": "the counter of the data exchange",
    "ENR": "enrolment",
    "EXC": "the data exchange",
    "LKP": "look-ups of officers in the portal",
    "HLT": "the shutters of the registries",
    "KEY": "keys",
    "NAM": "security agencies",
    "OID": "OpenID requests",
    "OTH": "signing in with another device",
    "OVS": "reports to owners, and the supervisor's follow-up",
    "ONB": "applications of agencies",
    "OWN": "owners of data",
    "PHO": "photos of the population registry",
    "POR": "the staff portal",
    "PRG": "programs of an agency",
    "REP": "acting for others",
    "REV": "reviews and corrections",
    "SEA": "members and their places",
    "SIG": "telling agencies of events",
    "STA": "stations",
    "STO": "the store",
    "SUB": "digital identities",
    "THD": "enrolment by ThaiD",
    "UNA": "enrolment without an officer",
    "WAT": "persons who are watched over",
    "WEB": "the pages themselves",
}
HEAD = """# Error codes

Every refusal has a code, plain words and a next step, in Thai and English. People see them on a page (`#error_code`);
programs get RFC 9457 problems with the members `code` and `next`, or the error forms of OAuth (RFC 6749, 6750, 9449),
which are ASCII. Generated from `idp/web/problems/*.toml` by `python -m tests.web.error_table`.
"""
COLUMNS = "| code | HTTP | what it means | what to do |\n|---|---|---|---|\n"


def error_table() -> str:
    """The page."""
    parts = [HEAD]
    for source in sorted((ROOT / "idp" / "web" / "problems").glob("*.toml")):
        parts.append(f"\n## {source.stem}: {ROOMS[source.stem]}\n\n{COLUMNS}")
        for code, entry in tomllib.loads(source.read_text("utf-8")).items():
            means = f"{entry['title_en']}. {entry['text_en']}<br>{entry['title_th']} {entry['text_th']}"
            parts.append(f"| {code} | {entry['status']} | {means} | {entry['next_en']}<br>{entry['next_th']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(error_table(), "utf-8")
