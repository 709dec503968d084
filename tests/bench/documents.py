"""Documents a CPU-second, by what it is spent on; and signing in, with and without documents being made beside it.

`python -m tests.bench.documents [--rounds N] [--seconds S]`. The first table is of CPU time, so that other work on the
machine counts for little; the time-stamp authority's own CPU is left out, its answers are made between the measured
steps. The second table is of wall time and wants a quiet machine.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TypeVar

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.documents.certificates import to_asn1
from connectors.documents.encryption import encrypt_pdf
from connectors.documents.fonts import prepare_fonts
from connectors.documents.imprint import imprint
from connectors.documents.mark import marked_address
from connectors.documents.presses import Equipment, Presses
from connectors.documents.render import TEMPLATES, Renderer
from connectors.documents.seal import complete_seal, prepare_seal, software_key
from connectors.documents.sealer import usual_processes
from connectors.documents.timestamp import validate_reply
from connectors.simulators.authority.routes import Authority
from tests.bench.issuer import Deployment, free_port, serving
from tests.bench.load import Tally, discover, drive
from tests.bench.operations import side_by_side
from tests.connectors.documents.examples import NAMES, PERSON, document_request

MILLISECONDS = 1000
STEPS = ("render", "attach", "sign", "time-stamp", "encrypt")
SEALED = STEPS[:-1]
CONNECTIONS = 4
NONCE = 7
ROWS = 5000
Made = TypeVar("Made")


class Place:
    """Typeface, authority and key of one run."""

    def __init__(self, folder: Path) -> None:
        self.fonts = folder / "fonts"
        prepare_fonts(self.fonts)
        self.authority = Authority(folder / "pki", clock=now)
        private = ec.generate_private_key(ec.SECP256R1())
        named = x509.CertificateSigningRequestBuilder().subject_name(x509.Name.from_rfc4514_string("CN=bench"))
        asked = named.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)
        self.chain = x509.load_pem_x509_certificates(self.authority.issue(asked))
        self.key = software_key(private, self.chain)
        self.key_file = folder / "seal.key"
        self.key_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.tsa_root = to_asn1(x509.load_pem_x509_certificate(self.authority.tsa_root_pem))

    def reply_for(self, digest: bytes) -> bytes:
        """What the time-stamp authority answers."""
        stamped = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        query = {"version": "v1", "message_imprint": stamped, "nonce": NONCE, "cert_req": True}
        return self.authority.stamp(tsp.TimeStampReq(query).dump())

    def presses(self) -> Presses:
        """Processes, as many as a deployment has by itself."""
        chain = tuple(certificate.public_bytes(Encoding.DER) for certificate in self.chain)
        return Presses(Equipment(TEMPLATES, self.fonts, self.key_file, chain), processes=usual_processes())


@dataclass
class Split:
    """CPU milliseconds of each step; one number for each document."""

    spent: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})

    def timed(self, step: str, work: Callable[[], Made]) -> Made:
        before = time.process_time()
        made = work()
        self.spent[step].append((time.process_time() - before) * MILLISECONDS)
        return made

    def of(self, step: str) -> float:
        return median(self.spent[step])


def make(place: Place, renderer: Renderer, request: DocumentRequest, split: Split) -> None:
    """One sealed document, and the encryption that one with a password has besides."""
    marked = replace(request, verify_url=marked_address(request, key=place.key))
    pdf = split.timed("render", lambda: renderer.render(marked, delivery=Delivery.SEALED, seal_name="x"))
    pdf, pages = split.timed("attach", lambda: imprint(pdf, request))
    pending = split.timed(
        "sign",
        lambda: prepare_seal(
            pdf, key=place.key, claimed_time=now(), password=None, delivery=Delivery.SEALED, pages=pages
        ),
    )
    reply = place.reply_for(pending.signature_digest)

    def stamp() -> bytes:
        digest, roots = pending.signature_digest, [place.tsa_root]
        token = validate_reply(reply, expected_digest=digest, expected_nonce=NONCE, trust_roots=roots)
        return complete_seal(pending, time_stamp_token=token)

    split.timed("time-stamp", stamp)
    split.timed("encrypt", lambda: encrypt_pdf(pdf, password="ABCDE-FGHJK-MNPQR-STVWX", owner_password="o" * 43))


def list_of(rows: int) -> DocumentRequest:
    """A record with that many rows of people who do not exist."""
    columns = {name: {"th": th, "en": en} for name, th, en in COLUMNS}
    people = [
        {"name": f"{NAMES[place % len(NAMES)]} {place}", "nationality": "ไทย", "shares": str(place * 100)}
        for place in range(rows)
    ]
    request = document_request("record", {"holders": people})
    labels = {"holders": {"th": "ผู้ถือหุ้น", "en": "Shareholders", "columns": columns}}
    data = {**request.data, "labels": labels}
    return replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())


COLUMNS = (
    ("name", "ชื่อ-นามสกุล", "Name"),
    ("nationality", "สัญชาติ", "Nationality"),
    ("shares", "จำนวนหุ้น", "Shares"),
)


def by_step(place: Place, rounds: int) -> None:
    """The first table."""
    renderer = Renderer(fonts_dir=place.fonts)
    heads = "".join(f"{step:>12}" for step in STEPS)
    say(f"{'CPU ms':14}{heads}{'sealed':>10}{'per CPU-s':>11}")
    for name, request, times in (
        ("one page", document_request("person", PERSON), rounds),
        (f"{ROWS:,} rows", list_of(ROWS), max(1, rounds // 40)),
    ):
        make(place, renderer, document_request("person", PERSON), Split())  # the first one loads what there is to load
        split = Split()
        for _ in range(times):
            make(place, renderer, request, split)
        sealed = sum(split.of(step) for step in SEALED)
        columns = "".join(f"{split.of(step):12.1f}" for step in STEPS)
        say(f"{name:14}{columns}{sealed:10.1f}{MILLISECONDS / sealed:11.2f}")


def beside_each_other(place: Place, folder: Path, seconds: int) -> None:
    """The second table: whole sign-ins at an issuer of its own, first alone, then with all presses at work."""
    deployment = Deployment(folder, free_port())
    seeded = deployment.seed()
    if seeded.returncode:
        raise SystemExit(seeded.stderr)
    with serving(deployment):
        target = discover(deployment.issuer, deployment.client(), deployment.cookie_headers())

        async def measured(making: int) -> tuple[Tally, int]:
            presses, done, started, over = place.presses(), 0, asyncio.Event(), asyncio.Event()

            async def produce() -> None:
                nonlocal done
                while not over.is_set():
                    await presses.make(
                        document_request("person", PERSON), delivery=Delivery.SEALED, password=None, owner_password=""
                    )
                    done += 1
                    started.set()

            makers = [asyncio.create_task(produce()) for _ in range(making)]
            if makers:  # a process that gives way takes its time to start
                await started.wait()
            await drive(target, side_by_side("flow", target, connections=CONNECTIONS), seconds=2)  # signs in before
            before = done
            tally = await drive(target, side_by_side("flow", target, connections=CONNECTIONS), seconds=seconds)
            made = done - before
            over.set()
            await asyncio.gather(*makers)
            presses.close()
            return tally, made

        say(f"\n{'sign-in, wall':22}{'median ms':>11}{'p95 ms':>9}{'sign-ins/s':>12}{'documents/s':>13}{'bad':>5}")
        for name, making in (("no documents made", 0), ("documents made too", 2 * usual_processes())):
            tally, made = asyncio.run(measured(making))
            ordered = sorted(tally.request_seconds) or [0.0]
            p95 = ordered[len(ordered) * 95 // 100] * MILLISECONDS
            rates = f"{tally.good / tally.seconds:12.1f}{made / tally.seconds:13.1f}{tally.bad:5}"
            say(f"{name:22}{median(ordered) * MILLISECONDS:11.1f}{p95:9.1f}{rates}")


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.documents", description=__doc__)
    parser.add_argument("--rounds", type=int, default=80, help="documents of one page; long lists: a fortieth of it")
    parser.add_argument("--seconds", type=int, default=8, help="measured seconds of signing in")
    parser.add_argument("--no-sign-in", action="store_true", help="the first table alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tuaton-documents-") as scratch:
        place = Place(Path(scratch))
        by_step(place, options.rounds)
        if not options.no_sign_in:
            beside_each_other(place, Path(scratch) / "issuer", options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
