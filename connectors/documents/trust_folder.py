"""Judging a file by what lies in a folder: the two roots, and revocation lists beside them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import DocumentReport
from connectors.documents.certificates import ROOT_FILE, TSA_ROOT_FILE, load_certificates
from connectors.documents.judging import LONGEST_SECONDS, Judges
from connectors.documents.verification import revocation_list


def verify_file(
    path: Path,
    trust_dir: Path,
    now: datetime,
    password: str | None = None,
    *,
    longest_seconds: float = LONGEST_SECONDS,
) -> DocumentReport:
    """The verdict on a file, trusting `root.pem`, `tsa-root.pem` and any `*.crl` (DER) in `trust_dir`.

    In a process of its own, which is ended after `longest_seconds`: whoever brings a file may have made it to take for
    ever. Raises DocumentError when the file or anything in the trust folder cannot be read.
    """
    try:
        pdf = path.read_bytes()
        crls = tuple(crl.read_bytes() for crl in sorted(trust_dir.glob("*.crl")))
    except OSError as fault:
        raise DocumentError("the file or the trust folder cannot be read") from fault
    for crl in crls:
        revocation_list(crl)  # that one cannot be read is no fault of the file

    async def lists() -> Sequence[bytes]:
        return crls

    async def judged() -> DocumentReport:
        judges = Judges(
            trust_roots=load_certificates(trust_dir / ROOT_FILE),
            tsa_roots=load_certificates(trust_dir / TSA_ROOT_FILE),
            now=lambda: now,
            longest_seconds=longest_seconds,
            revocation_lists=lists,
        )
        try:
            return await judges.verify(pdf, password)
        finally:
            await judges.aclose()

    return asyncio.run(judged())
