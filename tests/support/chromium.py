"""A real Chromium, driven by its DevTools protocol over two pipes: no port, no driver, no other package."""

import base64
import collections
import json
import os
import select
import shutil
import subprocess
import time

from souk_process import ANSWER_SECONDS_MAX, end_with_parent

CHROMIUM = shutil.which("chromium-headless-shell")
_LOADING = ("Inspected target navigated or closed", "Execution context was destroyed.",
            "Cannot find default execution context")
_KEYS = {"Tab": 9, "Enter": 13, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}


class PageIsLoadingError(AssertionError):
    """The document in which an expression ran has given way to the next one."""


class Browser:
    """Ends with the `with` block."""

    def __init__(self, folder, *flags):
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # The protocol is on the descriptors 3 and 4.
        shell = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", CHROMIUM, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={folder}/profile", *flags, "about:blank"],
            pass_fds=(to_read, to_write), env=os.environ | {"HOME": str(folder)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)
        os.close(to_read)
        os.close(to_write)
        self._number = 0
        self._received = bytearray()
        self._answers = {}
        self.events = collections.deque(maxlen=1_000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method, session=None, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while self._number not in self._answers:
            self._read(deadline - time.monotonic())
        answer = self._answers.pop(self._number)
        if answer.get("error", {}).get("message") in _LOADING:
            raise PageIsLoadingError(method, answer)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def _read(self, seconds):
        ready, _, _ = select.select([self._in], [], [], max(seconds, 0))
        assert ready, "Chromium does not answer"
        piece = os.read(self._in, 1 << 20)
        assert piece, "Chromium has ended"
        self._received += piece
        while (end := self._received.find(b"\0")) >= 0:
            message = json.loads(self._received[:end])
            del self._received[:end + 1]
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)

    def page(self, url, *, width=1280, height=900, dark=False, scale=1):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("Runtime.enable")
        page.call("Log.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 600)
        page.call("Emulation.setScrollbarsHidden", hidden=True)
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        page.call("Page.navigate", url=url)
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def run(self, script):
        """The value of an expression, awaited if it is a promise."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, condition, seconds=ANSWER_SECONDS_MAX):
        """Until the expression is true, in the document that is there by then; returns its value."""
        def value_now():
            try:
                return self.run(condition)
            except PageIsLoadingError:
                return None

        deadline = time.monotonic() + seconds
        while not (value := value_now()):
            assert time.monotonic() < deadline, f"not true: {condition}\n{self.run('document.body.innerText')}"
            time.sleep(0.02)
        return value

    def press(self, key):
        down = {"type": "keyDown", "text": "\r"} if key == "Enter" else {"type": "rawKeyDown"}
        for kind in (down, {"type": "keyUp"}):
            self.call("Input.dispatchKeyEvent", key=key, code=key, windowsVirtualKeyCode=_KEYS[key], **kind)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def errors(self):
        """What the page or the browser complained about."""
        return [event["params"] for event in self.browser.events
                if event["method"] == "Runtime.exceptionThrown" or
                (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")]

    def screenshot(self, file, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))
