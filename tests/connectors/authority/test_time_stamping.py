"""The demonstration time-stamp authority, over HTTP: RFC 3161 as `openssl ts` sees it, and every refusal."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
from asn1crypto import cms, core, tsp
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.simulators.authority.routes import QUERY_TYPE, REPLY_TYPE, Authority


class TimeStampResp(core.Sequence):
    """RFC 3161 section 2.4.2; asn1crypto's own class demands a token even in a refusal."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


CONTENT = b"what is stamped"
DIGEST = hashlib.sha256(CONTENT).digest()


def query(**changes: Any) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    values = {"version": "v1", "message_imprint": imprint, "nonce": 7, "cert_req": True}
    return bytes(tsp.TimeStampReq({**values, **changes}).dump())


def ask(client: httpx2.Client, body: bytes) -> TimeStampResp:
    answer = client.post("/tsa", content=body, headers={"Content-Type": QUERY_TYPE})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, REPLY_TYPE)
    return TimeStampResp.load(answer.content, strict=True)


def test_openssl_accepts_the_token(client: httpx2.Client, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "root.pem").write_bytes(authority.tsa_root_pem)
    (tmp_path / "query.tsq").write_bytes(query())
    (tmp_path / "reply.tsr").write_bytes(ask(client, query()).dump())
    command = ["openssl", "ts", "-verify", "-queryfile", "query.tsq", "-in", "reply.tsr", "-CAfile", "root.pem"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "Verification: OK", result.stderr


def test_the_token_repeats_the_query_and_every_serial_is_new(client: httpx2.Client) -> None:
    tokens = [ask(client, query())["time_stamp_token"]["content"] for _ in range(2)]
    first, second = (token["encap_content_info"]["content"].parsed.native for token in tokens)
    assert first["message_imprint"]["hashed_message"] == DIGEST
    assert first["nonce"] == 7
    assert first["serial_number"] != second["serial_number"]


def test_certificates_and_nonce_are_left_out_when_not_asked_for(client: httpx2.Client) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": bytes(64)}
    bare = bytes(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump())
    token = ask(client, bare)["time_stamp_token"]["content"]
    assert token["certificates"].native is None
    assert token["encap_content_info"]["content"].parsed["nonce"].native is None


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"", "bad_data_format"),
        (b"\x30\x03\x02\x01", "bad_data_format"),
        (query() + b"\x00", "bad_data_format"),
        (query(message_imprint={"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}), "bad_alg"),
        (
            query(message_imprint={"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(20)}),
            "bad_data_format",
        ),
        (query(req_policy="1.2.3.4"), "unaccepted_policy"),
        (
            query(extensions=[{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}]),
            "unaccepted_extensions",
        ),
    ],
    ids=["empty", "cut off", "trailing byte", "SHA-1", "short imprint", "other policy", "extension"],
)
def test_a_bad_query_is_rejected_with_its_reason(client: httpx2.Client, body: bytes, failure: str) -> None:
    """RFC 3161 section 2.4.2."""
    response = ask(client, body)
    assert response["status"]["status"].native == "rejection"
    assert response["status"]["fail_info"].native == {failure}
    assert response["time_stamp_token"].native is None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80))
def test_no_body_breaks_the_authority(client: httpx2.Client, body: bytes) -> None:
    assert ask(client, body)["status"]["status"].native == "rejection"


def test_another_content_type_is_refused(client: httpx2.Client) -> None:
    answer = client.post("/tsa", content=query(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 415


def test_the_authority_can_be_switched_off(client: httpx2.Client, authority: Authority) -> None:
    authority.tsa_mode = "down"
    try:
        answer = client.post("/tsa", content=query(), headers={"Content-Type": QUERY_TYPE})
        assert answer.status_code == 503
    finally:
        authority.tsa_mode = "up"
    assert ask(client, query())["status"]["status"].native == "granted"
