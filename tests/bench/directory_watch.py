"""Tells the names of files that appear in a directory, without looking again and again: that would cost a core."""

import ctypes
import os
import select
import struct

IN_CLOSE_WRITE, IN_MOVED_TO, IN_CREATE = 0x8, 0x80, 0x100
EVENT = struct.Struct("iIII")


class DirectoryWatch:
    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        if libc.inotify_add_watch(self.fd, os.fsencode(directory), IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE) < 0:
            error = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(error, os.strerror(error), directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def names(self, timeout_s):
        """Names since the last call, of which there is at least one unless the time is over."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return []
        events, names, at = os.read(self.fd, 65536), [], 0
        while at < len(events):
            _, _, _, length = EVENT.unpack_from(events, at)
            at += EVENT.size
            names.append(os.fsdecode(events[at:at + length].rstrip(b"\0")))
            at += length
        return names
