"""Becomes Python code that nobody vouches for: run as `python -I -S jail.py SETTINGS`, in namespaces of its own.

It sees the system's programs and libraries, read only, a small /tmp and its own folder; no home, no /etc, no network,
no other process. As root it becomes nobody before it runs a word of the code. See `sandbox.py`; it stands alone.
"""

import ctypes
import errno
import json
import os
import struct
import sys

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
SYS_MOUNT_SETATTR, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 442, 0x8000, 1, 2
PR_SET_NO_NEW_PRIVS = 38
TMP_BYTES = 64 << 20


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode() or None):
        code = ctypes.get_errno()
        raise OSError(code, f"{target}: {os.strerror(code)}")


def bind(source: str, root: str, read_only: bool) -> None:
    """The same folder or file, at the same place below the new root."""
    target = root + source
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "a").close()
    try:
        mount(source, target, "none", MS_BIND)
    except OSError as error:
        # Who is not root may not leave out what is mounted further down, for it may hide something.
        if error.errno != errno.EINVAL or not read_only:
            raise
        mount(source, target, "none", MS_BIND | MS_REC)
        all_read_only(target)
    if read_only:
        mount("none", target, "none", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID)


def all_read_only(target: str) -> None:
    """With all that is mounted below it, which takes Linux 5.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = struct.pack("QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    if libc.syscall(SYS_MOUNT_SETATTR, -1, target.encode(), AT_RECURSIVE, wanted, ctypes.c_size_t(len(wanted))):
        code = ctypes.get_errno()
        raise OSError(code, f"{target}: {os.strerror(code)}")


def enter(settings: "dict[str, object]") -> None:
    """Leave the machine's tree for one of our own, and let go of the old one."""
    root = str(settings["root"])
    # First: nothing that is mounted from here on is seen outside.
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, f"size={TMP_BYTES},mode=755")
    shown = settings["shown"]
    assert isinstance(shown, list)
    for place in shown:
        if os.path.islink(place):  # /lib is one where all is in /usr
            os.symlink(os.readlink(place), root + place)
        elif os.path.exists(place):
            bind(place, root, read_only=True)
    for device in ("/dev/null", "/dev/zero", "/dev/urandom"):
        bind(device, root, read_only=False)
    for name in ("/tmp", "/old", "/work"):
        os.makedirs(root + name, exist_ok=True)
    os.chmod(root + "/tmp", 0o1777)
    mount(str(settings["work"]), root + "/work", "none", MS_BIND)
    mount("none", root + "/work", "none", MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.pivot_root(root.encode(), (root + "/old").encode()):
        raise OSError(ctypes.get_errno(), "pivot_root")
    os.chdir("/")
    if libc.umount2(b"/old", MNT_DETACH):
        raise OSError(ctypes.get_errno(), "umount")
    os.rmdir("/old")
    mount("none", "/", "none", MS_REMOUNT | MS_NOSUID | MS_NODEV, f"size={TMP_BYTES},mode=755")


def main() -> None:
    settings = json.loads(sys.argv[1])
    enter(settings)
    os.chdir("/work")
    if settings["nobody"]:
        os.setgroups([])
        os.setgid(settings["nobody"])
        os.setuid(settings["nobody"])
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.execve(settings["python"], [settings["python"], "-I", "-S", "-B", *settings["arguments"]], settings["variables"])


if __name__ == "__main__":
    main()
