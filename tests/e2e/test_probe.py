"""`souk probe` against a real shop that is killed, restarted, stuck and gone."""

import json
import signal
import subprocess

import pytest
from souk_process import BINARY, Souk, end_with_parent, run_souk, wait_until


class Probe:
    """A running `souk probe`; stop() interrupts it and returns its exit status and its result."""

    def __init__(self, folder, *arguments):
        self.out, self.err = folder / "probe.json", folder / "probe.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([BINARY, "probe", *arguments, "--json"], stdout=out, stderr=err,
                                            stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)

    def saw(self, text, times=1):
        wait_until(lambda: self.err.read_text().count(text) >= times, self.err.read_text)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        return status, json.loads(self.out.read_text())["urls"]


@pytest.fixture
def shop(start_shop):
    return start_shop()


def test_a_kill_is_an_outage_of_the_shop_and_of_nothing_else(shop, start_shop, new_folder):
    other, souk = start_shop(), shop.souk
    probe = Probe(new_folder(), f"{souk.url}/healthz", f"{other.souk.url}/healthz", "--interval", "20ms", "--timeout", "30s")
    souk.kill()
    probe.saw(f"{souk.url}/healthz is down: ")
    restarted = Souk(*souk.arguments, folder=souk.folder, environment=souk.environment, port=souk.port)
    with restarted:
        probe.saw("answers after")
        status, (killed, quiet) = probe.stop()
    assert status == 1
    assert (killed["outages"], killed["kept"]) == (1, False), killed["outageList"]
    assert killed["failures"] > 0 and killed["probes"] > killed["failures"]
    assert 0 < killed["downSeconds"] == killed["longestSeconds"] < killed["watchedSeconds"]
    assert killed["availability"] == pytest.approx(1 - killed["downSeconds"] / killed["watchedSeconds"])
    assert killed["outageList"][0]["reason"] in probe.err.read_text()
    assert (quiet["outages"], quiet["availability"], quiet["kept"]) == (0, 1, True)


def test_a_shop_that_does_not_answer_is_down(shop, new_folder):
    probe = Probe(new_folder(), f"{shop.souk.url}/readyz", "--interval", "20ms", "--timeout", "500ms")
    shop.souk.process.send_signal(signal.SIGSTOP)
    try:
        probe.saw("is down")
    finally:
        shop.souk.process.send_signal(signal.SIGCONT)
    probe.saw("answers after")
    assert probe.stop()[0] == 1


def test_an_error_of_the_server_is_down_and_one_of_the_client_is_not(shop, new_folder):
    probe = Probe(new_folder(), f"{shop.souk.url}/api/products/none", "--interval", "20ms")
    wait_until(lambda: shop.anonymous().get("/healthz").status_code == 200, "an answer")
    done = run_souk("probe", f"{shop.souk.url}/api/products/none", "--interval", "20ms", "--for", "200ms")
    assert done.returncode == 0, done.stdout
    assert ": 100.0000 % available in " in done.stdout and " 0 failed" in done.stdout
    assert probe.stop()[0] == 0


def test_a_shop_that_was_never_there_is_not_available(new_folder):
    done = run_souk("probe", "http://127.0.0.1:1/", "--interval", "10ms", "--for", "100ms", "--at-least", "0.1")
    assert done.returncode == 1
    assert "is down: " in done.stdout and ": 0.0000 % available in " in done.stdout


@pytest.mark.parametrize(("arguments", "said"), [
    (("shop.example",), "is not of the form"),
    (("http://127.0.0.1/a b",), "must be"),
    (("http://127.0.0.1/", "--interval", "1ms"), "must be 10ms or more"),
    (("http://127.0.0.1/", "--timeout", "0"), "must be 10ms or more"),
    (("http://127.0.0.1/", "--at-least", "101"), "not in range"),
    ((), "required"),
])
def test_wrong_use_is_refused(arguments, said):
    done = run_souk("probe", *arguments)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
