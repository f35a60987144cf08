"""A command on a terminal of its own, as a person uses it."""

import os
import pty
import select

from souk_process import BINARY, wait_until


class Terminal:
    """A command on a terminal of its own, and everything that the terminal showed."""

    def __init__(self, environment, *arguments):
        self.shown = b""
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.execve(BINARY, [BINARY, *arguments], environment)

    def await_text(self, text):
        wait_until(lambda: self._read() or text.encode() in self.shown, lambda: f"{text!r} in {self.shown}")

    def _read(self):
        try:
            while select.select([self.file], [], [], 0)[0]:
                self.shown += os.read(self.file, 4096)
        except OSError:  # the command has ended
            return False
        return False

    def type(self, text):
        os.write(self.file, text.encode() + b"\n")

    def status(self):
        """Reads to the end, and returns the exit status."""
        ended = wait_until(lambda: self._read() or (end := os.waitpid(self.process, os.WNOHANG))[0] and end,
                           lambda: self.shown)
        self._read()
        os.close(self.file)
        return os.waitstatus_to_exitcode(ended[1])
