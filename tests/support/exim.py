"""A real SMTP server: a private Exim on loopback, with TLS and authentication, that delivers into a Maildir."""

import contextlib
import email
import os
import pwd
import socket
import subprocess

from haproxy import free_port
from souk_process import end_with_parent, wait_until

USER, PASSWORD = "shop", "an SMTP secret"
EXIM = "/usr/sbin/exim4"

# The parts of an address decide what becomes of it: see `recipient`.
CONFIGURATION = """
exim_user = {owner}
exim_group = {group}
primary_hostname = localhost
spool_directory = {folder}/spool
log_selector = -all
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {certificate}.pem
tls_privatekey = {certificate}.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipient
acl_smtp_data = accept
keep_environment =
never_users =
smtp_accept_max_per_connection = 3
begin acl
recipient:
  deny condition = ${{if eq{{$authenticated_id}}{{}}}}
       message = authentication required
  deny condition = ${{if match{{$local_part}}{{^refused}}}}
       message = no such user
  defer condition = ${{if and{{{{match{{$local_part}}{{^busy}}}}{{!exists{{{folder}/open}}}}}}}}
       message = come back later
  accept condition = ${{if and{{{{match{{$local_part}}{{^slow}}}}{{!exists{{{folder}/open}}}}}}}}
       delay = 20s
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {folder}/box
  create_directory
  envelope_to_add
  user = {owner}
  group = {group}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


class Exim:
    """Accepts mail of who signs in. Local parts that begin with `refused` get 550; until open() those with `busy`
    get 451, and those with `slow` no answer."""

    def __init__(self, folder, authority):
        self.folder, self.authority = folder, authority
        self.port, self.tls_port = free_port(), free_port()
        authority.issue("mail")
        authority.issue("elsewhere", names=("mail.elsewhere.example",))
        self.process = None

    def settings(self, **more):
        chosen = {"smtp_host": "localhost", "smtp_port": self.port, "smtp_user": USER, "smtp_password": PASSWORD,
                  "tls_ca_file": self.authority.file, "from": "orders@shop.example"} | more
        return [word for name, value in chosen.items() for word in ("--set", f"mail.{name}={value}")]

    def start(self, certificate="mail"):
        # Exim does not deliver as root, so it runs as the owner of the folder.
        owner, group = (str(one) for one in (self.folder.stat().st_uid, pwd.getpwuid(self.folder.stat().st_uid).pw_gid))
        file = self.folder / "exim.conf"
        file.write_text(CONFIGURATION.format(
            owner=owner, group=group, folder=self.folder, port=self.port, tls_port=self.tls_port,
            certificate=self.authority.folder / certificate, user=USER, password=PASSWORD))
        under = []
        if os.geteuid() == 0:
            under = ["setpriv", "--reuid", owner, "--regid", group, "--clear-groups"]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen([*under, EXIM, "-C", file, "-bdf", "-q1h"], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, preexec_fn=end_with_parent)
        wait_until(self.accepts, lambda: (self.folder / "output").read_text())

    def accepts(self):
        assert self.process.poll() is None, (self.folder / "output").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def open(self):
        (self.folder / "open").touch()

    def messages(self, address=None):
        files = sorted((self.folder / "box" / "new").glob("*"))
        found = [email.message_from_bytes(file.read_bytes()) for file in files]
        return [one for one in found if address in (None, one["Envelope-to"])]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
