# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the program from outside: by accessibility, mouse and keyboard.

Run inside run-ui with /usr/bin/python3 (python3-gi belongs to the system's Python).
A name given to find() is a regular expression for the whole accessible name.
"""
import os
import re
import subprocess
import time
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import gi  # noqa: E402

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402


def wait(fn, what, t=10):
    """The first true value of fn(), asked for at most t seconds."""
    end = time.monotonic() + t
    while True:
        try:
            r = fn()
        except GLib.Error:          # the object went away while we looked
            r = None
        if r:
            return r
        if time.monotonic() > end:
            raise AssertionError("timed out: " + what)
        time.sleep(0.03)


def kids(a):
    return [c for c in (a.get_child_at_index(i) for i in range(a.get_child_count())) if c]


def walk(a):
    yield a
    for c in kids(a):
        yield from walk(c)


def find(root, role=None, name=None, t=10):
    def ok(a):
        return ((role is None or a.get_role_name() == role)
                and (name is None or re.fullmatch(name, a.get_name() or "")))
    return wait(lambda: next(filter(ok, walk(root)), None), f"{role} {name}", t)


def absent(root, role=None, name=None, t=10):
    """Waits until there is no such thing."""
    def ok(a):
        return ((role is None or a.get_role_name() == role)
                and (name is None or re.fullmatch(name, a.get_name() or "")))
    wait(lambda: next(filter(ok, walk(root)), None) is None, f"no {role} {name}", t)


def states(a):
    """checked, pressed, focused, sensitive, …"""
    return {Atspi.StateType(s).value_nick for s in a.get_state_set().get_states()}


def extents(a):
    e = a.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
    return e.x, e.y, e.width, e.height


def shown(a):
    wait(lambda: extents(a)[2] > 0, f"mapped: {a.get_name()}")
    return a


def act(a, name=None):
    """Presses a button, tab, menu item or switch; "window.close" on the frame."""
    i = shown(a).get_action_iface()
    n = [Atspi.Action.get_action_name(i, k) for k in range(Atspi.Action.get_n_actions(i))]
    assert n and Atspi.Action.do_action(i, n.index(name) if name else 0), \
        f"no action: {a.get_role_name()} {a.get_name()}"


def value(a):
    return a.get_value_iface().get_current_value()


def set_value(a, v):
    assert a.get_value_iface().set_current_value(v)


def text(a):
    i = a.get_text_iface()
    return Atspi.Text.get_text(i, 0, Atspi.Text.get_character_count(i))


def set_text(a, s):
    assert a.get_editable_text_iface().set_text_contents(s)


def description(a):
    return a.get_description() or ""


def xdo(*args):
    return subprocess.run(["xdotool", *map(str, args)], check=True, capture_output=True,
                          text=True).stdout


def windows(title):
    """X windows that are shown with this in their title, dialogs included."""
    return subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title],
                          capture_output=True, text=True).stdout.split()


class App:
    """The program under test; name is its prgname, as AT-SPI shows it."""

    def __init__(self, argv, name="understudy"):
        # For the program alone: libatspi warns harmlessly.
        self.proc = subprocess.Popen(argv, env={**os.environ, "G_DEBUG": "fatal-warnings"})
        self.root = wait(lambda: next((c for c in kids(Atspi.get_desktop(0))
                                       if c.get_name() == name), None), "app " + name, 30)
        self.frame = shown(find(self.root, "frame"))

    def point(self, a, rx=0.5, ry=0.5, top=None):
        """Screen position of a point of a widget; top: the dialog that it is in."""
        top = top or self.frame
        ids = xdo("search", "--onlyvisible", "--pid", self.proc.pid, "--name",
                  f"^{re.escape(top.get_name())}$").split()
        g = dict(line.split("=")
                 for line in xdo("getwindowgeometry", "--shell", ids[-1]).split())
        p = subprocess.run(["xprop", "-id", ids[-1], "_GTK_FRAME_EXTENTS"],
                           capture_output=True, text=True).stdout
        le, ri, to, bo = map(int, p.split("=")[1].split(",")) if "=" in p else (0, 0, 0, 0)
        _, _, W, H = extents(top)
        x, y, w, h = extents(shown(a))
        return (round(int(g["X"]) + le + (int(g["WIDTH"]) - le - ri - W) // 2 + x + w * rx),
                round(int(g["Y"]) + to + (int(g["HEIGHT"]) - to - bo - H) // 2 + y + h * ry))

    def click(self, a, rx=0.5, ry=0.5, top=None):
        xdo("mousemove", *self.point(a, rx, ry, top), "click", 1)

    def drag(self, a, path, pause=0.01):
        """path: points in 0..1 of the widget."""
        p = [self.point(a, *q) for q in path]
        cmd = ["mousemove", *p[0], "mousedown", 1]
        for q in p:
            cmd += ["mousemove", *q, "sleep", pause]
        xdo(*cmd, "mouseup", 1)

    def resize(self, width, height):
        ids = xdo("search", "--onlyvisible", "--pid", self.proc.pid, "--name", ".").split()
        xdo("windowsize", "--sync", ids[-1], width, height)

    def page(self, name):
        """The switcher is in the header, or at the bottom of a narrow window."""
        act(wait(lambda: next((a for a in walk(self.root) if a.get_role_name() == "page tab"
                               and a.get_name() == name and extents(a)[2] > 0), None),
                 "page " + name))

    def shot(self, path, settle=0.4):
        time.sleep(settle)
        subprocess.run(["import", "-window", "root", path], check=True)

    def close(self):
        """A clean exit also writes the coverage data."""
        try:
            act(self.frame, "window.close")
        except GLib.Error:          # gone before it could answer
            pass
        assert self.proc.wait(15) == 0, f"exit status {self.proc.returncode}"

    def __enter__(self):
        return self

    def __exit__(self, *e):
        if self.proc.poll() is None:
            self.proc.terminate()
            self.proc.wait(10)
