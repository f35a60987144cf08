"""A private Redis for one test, which can be killed and restarted."""

import subprocess

from souk_process import end_with_parent


class RedisServer:
    """Listens on a unix socket, or on a loopback port if one is given."""

    def __init__(self, folder, port=0):
        self.folder, self.port = folder, port
        self.url = f"redis://127.0.0.1:{port}" if port else f"unix://{folder}/redis.sock"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket",
             self.folder / "redis.sock", "--unixsocketperm", "777", "--save", "", "--dir", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent)

    def kill(self):
        self.process.kill()
        self.process.wait()
