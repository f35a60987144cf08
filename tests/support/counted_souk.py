"""A shop under callgrind whose clocks stand still: what it does for a request is counted, not timed.

Valgrind runs one thread at a time and counts each one's instructions and system calls; without clocks no timer expires,
so that nothing is done at an interval. What is left depends on the requests alone, on a busy machine too.
"""

import dataclasses
import pathlib
import re
import socket
import subprocess

from souk_process import BINARY, Souk

LIBRARY = BINARY.parent / "still_clock.so"
CALLGRIND = ("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes",
             "--collect-systime=yes", "--vgdb=no")
# Counted: the threads that serve requests and write orders. The others work for nobody's request, or later.
THREADS = ("worker-0", "orders")
ALLOCATING = {"malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign"}
# How often a thread waits depends on how fast others are.
WAITING = {"epoll_wait", "__futex_abstimed_wait_common", "__lll_lock_wait", "__lll_lock_wake_private"}
COST = re.compile(r"[+*\d-]")  # a line that begins with its position
FUNCTION = re.compile(r"(c?fn)=\((\d+)\)(?: ([^']*).*)?$")
# Without their instructions: the allocator's depend on the state of all memory, so its calls are counted instead; how
# often a key is hashed depends on the secret of the hash, which is drawn anew in each run.
UNSTEADY = ALLOCATING | {
    "free", "cfree", "_int_malloc", "_int_free", "_int_realloc", "_int_memalign", "unlink_chunk.constprop.0",
    "malloc_consolidate", "alloc_perturb", "sysmalloc", "systrim.constprop.0", "tcache_init",
    "souk::keyed_hash(std::basic_string_view<char, std::char_traits<char> >)", "crypto_shorthash",
    "crypto_shorthash_siphash24"}
COMMAND_SECONDS_MAX = 120
# As delivered, but for one worker, no limit that the requests of one customer would meet, and timeouts for real time
# until the clocks stand still. The age of what is cached does not grow with them.
SETTINGS = {
    "SOUK_RUNTIME_WORKERS": "1",
    "SOUK_ACCOUNTS_HASHING_THREADS": "1",
    "SOUK_ADMISSION_ENABLED": "true",
    "SOUK_CACHE_MAX_UNCONFIRMED": "1m",
    "SOUK_REDIS_CONNECT_TIMEOUT": "1m",
    "SOUK_REDIS_COMMAND_TIMEOUT": "1m",
    "SOUK_DATABASE_CONNECT_TIMEOUT": "1m",
    "SOUK_DATABASE_STALLED_AFTER": "10m",
    "SOUK_CHECKOUT_MAX_OPEN_ORDERS_PER_USER": "1000",
    "SOUK_CHECKOUT_MAX_OPEN_UNITS_PER_USER": "1000000",
    "SOUK_CHECKOUT_MAX_HELD": "10000",
    "SOUK_CHECKOUT_MAX_HELD_UNITS_PER_USER": "1000000",
    "SOUK_RATE_LIMITS_READS_PER_ACCOUNT": "10000000",
    "SOUK_RATE_LIMITS_CHANGES_PER_ACCOUNT": "10000000",
    "SOUK_RATE_LIMITS_ADMIN_PER_ACCOUNT": "10000000",
    # Allocations of one thread do not depend on those of others.
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=64",
}


@dataclasses.dataclass
class Counts:
    instructions: int = 0
    allocations: int = 0
    system_calls: int = 0


def copy_without_debug_information(source, folder):
    """Debian's valgrind cannot read the debug information of clang 19."""
    copy = folder / source.name
    subprocess.run(["strip", "--strip-debug", "-o", copy, source], check=True)
    copy.chmod(0o755)
    return copy


class CountedSouk(Souk):
    """`souk serve` with one worker; its clocks stand still from stop_clocks() on."""

    def __init__(self, *arguments, folder, environment, binary=BINARY):
        self._socket = folder / "commands"
        self._counts = folder / "counts"
        binary, library = (copy_without_debug_information(file, folder) for file in (binary, LIBRARY))
        settings = SETTINGS | environment | {
            "LD_PRELOAD": str(library), "STILL_CLOCK_SOCKET": str(self._socket)}
        super().__init__("serve", *arguments, folder=folder, environment=settings, binary=binary,
                         under=(*CALLGRIND, f"--callgrind-out-file={self._counts}"))
        self._commands = socket.socket(socket.AF_UNIX)
        self._commands.settimeout(COMMAND_SECONDS_MAX)
        self._commands.connect(str(self._socket))
        self._dumps = 0

    def __exit__(self, *_):
        self._commands.close()
        self.kill()  # without clocks it would wait for ever

    def stop_clocks(self):
        self._command("stop")
        self._command("instrumentation on")

    def _command(self, line):
        self._commands.sendall(f"{line}\n".encode())
        answer = b""
        while not answer.endswith(b"\n"):
            piece = self._commands.recv(64)
            assert piece, self.said()
            answer += piece

    def count(self, work):
        """Runs `work` and returns what it cost the shop."""
        self._dump()  # the command "zero" leaves a part of what was counted
        work()
        files = self._dump()
        total = Counts()
        for index, name in enumerate(self._threads(), 1):
            if name in THREADS:
                _add(total, files.with_name(f"{files.name}-{index:02}"))
        return total

    def _dump(self):
        """Writes what was counted since the last time, a file for each thread; returns how their names begin."""
        self._command("dump")
        self._dumps += 1
        return self._counts.with_name(f"{self._counts.name}.{self._dumps}")

    def _threads(self):
        """Valgrind numbers threads in the order in which they began, and so does the kernel."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return [(thread / "comm").read_text().strip() for thread in sorted(threads, key=lambda one: int(one.name))]


def _add(total, file):
    """Adds the counts of one thread, from callgrind's file: a line for each function, and for each call in it."""
    names, function, is_call = {}, None, False
    for line in file.read_text().splitlines():
        if named := FUNCTION.match(line):
            kind, number, name = named.groups()
            names.setdefault(number, name)
            if kind == "fn":
                function = names[number]
            else:
                called = names[number]
        elif line.startswith("calls="):
            is_call = True
            if called in ALLOCATING:
                total.allocations += int(line.removeprefix("calls=").split()[0])
        elif COST.match(line):
            if not is_call:  # the line after calls= has what the callee cost
                figures = line.split()
                if function not in UNSTEADY:
                    total.instructions += int(figures[1])
                if len(figures) > 2 and function not in WAITING:
                    total.system_calls += int(figures[2])
            is_call = False
