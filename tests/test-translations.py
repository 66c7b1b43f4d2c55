# SPDX-License-Identifier: GPL-3.0-or-later
"""Each catalogue is whole and sound, and says what the sources say.  test-translations.py SOURCE-ROOT"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

root = sys.argv[1]
po = os.path.join(root, "po")
LATE = 0.05             # share of the messages that a translator may not have seen yet
CALLS = re.compile(r'(?<![A-Za-z0-9_])(?:_|N_|ngettext|g_dngettext) ?\(\s*[A-Z_, ]*"|translatable="yes"')
n_tests = 0


def report(good, name, *remarks):
    global n_tests
    n_tests += 1
    for remark in remarks:
        print("#", remark)
    print("ok" if good else "not ok", n_tests, name)
    return good


def lines(name):
    with open(os.path.join(po, name), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, cwd=root,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}, **more)


def untranslated(path):
    """Message identifiers without a translation, or with one that was guessed."""
    kept = run("msgattrib", "--untranslated", "--no-wrap", path).stdout
    kept += run("msgattrib", "--only-fuzzy", "--no-wrap", "--no-obsolete", path).stdout
    return [m for m in re.findall(r'^msgid "(.*)"$', kept, re.M) if m]


if not all(shutil.which(tool) for tool in ("msgfmt", "msgattrib", "msgmerge", "xgettext")):
    print("1..0 # SKIP no gettext tools")
    sys.exit(0)

# Every source that speaks is listed, and nothing else.
sources = []
for top, _, names in os.walk(root):
    if os.path.relpath(top, root).split(os.sep)[0] in ("src", "ui", "simulators"):
        sources += [os.path.relpath(os.path.join(top, n), root) for n in names if n.endswith((".c", ".ui"))]
speaking = set()
for source in sources:
    with open(os.path.join(root, source), encoding="utf-8") as f:
        if CALLS.search(f.read()):
            speaking.add(source)
listed = lines("POTFILES")
unlisted = sorted(speaking - set(listed))
lost = sorted(name for name in listed if not os.path.exists(os.path.join(root, name)))
report(not lost, "POTFILES lists nothing that is gone", *lost)
report(len(unlisted) <= LATE * len(listed), "POTFILES lists what speaks", *(f"not listed: {u}" for u in unlisted))

with tempfile.TemporaryDirectory() as folder:
    template = os.path.join(folder, "now.pot")
    made = run("xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=g_dngettext:2,3",
               "-o", template, *(name for name in listed if name.endswith((".c", ".ui"))))
    # A format that ends in "%" was cut off by a macro: it would never be found at run time.  "50 %" is none.
    with open(template, encoding="utf-8") as f:
        cut = re.findall(r'^msgid ".*(?<!%)(?<!\d )%"$', f.read(), re.M)
    report(made.returncode == 0 and not cut, "messages can be extracted", *made.stderr.splitlines(), *cut)

    for language in lines("LINGUAS"):
        path = os.path.join(po, language + ".po")
        check = run("msgfmt", "--check", "--check-accelerators=_", "--statistics", "-o", os.devnull, path)
        report(check.returncode == 0, f"{language}: formats, plurals and accelerators agree", *check.stderr.splitlines())
        open_messages = untranslated(path)
        report(not open_messages, f"{language}: every message of the catalogue is translated", *open_messages)
        merged = os.path.join(folder, "merged.po")
        run("msgmerge", "--quiet", "--no-fuzzy-matching", "-o", merged, path, template)
        late = untranslated(merged)
        n = len(re.findall(r"^msgid ", open(merged, encoding="utf-8").read(), re.M))
        report(len(late) <= LATE * n, f"{language}: knows the messages of the sources",
               *(f"not translated yet: {m}" for m in late))

print(f"1..{n_tests}")
