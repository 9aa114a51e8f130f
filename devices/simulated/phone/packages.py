"""The package manager of a simulated phone: pm, and `cmd package`."""

from __future__ import annotations

import posixpath

from devices.simulated.phone.calls import Call, Command
from devices.simulated.phone.files import File
from devices.simulated.phone.state import App
from tools.errors import ToolError
from tools.phone.apk import read_apk


async def pm(call: Call) -> int:
    match call.arguments:
        case ["list", "packages", *flags]:
            wanted = [app for app in call.phone.apps.values() if "-3" not in flags or not app.system]
            await call.say("".join(f"package:{app.package}\n" for app in sorted(wanted, key=lambda app: app.package)))
            return 0
        case ["path", package]:
            if package not in call.phone.apps:
                return 1
            await call.say(f"package:/data/app/{package}/base.apk\n")
            return 0
        case ["install", *flags, path]:
            return await _install(call, path, replace="-r" in flags)
        case ["uninstall", package]:
            app = call.phone.apps.get(package)
            if app is None or app.system:
                await call.say("Failure [DELETE_FAILED_INTERNAL_ERROR]\n")
                return 1
            del call.phone.apps[package]
            if call.phone.front == package:
                call.phone.open("com.android.launcher3")
            await call.say("Success\n")
            return 0
    return await call.fail("Unknown command", 255)


async def _install(call: Call, path: str, *, replace: bool) -> int:
    found = call.phone.files.find(path)
    if not isinstance(found, File):
        await call.say(f"Error: failed to open {posixpath.basename(path)}\n")
        return 1
    try:
        apk = read_apk(found.data)
    except ToolError:
        await call.say("Failure [INSTALL_PARSE_FAILED_NOT_APK: Failed to parse the package]\n")
        return 1
    if apk.package in call.phone.apps and not replace:
        await call.say(f"Failure [INSTALL_FAILED_ALREADY_EXISTS: Attempt to re-install {apk.package}]\n")
        return 1
    label = apk.package.rpartition(".")[2].capitalize()
    call.phone.apps[apk.package] = App(apk.package, label, ".MainActivity", apk.version, system=False)
    await call.say("Success\n")
    return 0


async def cmd(call: Call) -> int:
    match call.arguments:
        case ["package", "resolve-activity", *flags, package]:
            app = call.phone.apps.get(package)
            if app is None or "--brief" not in flags:
                await call.say("No activity found\n")
                return 0
            await call.say(f"priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=true\n"
                           f"{package}/{app.activity}\n")  # fmt: skip
            return 0
        case ["package", *rest]:
            return await pm(Call(call.phone, ["pm", *rest], call.terminal))
        case ["location", "providers", *rest]:
            from devices.simulated.phone.services import providers

            return await providers(call, rest)
    return await call.fail("cmd: Can't find service", 20)


COMMANDS: dict[str, Command] = {"pm": pm, "cmd": cmd}
