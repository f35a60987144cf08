"""nginx and Caddy in front of a shop, with the configurations of docs/proxies.md."""

import contextlib
import os
import re
import socket
import subprocess

from haproxy import free_port
from souk_process import ROOT, end_with_parent, wait_until

NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  {temporary}
  {site}
}}
"""
CADDY = """
{{
  admin off
  auto_https off
}}
{site}
"""


def documented(language, number):
    """A configuration of docs/proxies.md: the first, `number` 0, of this language is whole; the next replaces a part of it."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/proxies.md").read_text(), re.DOTALL)[number]


def replaced(text, values):
    for old, new in values.items():
        assert old in text, f"{old} is not in {text}"
        text = text.replace(old, str(new))
    return text


class Proxy:
    """Listens at `url` with the certificate server.pem of `authority`.

    `port` is the shop's; with `encrypted` that of its TLS.
    """

    def __init__(self, folder, authority, port, *, encrypted=False):
        self.folder, self.authority, self.port = folder, authority, port
        self.listening = free_port()
        self.url = f"https://localhost:{self.listening}"
        self.values = {"/etc/ssl/shop.pem": authority.folder / "server.pem",
                       "/etc/ssl/shop.key": authority.folder / "server.key"}
        if encrypted:
            self.values |= {"souk.internal:8443": f"localhost:{port}",
                            "/etc/ssl/souk-authority.pem": authority.file}
        else:
            self.values |= {"127.0.0.1:8080": f"127.0.0.1:{port}"}
        self.log = folder / "proxy.log"
        file = folder / "proxy.conf"
        file.write_text(self.configuration(encrypted))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(file), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
                preexec_fn=end_with_parent)

    def __enter__(self):
        wait_until(self._accepts, self.log.read_text)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def _accepts(self):
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.listening), timeout=10).close()
            return True
        return False


class Nginx(Proxy):
    def configuration(self, encrypted):
        site = documented("nginx", 0)
        if encrypted:
            site = replaced(site, {"        proxy_pass http://souk;\n": documented("nginx", 1),
                                   "server 127.0.0.1:8080;": "server souk.internal:8443;"})
            self.values["proxy_ssl_name souk.internal"] = "proxy_ssl_name localhost"
        site = replaced(site, self.values | {"listen 443": f"listen 127.0.0.1:{self.listening}",
                                             "shop.example": "localhost"})
        kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        return NGINX.format(folder=self.folder, site=site, user="user root;" if os.geteuid() == 0 else "",
                            temporary=" ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds))

    def command(self, file):
        return ["/usr/sbin/nginx", "-p", self.folder, "-e", self.folder / "error.log", "-c", file]


class Caddy(Proxy):
    """Trusts the test as another proxy, as nginx's configuration does."""

    def configuration(self, encrypted):
        site = documented("caddy", 0)
        if encrypted:
            site = re.sub(r"    reverse_proxy .*?\n    }\n", lambda _: documented("caddy", 1), site, flags=re.DOTALL)
        site = replaced(site, self.values | {"shop.example": f"https://localhost:{self.listening}",
                                             "        transport http": "        trusted_proxies 127.0.0.1/32\n"
                                                                       "        transport http"})
        return CADDY.format(site=site)

    def command(self, file):
        return ["caddy", "run", "--config", file, "--adapter", "caddyfile"]


class CaddyOverHttp1(Caddy):
    def configuration(self, encrypted):
        return replaced(super().configuration(encrypted), {"h2c://": ""})
