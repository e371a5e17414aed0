#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the vectors in wire/ from the full recordings: trim.py RECORDINGS_DIR OUT_DIR

Keeps the serial lines (W>M, M>W) with time, direction and bytes, and the remarks (##); drops the
HTTP and MQTT lines and the decoded text behind the bytes. LEFT_OUT says which recordings are not
taken over.
"""
import pathlib
import sys

LEFT_OUT = {
    "xfer_23068_9600.txt",  # 310 KB; full_story_9600 has the same file at the same speed
}


def trim(text):
    yield "# time_ms\tdirection\thex   (W = Wi-Fi module, M = MCU)"
    for line in text.splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3:
            continue
        if fields[1] in ("W>M", "M>W"):
            yield "\t".join(fields[:3])
        elif fields[1] == "##":
            yield "\t".join([fields[0], "##", "", fields[3].rstrip()[:200]])


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.txt")):
        if path.name not in LEFT_OUT:
            (out / path.name).write_text("\n".join(trim(path.read_text())) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
