"""`idp onboarding export`: the whole application in one file, written down in the log; drafts are nobody's."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from anyio import to_thread
from sqlalchemy import select

from idp.audit.store import audit_entry
from tests.portal.onboarding.agency import PDF, Onboarded, begun, decide, give, review_of, submitted

pytestmark = pytest.mark.anyio


async def exported(
    house: Onboarded, application: str, out: Path, *, profile: str = "conformance", **options: str
) -> subprocess.CompletedProcess[str]:
    said: Mapping[str, str] = {"reason": "transfer 1/2569", "operator": "somsri.k"} | options
    home = house.portal.rooms.outside.trust.parent
    arguments = ["--out", str(out), "--home", str(home), *(f"--{name}={value}" for name, value in said.items())]
    command = [sys.executable, "-m", "idp.cli", "onboarding", "export", application, *arguments]
    environment = os.environ | {"IDP_PROFILE": profile}
    run = partial(subprocess.run, command, capture_output=True, text=True, check=False, env=environment)
    return await to_thread.run_sync(run)


async def test_everything_is_in_the_bundle_and_the_log_says_so(house: Onboarded, tmp_path: Path) -> None:
    seat = await house.applicant()
    path = await submitted(seat)
    await decide(await house.platform(0), review_of(path), "ask", words="โปรดแนบบัญชีรายชื่อ")
    await give(seat, path, "officer_list", reference_no="ปน 5/2569")
    await give(seat, path, "officer_list", reference_no="ปน 6/2569")
    number, out = path.rsplit("/", 1)[1], tmp_path / "bundle.zip"
    done = await exported(house, number, out)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    told = json.loads(files["application.json"])
    assert (told["id"], told["state"]) == (number, "asked_back")
    assert told["form"]["agency"]["name_th"]
    history = json.loads(files["history.json"])
    assert history[0]["what"] == "begun"
    assert "โปรดแนบบัญชีรายชื่อ" in {one["words"] for one in history}
    papers = json.loads(files["papers.json"])
    # also the one that was replaced
    assert [one["reference_no"] for one in papers if one["kind"] == "officer_list"] == ["ปน 5/2569", "ปน 6/2569"]
    for one in papers:
        assert sha256(files[one["file"]]).hexdigest() == one["sha256"]
        assert files[one["file"]] == PDF
    async with house.portal.rooms.ground.storage.reading() as uow:
        (entry,) = [
            bytes(row.canonical).decode()
            for row in await uow.all(select(audit_entry))
            if b"onboarding.archived" in bytes(row.canonical)
        ]
    assert number in entry
    assert "somsri.k" in entry
    # written once: nothing is written over
    assert (await exported(house, number, out)).returncode == 2


async def test_a_draft_and_what_is_not_there_are_not_written(house: Onboarded, tmp_path: Path) -> None:
    draft = (await begun(await house.applicant())).rsplit("/", 1)[1]
    out = tmp_path / "bundle.zip"
    for application, options in (
        (draft, {}),
        (f"{draft[:-4]}ZZZZ", {}),
        ("onb_1", {}),
        (draft, {"reason": " "}),
        (draft, {"reason": "1-1017-00203-45-1"}),
        (draft, {"operator": "สมศรี ใจดี"}),
    ):
        done = await exported(house, application, out, **options)
        assert done.returncode == 1, (application, options, done.stderr)
        assert "Traceback" not in done.stderr
    # a deployment of another kind is not opened
    done = await exported(house, draft, out, profile="embedded")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert not out.exists()
