# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up the test cases of meson's logs and closes with one line: summary.py LOG_FOLDER…

A program that ended badly counts as failed also when each case that it came to print was ok.
"""
import json
import os
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0
for folder in sys.argv[1:]:
    failed_here = 0
    for case in ET.parse(os.path.join(folder, "testlog.junit.xml")).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed_here += 1
            print(f"failed: {case.get('classname')} {case.get('name')}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    with open(os.path.join(folder, "testlog.json"), encoding="utf-8") as log:
        bad = [t for t in map(json.loads, log) if t["result"] in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT")]
    for test in bad:
        print(f"failed: {test['name']} ({test['result'].lower()}), see {folder}/testlog.txt")
    failed += max(failed_here, len(bad))
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
