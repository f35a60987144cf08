"""Run by ./check under tools/with-servers: the build, then checks and tests, one line each.

After the build two queues of steps run in parallel: the tests, and at the lowest priority the steps
that only compute, so that they use the time that tests spend waiting. A step's line is printed
when it ends, with its log only if it failed. A step that has nothing to run yet is skipped
and reports that. Each test is counted; other steps count as one each.

If at most UNSTEADY_MAX tests of a step fail, they are run once more, each alone. If all then pass they are unsteady:
they do not fail the step, but are counted, named and shown as they failed, to be mended. A crash is never run again,
nor is anything under a sanitizer.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
WITH_SERVERS = ROOT / "tools" / "with-servers"
FUZZ_SECONDS = 20
LOG_LINES_MAX = 120
FAILURE_LINES_MAX = 30  # of one failed test
SUMMARY_LINES_MAX = 8
UNSTEADY_MAX = 3
CORES = os.cpu_count() or 2
TESTS_AT_ONCE = CORES + 1  # a test waits for its servers a quarter of its time
LOWEST_PRIORITY = 19  # nice
CLEAR_LINE = "\033[K"


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    unsteady: int = 0  # of the passed ones
    note: str = ""  # printed after the step's name
    log: str = ""
    failures: str = ""  # the failed tests and what they said; printed instead of the log

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.unsteady += other.unsteady
        self.log += other.log
        return self


def skip(reason):
    return Outcome(skipped=1, note=reason)


def run(command, **more):
    """Runs a command to its end; returns the status and its output."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          **more)
    return done.returncode, done.stdout


def one(command, **more):
    """A step that passes or fails as a whole; a short output is its note."""
    status, output = run(command, **more)
    if status != 0:
        return Outcome(failed=1, log=output)
    return Outcome(passed=1, note=output.strip() if output.count("\n") <= 1 else "")


def describe_failure(case, elements):
    lines = [line for element in elements for line in (element.text or element.get("message", "")).splitlines()]
    if len(lines) > FAILURE_LINES_MAX:
        lines = ["...", *lines[-FAILURE_LINES_MAX:]]
    return "\n".join([f"{case.get('classname')}.{case.get('name')}", *("    " + line for line in lines)]) + "\n"


def count_reports(folder):
    """Adds up the test cases in the reports of GoogleTest and pytest (both write JUnit's XML)."""
    total = Outcome()
    for report in sorted(pathlib.Path(folder).glob("*.xml")):
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            if failures := [*case.iter("failure"), *case.iter("error")]:
                total.failed += 1
                total.failures += describe_failure(case, failures)
            elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
                total.skipped += 1
            else:
                total.passed += 1
    return total


def judge_tests(status, output, folder, nothing):
    total = count_reports(folder)
    if status != 0:
        broken = re.search(r"(\d+) tests failed out of", output)  # a crash or a timeout leaves no report
        total.failed = max(total.failed, int(broken.group(1)) if broken else 1)
        total.log = output
        if total.failures:  # the end names programs that crashed and have no report
            total.failures += "\n".join(output.rstrip().splitlines()[-SUMMARY_LINES_MAX:])
    elif total.passed + total.skipped == 0:
        return skip(nothing)
    if total.skipped:
        total.note = f"{total.skipped} skipped by themselves"
    return total


def failed_programs(output):
    """Their names as ctest prints them; none if one crashed or did not end, which is never a test's mistake."""
    broken = re.findall(r"^\s*\d+ - (\w+) \((.*)\)$", output, re.MULTILINE)
    return [name for name, _ in broken] if all(reason == "Failed" for _, reason in broken) else []


def failed_tests(folder):
    """Paths of the tests that failed, as pytest takes them, from its report."""
    for case in xml.etree.ElementTree.parse(folder / "pytest.xml").getroot().iter("testcase"):
        if [*case.iter("failure"), *case.iter("error")]:
            yield f"tests/{case.get('classname').replace('.', '/')}.py::{case.get('name')}"


class Checks:
    def __init__(self, preset):
        self.preset = preset
        self.build_dir = ROOT / "build" / preset
        self.souk = self.build_dir / "souk"
        self.environment = os.environ | {
            "SOUK_BINARY": str(self.souk),
            "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
        }

    def build(self):
        status, output = run(["cmake", "--preset", self.preset])
        if status != 0:
            return Outcome(failed=1, log=output)
        return dataclasses.replace(one(["ninja", "-C", self.build_dir]), note=f"preset {self.preset}")

    def format(self):
        listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cc", "*.h"], cwd=ROOT,
                                 check=True, capture_output=True, text=True)
        names = [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]
        outcome = one(["clang-format-19", "--dry-run", "--Werror", *names])
        outcome.note = f"{len(names)} files"
        return outcome

    def layers(self):
        return one([PYTHON, "tools/check-layers"])

    def style(self):
        return one([PYTHON, "tools/check-style"])

    def headers(self):
        return dataclasses.replace(one(["ninja", "-C", self.build_dir, "headers"]), note="")

    def pages(self):
        return dataclasses.replace(one(["ninja", "-C", self.build_dir, "check_pages"]), note="")

    def tidy(self):
        return one([PYTHON, "tools/check-tidy", self.build_dir])

    def hardening(self):
        return one([PYTHON, "tools/check-hardening", self.souk])

    def openapi(self):
        return one(["tools/check-openapi", self.souk])

    def docs(self):
        return one([PYTHON, "tools/check-docs"])

    def ctest(self, labels, *, servers=()):
        with tempfile.TemporaryDirectory(prefix="souk-check-") as reports:
            command = [*servers, "ctest", "--test-dir", self.build_dir, "-L", f"^({labels})$",
                       "-j", TESTS_AT_ONCE,
                       "--output-on-failure"]
            environment = self.environment | {"GTEST_OUTPUT": f"xml:{reports}/"}
            status, output = run(command, env=environment)
            first = judge_tests(status, output, reports, f"no test has the label {labels}")
        again = [[*servers, "ctest", "--test-dir", self.build_dir, "-R", f"^{name}$"] for name in failed_programs(output)]
        return self.once_more(first, again, env=self.environment)

    def once_more(self, first, commands, **more):
        """`first`, or what becomes of it if the commands, which run its few failed tests again, all pass."""
        if self.preset != "release" or not commands or first.failed > UNSTEADY_MAX:
            return first
        if any(run(command, **more)[0] != 0 for command in commands):
            return first
        return dataclasses.replace(first, passed=first.passed + first.failed, failed=0, unsteady=first.failed)

    def module_tests(self):
        return self.ctest("unit|postgres|redis")

    # It seeds half a million orders, so it has its own server.
    def plans(self):
        return self.ctest("slow", servers=[WITH_SERVERS])

    def end_to_end_tests(self, marker):
        if not self.souk.exists():
            return skip(f"there is no {self.souk.relative_to(ROOT)}")
        with tempfile.TemporaryDirectory(prefix="souk-check-") as reports:
            pytest = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
            environment = self.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
            status, output = run([*pytest, "tests", "-n", TESTS_AT_ONCE, "-m", marker,
                                  f"--junitxml={reports}/pytest.xml"], env=environment)
            nothing_collected = 5
            first = judge_tests(0 if status == nothing_collected else status, output, reports,
                                f"no test under tests/ is marked '{marker}'")
            tests = failed_tests(pathlib.Path(reports)) if status == 1 else ()  # 1: tests failed, nothing else
            again = [[*pytest, test] for test in tests]
            return self.once_more(first, again, env=environment)

    def fuzz(self):
        if not (ROOT / "fuzz" / "CMakeLists.txt").exists():
            return skip("there is no fuzz/CMakeLists.txt")
        folder = ROOT / "build" / "fuzz"
        for command in (["cmake", "--preset", "fuzz"], ["ninja", "-C", folder, "-t", "targets", "all"]):
            status, output = run(command)
            if status != 0:
                return Outcome(failed=1, log=output)
        names = sorted(set(re.findall(r"^(fuzz_\w+): CXX_EXECUTABLE_LINKER", output, re.MULTILINE)))
        if not names:
            return Outcome(failed=1, log="fuzz/ has no target named fuzz_*")
        status, output = run(["ninja", "-C", folder, *names])
        if status != 0:
            return Outcome(failed=1, log=output)
        return self.fuzz_targets(folder, names)

    def fuzz_targets(self, folder, names):
        running = []
        for name in names:
            found = folder / "found" / name
            found.mkdir(parents=True, exist_ok=True)
            seeds = ROOT / "fuzz" / "corpus" / name.removeprefix("fuzz_")
            command = [folder / name, f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=2048",
                       f"-artifact_prefix={found}/", found, *([seeds] if seeds.is_dir() else [])]
            running.append((name, command))
        total = Outcome(note=f"{len(names)} targets, {FUZZ_SECONDS} s each")
        while running:
            now, running = running[:CORES], running[CORES:]
            started = [(name, subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                               errors="replace")) for name, command in now]
            for name, process in started:
                output = process.communicate()[0]
                if process.returncode == 0:
                    total.passed += 1
                else:
                    total += Outcome(failed=1, log=f"{name}:\n{finding(output)}")
        return total


def finding(output):
    """What a fuzzer printed of its finding: without its progress, and without the bytes of the input but in Base64."""
    noise = re.compile(r"#\d+\s|INFO:|\s*NEW_FUNC|0x[0-9a-f]+,|\\\d{3}|###")
    return "\n".join(line for line in output.splitlines() if not noise.match(line))[-8000:]


class Report:
    """Prints a line for each step as it ends, and counts; full logs go to `folder`.

    Steps may run in parallel: the output of one step is printed in one piece.
    """

    def __init__(self, folder):
        self.folder = folder
        self.total = Outcome()
        self.started = time.monotonic()
        self.live = sys.stdout.isatty()
        self.lock = threading.Lock()
        self.running = []

    def step(self, name, work):
        begun = time.monotonic()
        with self.lock:
            self.running.append(name)
            self.show_running()
        try:
            outcome = work()
        except Exception as error:  # a broken step is a failed step, and the rest still runs
            outcome = Outcome(failed=1, log=f"{type(error).__name__}: {error}\n")
        with self.lock:
            self.running.remove(name)
            self.line(name, outcome, time.monotonic() - begun)
            self.total += outcome
            self.show_running()
        return outcome.failed == 0

    def run_in_thread(self, steps, *, niceness=None):
        """A thread that runs the steps one after the other; `niceness` applies to it and its programs."""
        def take_steps():
            if niceness is not None:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)  # this thread's alone
            for name, work in steps:
                self.step(name, work)

        thread = threading.Thread(target=take_steps)
        thread.start()
        return thread

    def show_running(self):
        if self.live and self.running:
            print(f"{CLEAR_LINE}  ..    {', '.join(self.running)}", end="\r", flush=True)

    def line(self, name, outcome, seconds):
        word = "FAIL" if outcome.failed else "ok" if outcome.passed else "SKIP"
        counts = f"{outcome.passed} passed, {outcome.failed} failed" if outcome.passed + outcome.failed > 1 else ""
        unsteady = f"{outcome.unsteady} UNSTEADY, passed when run again" if outcome.unsteady else ""
        notes = "; ".join(filter(None, (counts, unsteady, outcome.note)))
        print(f"{CLEAR_LINE if self.live else ''}  {word:5} {name:22} {seconds:6.1f} s  {notes}", flush=True)
        if outcome.failed or outcome.unsteady:
            self.show_log(name, outcome)

    def show_log(self, name, outcome):
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / (name.replace(" ", "-") + ".log")
        file.write_text(outcome.log)
        lines = (outcome.failures or outcome.log).rstrip().splitlines()
        if len(lines) > LOG_LINES_MAX or outcome.failures:
            lines = [f"... all of it is in {file.relative_to(ROOT)}", *lines[-LOG_LINES_MAX:]]
        print("\n".join("        | " + line for line in lines), flush=True)

    def close(self):
        minutes, seconds = divmod(round(time.monotonic() - self.started), 60)
        print(f"check: {self.total.passed} passed, {self.total.unsteady} of them unsteady, {self.total.failed} failed, "
              f"{self.total.skipped} skipped ({minutes:02}:{seconds:02})")
        return 1 if self.total.failed or not self.total.passed else 0


def split_steps(checks, options):
    """Two lists: the steps that run tests, and the steps that only compute."""
    without_slow_tests = options.fast or options.sanitize
    marker = "not slow" if without_slow_tests else "slow or not slow"
    tests = [("tests of modules", checks.module_tests),
             ("end-to-end tests", lambda: checks.end_to_end_tests(marker))]
    computing = [
        ("clang-format", checks.format),
        ("layers", checks.layers),
        ("sizes", checks.style),
        ("documents", checks.docs),
        ("OpenAPI document", checks.openapi),
        ("hardened binary", checks.hardening),
        ("headers alone", checks.headers),
        ("types of the pages", checks.pages),
    ]
    if options.sanitize:
        return tests, []
    if not options.fast:
        computing += [("clang-tidy", checks.tidy), ("plans", checks.plans), ("fuzzing", checks.fuzz)]
    return tests, computing


def main():
    parser = argparse.ArgumentParser(prog="./check", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sanitize", choices=["address", "thread"],
                        help="build with this sanitizer and run the tests under it")
    parser.add_argument("--fast", action="store_true", help="leave out clang-tidy, fuzzing and slow tests")
    options = parser.parse_args()

    checks = Checks(options.sanitize or "release")
    report = Report(checks.build_dir / "logs")
    if report.step("build", checks.build):
        tests, computing = split_steps(checks, options)
        threads = [report.run_in_thread(tests), report.run_in_thread(computing, niceness=LOWEST_PRIORITY)]
        for thread in threads:
            thread.join()
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
