"""Shared by the ratio benchmarks: a server pinned to one core, wrk to another, and nginx as the peer."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

import ratios

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = 0, 1
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100 inactive=1h;
  keepalive_requests 1000000000;
  keepalive_timeout 60s;
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    default_type application/json;
    {locations}
  }}
}}
"""


def require(*programs):
    if os.cpu_count() < 2:
        sys.exit("this needs two cores: one for the server, one for the load")
    for program in programs:
        if not pathlib.Path(program).exists():
            sys.exit(f"build it first: ninja -C {pathlib.Path(program).parent} {pathlib.Path(program).name}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def url_served(process):
    """The shop's address, from the first line that `souk serve` prints."""
    return re.search(r"http://[^\s,]+", process.stdout.readline()).group()


def wait_for(url, seconds=10, context=None):
    """Waits until `url` answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=1, context=context) as response:
                return response.read()
        time.sleep(0.05)
    sys.exit(f"no answer from {url}")


@contextlib.contextmanager
def running(command, core=SERVER_CORE, **more):
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], stdout=subprocess.PIPE, text=True,
                               **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def nginx(folder, locations, probe):
    """Runs nginx while the block runs; yields its port and its worker's process id."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # the owner of the folder that it serves
    config.write_text(NGINX.format(user=user, folder=folder, port=port, locations=locations))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    with running([binary, "-p", folder, "-e", folder / "error.log", "-c", config]) as process:
        wait_for(f"http://127.0.0.1:{port}{probe}")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        yield port, int(children.split()[0])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def private_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(found) * 1024 for found in re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE))


def measure(url, pid, connections, seconds, headers=()):
    """Returns requests a second, and the server's CPU microseconds for each."""
    before = cpu_seconds(pid)
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        command += ["-H", header]
    out = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    errors = re.search(r"Socket errors.*|Non-2xx.*", out)
    if errors:
        sys.exit(f"the run does not count: {errors[0].strip()}")
    requests = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    return rate, (cpu_seconds(pid) - before) * 1e6 / requests


def measure_http2(url, pid, connections, streams, seconds, headers=()):
    """As measure(), by h2load: HTTP/2 with so many streams on each connection."""
    before = cpu_seconds(pid)
    command = ["taskset", "-c", str(LOAD_CORE), "h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}"]
    for header in headers:
        command += ["-H", header]
    out = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    requests, failed = (int(found) for found in re.search(r"(\d+) done, \d+ succeeded, (\d+) failed", out).groups())
    if failed or not requests:
        sys.exit(f"the run does not count: {out}")
    rate = float(re.search(r"([\d.]+) req/s", out)[1])
    return rate, (cpu_seconds(pid) - before) * 1e6 / requests


def make_certificate(folder):
    """Writes a self-signed certificate of localhost: cert.pem and key.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)


def nginx_tls(folder, port, options=""):
    """nginx's directives for TLS with make_certificate()'s files, as Souk negotiates it."""
    return f"""
    listen 127.0.0.1:{port} ssl {options} backlog=4096 reuseport;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_ecdh_curve X25519;
    ssl_session_tickets on;"""


def report(results, cases, at_least, peer="nginx"):
    """`results` has the runs by (server, case). Prints medians, the range of the rounds' rates, and ratios of these
    with their intervals; returns whether all ratios are at least `at_least`."""
    def column_of(server, case, column):
        return [run[column] for run in results[server, case]]

    def rates(server, case):
        runs = column_of(server, case, 0)
        return f"{statistics.median(runs):,.0f} ({min(runs):,.0f}-{max(runs):,.0f})"

    width = max(len(str(case)) for case in cases)
    print(ratios.machine())
    print(f"{'':{width}} | {'souk req/s':25} | {peer + ' req/s':25} | {'ratio':19} | souk us/req | {peer} us/req")
    enough = True
    for case in cases:
        ratio = ratios.ratio(column_of("souk", case, 0), column_of(peer, case, 0))
        enough &= ratio.mean >= at_least
        print(f"{str(case):{width}} | {rates('souk', case):25} | {rates(peer, case):25} | {ratio!s:19} | "
              f"{statistics.median(column_of('souk', case, 1)):11.1f} | "
              f"{statistics.median(column_of(peer, case, 1)):.1f}")
    return enough
