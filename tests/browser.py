"""A headless Chromium for tests of the pages we write, driven through its DevTools protocol over a pipe.

Needs Debian's package chromium and nothing else: no driver, no port, no library.
"""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import pytest

PATIENCE = 60.0
"""Seconds after which something has gone wrong."""


class Browser:
    """One page in a browser of its own; use it as a context manager.

    Attributes:
        downloads: The folder that downloads go to.
        errors: What the page has thrown or logged as an error so far.
        requests: The URLs it has asked for so far.
    """

    def __init__(self, folder: Path) -> None:
        """Start in an empty folder; skips the test where there is no Chromium."""
        chromium = shutil.which("chromium")
        if chromium is None:
            pytest.skip("no chromium here (Debian: apt-get install chromium)")
        self.downloads = folder / "downloads"
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._ids = itertools.count(1)
        self._session: str | None = None
        self._loaded = ""  # the last document that was complete
        self._received = b""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The browser reads commands from descriptor 3 and writes to 4; bash puts them there from higher ones.
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
        self._process = subprocess.Popen(
            [
                "bash", "-c", f'exec "$@" 3<&{high[0]} 4>&{high[1]}', "bash", chromium,
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--no-first-run",
                "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "about:blank",
            ],
            pass_fds=high, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in (theirs_in, theirs_out, *high):
            os.close(end)

    def __enter__(self) -> Self:
        targets = self.command("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self.command("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.command("Page.setLifecycleEventsEnabled", enabled=True)
        self.command(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads.absolute())
        )
        self.resize(1280, 800)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def open(self, page: Path) -> None:
        """Load a file and wait until it is complete."""
        self._load("Page.navigate", url=page.absolute().as_uri())

    def reload(self) -> None:
        """Load the page again."""
        self._load("Page.reload")

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited, an exception fails the test."""
        done = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"{condition} did not come true; errors: {self.errors}"
            time.sleep(0.05)

    def click(self, selector: str) -> None:
        """Click on the middle of an element with the mouse, as a user does."""
        where = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e) return null;"
            "e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
            "return r.width && {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()"
        )
        assert where, f"there is no {selector} to click on"
        for event in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=event, button="left", clickCount=1, **where)

    def press(self, key: str) -> None:
        """Press a key: a character, or a name such as "Tab", "Enter", "ArrowRight"."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        code = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}.get(
            key, ord(key[0])
        )
        down = "keyDown" if text else "rawKeyDown"
        self.command("Input.dispatchKeyEvent", type=down, key=key, text=text, windowsVirtualKeyCode=code)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def resize(self, width: int, height: int) -> None:
        """Give the page's window another size in CSS pixels; up to 480 wide it is a phone's."""
        phone = width <= 480
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def colours(self, scheme: str) -> None:
        """Prefer "light" or "dark"."""
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as png."""
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command of the protocol and return its result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != number:
            self._note(answer)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _load(self, method: str, **parameters: Any) -> None:
        # The page before may be complete only now (videos that came later delay it): loaders tell them apart.
        before = self.command("Page.getFrameTree")["frameTree"]["frame"]["loaderId"]
        self._loaded = before
        self.command(method, **parameters)
        while self._loaded == before:
            self._note(self._receive())

    def _receive(self) -> dict[str, Any]:
        """The next message."""
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            part = os.read(self._in, 1 << 16)
            assert part, "the browser has gone"
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        match event:
            case {"method": "Page.lifecycleEvent", "params": {"name": "load", "loaderId": document}}:
                self._loaded = document
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.errors.append(details.get("exception", {}).get("description", details["text"]))
            case {"method": "Runtime.consoleAPICalled", "params": {"type": "error", "args": args}}:
                self.errors.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in args))
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error"} as entry}}:
                self.errors.append(f"{entry['text']} {entry.get('url', '')}")
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)
