"""`souk certify`: the form of a certificate and its verification, not the machine's speed."""

import json
import os
import signal
import subprocess

import pytest
from souk_process import BINARY, run_souk

SECONDS_MAX = 900


def start(folder, *arguments):
    """Starts a certification whose private shop is in folder/place."""
    place = folder / "place"
    place.mkdir()
    place.chmod(0o1777)  # a Souk of root becomes another user
    return subprocess.Popen(
        [BINARY, "certify", "run", folder / "certificate.json", "--for", "1m", "--users", "20", "--products", "50",
         "--in", place, *arguments],
        cwd=folder, env=os.environ | {"SOUK_ADMISSION_ENABLED": "false"}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def keys(new_folder):
    folder = new_folder()
    for name in ("mine", "other"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / name], check=True)
        subprocess.run(["openssl", "pkey", "-in", folder / name, "-pubout", "-out", folder / f"{name}.pub"], check=True)
    return folder


@pytest.fixture(scope="module")
def certified(new_folder, keys):
    """The finished run, and the certificate's file."""
    folder = new_folder()
    process = start(folder, "--key", keys / "mine")
    out, err = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode in (0, 1), err
    assert list((folder / "place").iterdir()) == [], "its folder is left behind"
    return subprocess.CompletedProcess(process.args, process.returncode, out, err), folder / "certificate.json"


def test_every_claim_was_fixed_before_and_has_a_finding(certified):
    done, file = certified
    certificate = json.loads(file.read_text())["certificate"]
    assert [claim["id"] for claim in certificate["claims"]] == [finding["id"] for finding in certificate["findings"]]
    assert f"claims, fixed now (SHA-256 {certificate['claimsSha256']})" in done.stderr
    assert all(finding["measured"] is not None for finding in certificate["findings"])
    assert certificate["allKept"] == all(finding["kept"] for finding in certificate["findings"])
    assert done.returncode == (0 if certificate["allKept"] else 1)
    assert "--for 1m --users 20" in certificate["command"] and "--set admission.enabled=false" in certificate["command"]


def test_the_books_are_audited_after_every_kill_and_the_raw_data_are_there(certified):
    certificate = json.loads(certified[1].read_text())["certificate"]
    findings = {finding["id"]: finding for finding in certificate["findings"]}
    assert findings["audit"]["measured"] == 0, findings["audit"]["note"]
    assert findings["freshness.own"]["measured"] == 0
    raw = certificate["raw"]
    assert {"kill.shop", "kill.postgresql", "kill.redis", "budgets", "overload", "recovery"} <= set(raw)
    assert raw["budgets"]["shop"]["settings"]["admission.enabled"] == "false"
    assert len(raw["freshnessSeconds"]) >= 30
    assert findings["kill.shop.longest"]["measured"] > 0, "the probe saw no outage of a killed node"
    assert findings["kill.postgresql.longest"]["measured"] > 0


def test_it_is_verified_with_the_signers_key_only(certified, keys):
    done, file = certified
    verified = run_souk("certify", "verify", file, "--key", keys / "mine.pub")
    assert verified.returncode == done.returncode, verified.stdout
    assert "WRONG" not in verified.stdout and "signed by the Ed25519 key" in verified.stdout
    other = run_souk("certify", "verify", file, "--key", keys / "other.pub")
    assert other.returncode == 1
    assert "WRONG: it is signed by another key" in other.stdout


def test_a_changed_certificate_is_found(certified, new_folder):
    changed = new_folder() / "changed.json"
    changed.write_text(certified[1].read_text().replace('"subject":"Souk ', '"subject":"Bazaar ', 1))
    verified = run_souk("certify", "verify", changed)
    assert verified.returncode == 1
    assert "WRONG: the digest is not that of the certificate" in verified.stdout
    assert "WRONG: the signature is not of this certificate" in verified.stdout


def test_an_interrupted_run_certifies_nothing_and_leaves_nothing(new_folder):
    folder = new_folder()
    process = start(folder)
    said = ""
    while "souk certify: the ceiling" not in said:  # the loads have begun
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 1, err
    assert "all claims kept: NO" in out
    assert json.loads((folder / "certificate.json").read_text())["certificate"]["interrupted"] is True
    assert list((folder / "place").iterdir()) == [], "its folder is left behind"


@pytest.mark.parametrize(("arguments", "said"), [
    (["run", "x.json", "--for", "31m"], "--for: must be 1m to 30m"),
    (["run", "x.json", "--key", "/nonexistent"], "--key: "),
    (["run", "/nonexistent/x.json"], "cannot write /nonexistent/x.json"),
    (["verify", "/dev/null"], "this is no certificate of `souk certify`"),
])
def test_a_wrong_option_is_refused_before_anything_is_started(arguments, said, new_folder):
    done = run_souk("certify", *arguments, cwd=new_folder())
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
