"""The browser of one agent: one process with a profile of its own, started at first use, ended when nobody uses it.

It is gone when the agent is, also when that is killed: the pipes over which it is driven close then, and it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
import structlog

from protocol.errors import ErrorCode
from tools.browser.finding import find_program, lacking
from tools.browser.guard import Guard, Origin
from tools.browser.proxy import Proxy
from tools.browser.settings import BrowserSettings
from tools.browser.tabs import Tabs
from tools.errors import ToolError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

log = structlog.get_logger("asterism.device")

START_S: Final = 30.0
CLOSE_S: Final = 5.0
VIEW: Final = (1280, 900)
# Nothing goes out that no page asked for; what does, goes through the proxy.
FLAGS: Final = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--disable-domain-reliability", "--no-pings", "--no-first-run", "--allow-browser-signin=false",
    "--gaia-url=https://accounts.invalid",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip
PREFERENCES: Final = {
    "credentials_enable_service": False,
    "profile": {"password_manager_enabled": False, "default_content_setting_values": {"notifications": 2}},
    "plugins": {"always_open_pdf_externally": True},
    "autofill": {"profile_enabled": False, "credit_card_enabled": False},
    "translate": {"enabled": False},
    "signin": {"allowed": False},
}
_SEEN: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "SSL_CERT_FILE")
_SCREEN: Final = ("DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


class Browser:
    """Started by `context`, ended by `close` and after `settings.idle_s` seconds without a call."""

    def __init__(self, settings: BrowserSettings, folder: Path, guard: Guard) -> None:
        """`folder` is the browser's own, below the agent's state."""
        self.settings = settings
        self.guard = guard
        self.tabs = Tabs()
        self.downloading = asyncio.Lock()
        self._folder = folder
        self._proxy = Proxy(guard)
        self._lock = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._calls = 0
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        guard.shown = self.tabs.named

    @classmethod
    def of(
        cls,
        settings: BrowserSettings,
        state: Path,
        *,
        private_network: bool = False,
        gateway: Origin | None = None,
    ) -> Browser:
        """The browser of an agent with this state folder, whose orchestrator is at `gateway`."""
        guard = Guard(hosts=settings.hosts, private=private_network, gateway=gateway)
        return cls(settings, state / "browser", guard)

    @property
    def running(self) -> bool:
        return self._context is not None

    @property
    def downloads(self) -> Path:
        """Where the browser puts what it downloads, under names of its own."""
        return self._folder / "downloads"

    @contextlib.asynccontextmanager
    async def used(self) -> AsyncIterator[None]:
        """While a call lasts, the browser is not ended for being idle."""
        self._calls += 1
        if self._idle is not None:
            self._idle.cancel()
        try:
            yield
        finally:
            self._calls -= 1
            if self._calls == 0:
                self._idle = asyncio.get_running_loop().call_later(self.settings.idle_s, self._end_idle)

    async def context(self) -> BrowserContext:
        """The browser, started where it does not run. Raises ToolError(UNAVAILABLE), saying what to do."""
        async with self._lock:
            if self._context is None:
                if why := lacking(self.settings.program):
                    raise ToolError(ErrorCode.UNAVAILABLE, why)
                await self._start()
            assert self._context is not None
            return self._context

    async def end(self) -> None:
        """End the process; the next call starts it again."""
        async with self._lock:
            await self._end()

    async def close(self) -> None:
        """End it for good, and leave nothing of it behind but its profile."""
        if self._idle is not None:
            self._idle.cancel()
        # A call that hangs with the browser's driver may hold the lock: an agent ends all the same.
        await _quietly(self.end, 3 * CLOSE_S)
        await _quietly(self._proxy.close)
        await asyncio.gather(*self._ending, return_exceptions=True)

    # --- starting and ending -----------------------------------------------------------------------------------

    async def _start(self) -> None:
        from playwright.async_api import Error, async_playwright

        await self._end()
        await asyncio.to_thread(self._prepare)
        server = await self._proxy.start()
        try:
            async with asyncio.timeout(START_S):
                self._playwright = await async_playwright().start()
                context = await self._playwright.chromium.launch_persistent_context(
                    self._folder / "profile",
                    executable_path=find_program(self.settings.program),
                    headless=not self._visible,
                    # As root Chromium refuses to start with one.
                    chromium_sandbox=os.geteuid() != 0,
                    args=list(FLAGS),
                    env=environment(self._visible),
                    proxy={"server": server},
                    viewport={"width": VIEW[0], "height": VIEW[1]},
                    downloads_path=self.downloads,
                    accept_downloads=True,
                    service_workers="block",
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    timeout=START_S * 1000,
                )
        except (Error, OSError, TimeoutError) as error:
            await self._end()
            said = " ".join(str(error).split())[:300] or "it did not start in time"
            message = f"the browser cannot be started ({said}): run `{find_program(self.settings.program)}` by hand"
            raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True) from None
        self._context = context
        context.on("close", lambda _: self._died(context))
        for page in context.pages[1:]:
            await page.close()
        self.tabs.watch(context)

    @property
    def _visible(self) -> bool:
        return self.settings.visible and bool(os.environ.get("DISPLAY"))

    def _prepare(self) -> None:
        """The folders, for this user alone. No other browser uses them: who holds the agent's state, holds them."""
        profile = self._folder / "profile"
        for folder in (self._folder, profile, profile / "Default"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):  # of one that was killed
            (profile / name).unlink(missing_ok=True)
        shutil.rmtree(self.downloads, ignore_errors=True)
        self.downloads.mkdir(mode=0o700)
        chosen = profile / "Default" / "Preferences"
        if not chosen.exists():
            chosen.write_text(json.dumps(PREFERENCES))

    def _died(self, context: BrowserContext) -> None:
        if self._context is context:
            self._context = None
            self.tabs.forget()
            log.warning("browser ended by itself, starting again when it is used")

    async def _end(self) -> None:
        context, self._context = self._context, None
        playwright, self._playwright = self._playwright, None
        self.tabs.forget()
        for close in (context.close if context else None, playwright.stop if playwright else None):
            if close is not None:
                await _quietly(close)
        if context is not None:
            await asyncio.to_thread(_killed, self._folder / "profile")

    def _end_idle(self) -> None:
        async def end() -> None:
            async with self._lock:
                if self._calls == 0:
                    await self._end()

        task = asyncio.ensure_future(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def lost(self) -> None:
        """The connection to the browser's driver broke: what is left of it is given up, and made anew."""
        context, self._context = self._context, None
        if context is not None:
            self.tabs.forget()
            log.warning("browser's driver is gone, starting again when it is used")


def _killed(profile: Path) -> None:
    """End what hangs of a browser that was told to end, and its driver: another one uses the same profile next."""
    ours = psutil.Process().children(recursive=True)
    for one in ours:
        with contextlib.suppress(psutil.Error):
            if f"--user-data-dir={profile}" in one.cmdline():
                driver = one.parent()
                first = driver if driver is not None and driver in ours else one
                for process in (*first.children(recursive=True), first):
                    process.kill()


async def _quietly(close: Callable[[], Awaitable[None]], seconds: float | None = None) -> None:
    """End a part that may have ended already, and is not waited for without end."""
    from playwright.async_api import Error

    with contextlib.suppress(Error, OSError, TimeoutError, RuntimeError):
        async with asyncio.timeout(seconds or CLOSE_S):
            await close()


def environment(visible: bool) -> dict[str, str | float | bool]:
    """What the browser sees of ours: no token, nothing else that it does not need."""
    names = (*_SEEN, *_SCREEN) if visible else _SEEN
    return {"LANG": "C.UTF-8", **{name: os.environ[name] for name in names if name in os.environ}}
