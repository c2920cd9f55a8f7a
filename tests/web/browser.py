"""A real headless Chromium, driven over its DevTools pipe; nothing is installed for it but the browser."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

NO_BROWSER = "NO BROWSER: the pages were NOT tested. Install one: apt-get install chromium"

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)

_KEYS = {" ": "Space", "ArrowLeft": "ArrowLeft", "ArrowRight": "ArrowRight", "Enter": "Enter", "Tab": "Tab"}
_CODES = {" ": 32, "ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, "Tab": 9}
_TEXTS = {"Enter": "\r", "Tab": "", "ArrowLeft": "", "ArrowRight": ""}


READY = (
    "document.querySelector('#player video') && !document.getElementById('asking').hidden"
    " && document.querySelector('[data-choice]:not(:disabled), #send')"
)
"""Films are there, and an answer can be given."""


class Browser:
    """One Chromium. ``tab()`` opens a page in a profile of its own, or beside another one."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        ours, theirs = os.pipe(), os.pipe()
        low, high = ours[0], theirs[1]

        def pipes() -> None:
            a, b = os.dup(low), os.dup(high)
            os.dup2(a, 3)
            os.dup2(b, 4)

        flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars"
        quiet = "--disable-background-networking --disable-extensions --mute-audio --remote-debugging-pipe"
        words = [str(CHROMIUM), *flags.split(), *quiet.split(), f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(
            words, preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._out, self._in = ours[1], theirs[0]
        self._buffer, self._number = b"", 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def tab(self, beside: Tab | None = None) -> Tab:
        context = beside.context if beside else self.call("Target.createBrowserContext")["browserContextId"]
        return Tab(self, context)

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], 60)[0], "the browser does not answer"
            self._buffer += os.read(self._in, 1 << 20)
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)


class Tab:
    """One page."""

    def __init__(self, browser: Browser, context: str) -> None:
        self.browser, self.context = browser, context
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._target = target
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.size(1280, 900)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.call(method, self._session, **params)

    def size(self, width: int, height: int, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def js(self, expression: str) -> Any:
        """The value of an expression; promises are awaited."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, condition: str, seconds: float = 15) -> Any:
        """Wait until an expression is true; returns its value, or True for an element."""
        asked = f"(() => {{ const v = ({condition}); return v instanceof Node ? true : v }})()"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if value := self.js(asked):
                    return value
            except AssertionError as error:
                if "ontext" not in str(error) and "null" not in str(error):  # the page is being loaded
                    raise
            time.sleep(0.05)
        raise AssertionError(f"never true: {condition}\n{self.text()}")

    def text(self) -> str:
        return self.js("document.body.innerText")

    def front(self) -> None:
        """Where a person sees it: browsers load no films in other tabs."""
        self.call("Page.bringToFront")

    def press(self, *keys: str) -> None:
        self.front()
        for key in keys:
            text = _TEXTS.get(key, key)
            known = {"key": key, "code": _KEYS.get(key, ""), "windowsVirtualKeyCode": _CODES.get(key, 0)}
            if text:
                known |= {"text": text, "unmodifiedText": text}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **known)
            self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """With a real mouse press in the middle of what is there."""
        self.front()
        place = self.until(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e || e.disabled) return null;"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return b.width ? [b.x + b.width / 2, b.y + b.height / 2] : null })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def name(self, rater: str) -> None:
        """Answer the question for the rater's name."""
        self.until("document.getElementById('who').open")
        self.type(rater)
        self.press("Enter")
        self.until("!document.getElementById('who').open")

    def picture(self, path: Path, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **self._clip(whole))
        path.write_bytes(base64.b64decode(shot["data"]))

    def problems(self) -> list[str]:
        """Errors in the console so far: of scripts, of the content policy, of requests."""
        found = [each for each in self.browser.events if each.get("sessionId") == self._session]
        errors = [
            str(each["params"]["exceptionDetails"]) for each in found if each["method"] == "Runtime.exceptionThrown"
        ]
        logs = [each["params"]["entry"] for each in found if each["method"] == "Log.entryAdded"]
        return [*errors, *(f"{each['text']} {each.get('url', '')}" for each in logs if each["level"] == "error")]

    def close(self) -> None:
        self.browser.call("Target.closeTarget", targetId=self._target)

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}
