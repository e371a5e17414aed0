#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cli_files.py OTTER: every command of `otter` that reads or writes files, with every kind of file in every place:
its own input as output (by four names), private keys, folders and files without permission, full disks, pipes,
directories, /dev/null, empty files, 4 GiB. Wanted each time: the right exit code, one clear line on stderr or none,
the right bytes where they belong, and everything else as it was. Ends with "cli files: N cases".

Run by the superuser it goes on as another user, whom permissions stop and who cannot replace /dev/null."""
import hashlib
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading

NOBODY = 65534
HUGE = 1 << 32
WAIT_S = 60  # for a program that hangs

program_root = tempfile.mkdtemp()
otter = os.path.join(program_root, "otter")
# In memory where that is possible: files that are written are forced to the disk, half a second each on a busy one.
root = tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
fixtures = os.path.join(root, "fixtures")
work = os.path.join(root, "work")
cases = failures = 0


def drop_privileges():
    os.chmod(program_root, 0o755)
    if os.geteuid() == 0:
        os.chown(root, NOBODY, NOBODY)
        os.chown(program_root, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    os.environ["HOME"] = root


def run(args, limit=None, stdin=None):
    """Returns exit code, stdout, stderr. limit: the largest file that it can write."""

    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run([otter] + args, cwd=work, capture_output=True, timeout=WAIT_S, input=stdin or b"",
                          preexec_fn=None if limit is None else prepare)
    return done.returncode, done.stdout, done.stderr.decode()


# ---- files ----
def words(*values):
    return b"".join(value.to_bytes(4, "little") for value in values)


def program(reset, size):
    """A vector table, the version it reports, and nothing but `b .`."""
    return words(0x20005000, reset) + b"03010102" + b"\xfe\xe7" * ((size - 16) // 2)


def bootloader():
    """One of otter's (docs/flash-format.md chapter 7), without keys, with room for two."""
    info = b"0000000400000002--------00000000" + b"0" * 32 + bytes(4)
    ids = words(0x6274746F, 0x01000101, 0x08000024, len(info), 0) + info + b"\xff" * 128
    return words(0x20005000, 0x08000101) + bytes(8) + ids + b"\xfe\xe7" * 400


def put(name, data, mode=0o644):
    with open(os.path.join(fixtures, name), "wb") as out:
        out.write(data)
    os.chmod(os.path.join(fixtures, name), mode)


def openssl(*args):
    subprocess.run(("openssl",) + args, cwd=fixtures, check=True, stderr=subprocess.DEVNULL)


def make_fixtures():
    global work
    os.mkdir(fixtures)
    put("app.bin", program(0x08003101, 3000))
    put("boot.bin", program(0x08000101, 1000))
    put("otters.bin", bootloader())
    put("state", b"\xff" * 65536)
    put("pass.txt", b"secret\n", 0o600)
    put("openssh.pem", b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n-----END OPENSSH PRIVATE KEY-----\n", 0o600)
    put("pgp.txt", b"comment\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n", 0o600)
    openssl("genpkey", "-algorithm", "ed25519", "-out", "key.pem")
    openssl("pkey", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
    openssl("pkey", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem")
    openssl("pkcs8", "-topk8", "-in", "key.pem", "-outform", "DER", "-passout", "pass:secret", "-out", "locked.der")
    openssl("pkey", "-in", "key.pem", "-pubout", "-out", "pub.pem")
    for name in "key.pem", "key.der", "locked.pem", "locked.der":
        os.chmod(os.path.join(fixtures, name), 0o600)
    goal, work = work, fixtures
    for args in (
        ["image", "make", "app.bin", "-o", "made.bin", "-H", "03010100", "-V", "03010102"],
        ["image", "make", "made.bin", "--key", "pub.pem", "-o", "ready.bin", "--to-sign", "message"],
        ["image", "sign", "made.bin", "--key", "key.pem", "-o", "signed.bin"],
    ):
        if run(args) [0] != 0:
            raise SystemExit("fixtures: otter " + " ".join(args))
    work = goal
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "message", "-out", "signature")


def fresh():
    """Everything as in `fixtures`, under `work`."""
    if os.path.exists(work):
        for folder, _, _ in os.walk(work):
            os.chmod(folder, 0o755)
        shutil.rmtree(work)
    shutil.copytree(fixtures, work)


def path(name):
    return os.path.join(work, name)


def describe(name):
    """What must not change: kind, mode, content."""
    st = os.lstat(name)
    if stat.S_ISLNK(st.st_mode):
        return "link", os.readlink(name)
    if not stat.S_ISREG(st.st_mode):
        return "other", st.st_mode
    if st.st_size > 1 << 24:
        return "huge", st.st_mode, st.st_size
    if st.st_mode & 0o400 == 0:
        return "closed", st.st_mode, st.st_size
    with open(name, "rb") as file:
        return "file", st.st_mode, hashlib.sha256(file.read()).digest()


def snapshot():
    found = {}
    for folder, folders, files in os.walk(work):
        for name in folders + files:
            name = os.path.join(folder, name)
            found[os.path.relpath(name, work)] = describe(name)
    return found


# ---- one case ----
def judge(title, args, got, want_code, want_text, before, may_change, want_data=None):
    """may_change: the names that are the result. want_data: what the first of them must hold."""
    global cases, failures
    cases += 1
    code, out, err = got
    wrong = []
    lines = err.splitlines()
    if code != want_code:
        wrong.append("exit %s instead of %s" % (code, want_code))
    if want_code == 0 and lines:
        wrong.append("says something on stderr")
    if want_code != 0 and (len(lines) != 1 or not err.startswith("otter: ") or want_text not in err):
        wrong.append("not one line with: %s" % want_text)
    if want_code != 0 and out:
        wrong.append("prints something on stdout")
    after = snapshot()
    for name in sorted(set(before) | set(after)):
        if before.get(name) != after.get(name) and name not in may_change:
            wrong.append("%s: %s" % (name, "is gone" if name not in after else
                                     "is new" if name not in before else "was changed"))
    if want_code == 0 and want_data is not None:
        with open(path(may_change[0]), "rb") as file:
            if file.read() != want_data:
                wrong.append("%s does not hold the result" % may_change[0])
    if wrong:
        failures += 1
        print("e2e_cli_files: %s: %s\n  otter %s\n  stderr: %s" % (title, "; ".join(wrong), " ".join(args), err.strip()),
              file=sys.stderr)


# ---- outputs ----
class Writer:
    """A command with a place for the output, OUT, and the files that it reads. in_place: the one it may replace."""

    def __init__(self, title, args, inputs, end="", in_place=None, also=()):
        self.title, self.args, self.inputs, self.end = title, args, inputs, end
        self.in_place, self.also = in_place, list(also)

    def command(self, out):
        return [arg.replace("OUT", out) for arg in self.args]

    def result(self):
        """What it writes into a new file; of a new key: nothing that is known before."""
        fresh()
        code, _, err = run(self.command("new" + self.end))
        if code != 0:
            raise SystemExit("%s: %s" % (self.title, err))
        with open(path("new" + self.end), "rb") as file:
            return file.read()


TRAILER = ["-H", "03010100", "-V", "03010102"]
BOARD = ["board", "run", "--load", "boot.bin", "--for", "0.001", "--uart2", "null"]
KEY_NEW = Writer("key new", ["key", "new", "OUT"], [])
FLASH = Writer("board run --flash", BOARD + ["--uart1", "null", "--flash", "OUT"], ["boot.bin"])
UART = Writer("board run --uart1 file:", BOARD + ["--uart1", "file:OUT"], ["boot.bin"])
CAMPAIGN = Writer("board campaign --json", ["board", "campaign", "--boot", "boot.bin", "--app", "made.bin", "--update",
                                            "signed.bin", "--json", "OUT"], ["boot.bin", "made.bin", "signed.bin"])
IDS = ["--hardware", "03010100", "--product-key", "0123456789abcdef" * 2]
WRITERS = [
    KEY_NEW,
    Writer("key show --public", ["key", "show", "key.pem", "--public", "OUT"], ["key.pem"]),
    Writer("key show --public, encrypted", ["key", "show", "locked.pem", "--pass-file", "pass.txt", "--public", "OUT"],
           ["locked.pem", "pass.txt"]),
    Writer("image make", ["image", "make", "app.bin", "-o", "OUT"] + TRAILER, ["app.bin"]),
    Writer("image make --key", ["image", "make", "made.bin", "--key", "pub.pem", "-o", "OUT"], ["made.bin", "pub.pem"]),
    Writer("image make --to-sign", ["image", "make", "app.bin", "--key", "pub.pem", "-o", "also", "--to-sign", "OUT"] +
           TRAILER, ["app.bin", "pub.pem"], also=["also"]),
    Writer("image sign", ["image", "sign", "made.bin", "--key", "key.pem", "-o", "OUT"], ["key.pem"], in_place="made.bin"),
    Writer("image attach", ["image", "attach", "ready.bin", "--key", "pub.pem", "--signature", "signature", "-o", "OUT"],
           ["pub.pem", "signature"], in_place="ready.bin"),
    Writer("image factory", ["image", "factory", "-b", "boot.bin", "-a", "signed.bin", "-o", "OUT"],
           ["boot.bin", "signed.bin"], end=".bin"),
    Writer("boot make", ["boot", "make", "otters.bin", "--key", "pub.pem"] + IDS + ["-o", "OUT"],
           ["otters.bin", "pub.pem"]),
    Writer("boot make .hex", ["boot", "make", "otters.bin", "--key", "pub.pem"] + IDS + ["-o", "OUT"],
           ["otters.bin", "pub.pem"], end=".hex"),
    UART,
    FLASH,
    CAMPAIGN,
]
PRIVATE = ["key.pem", "locked.pem", "key.der", "locked.der", "openssh.pem", "pgp.txt"]
EXISTS = "exists already; it is never overwritten"
NOT_A_FILE = "not a file"


def other_names(name, end):
    """The file by itself and by three more names; each gets the end that a command wants."""
    link, hard = "link" + end, "hard" + end
    os.symlink(name, path(link))
    os.link(path(name), path(hard))
    return ([name, "./" + name] if name.endswith(end) else []) + [link, hard]


def refuse(writer, title, out, code, text, limit=None):
    args = writer.command(out)
    before = snapshot()
    judge("%s: %s" % (writer.title, title), args, run(args, limit), code, text, before, writer.also)


def outputs_refused(writer):
    new = writer is KEY_NEW
    for name in writer.inputs:
        fresh()
        key = name in PRIVATE
        for out in other_names(name, writer.end):
            refuse(writer, "its own input", out, 1, "holds a private key" if key else "same file")
    for name in PRIVATE:
        fresh()
        names = other_names(name, writer.end)
        for out in (names[0], names[-2]):
            refuse(writer, "a private key", out, 1, EXISTS if new else "holds a private key; it is never written over")
    fresh()
    os.mkdir(path("folder" + writer.end))
    refuse(writer, "a directory", "folder" + writer.end, 1, EXISTS if new else "Is a directory")
    os.symlink("nothing", path("dangling" + writer.end))
    refuse(writer, "a link to nothing", "dangling" + writer.end, 1, EXISTS if new else "a symbolic link to nothing")
    for mode in 0o444, 0o200:
        name = "closed%o%s" % (mode, writer.end)
        with open(path(name), "wb") as file:
            file.write(b"precious")
        os.chmod(path(name), mode)
        refuse(writer, "no permission, mode %o" % mode, name, 1, EXISTS if new else "Permission denied")
    if writer is CAMPAIGN:  # the rest is known after hours only
        return
    os.mkdir(path("ro"), 0o555)
    refuse(writer, "a read-only folder", "ro/new" + writer.end, 1, "Permission denied")
    refuse(writer, "no such folder", "none/new" + writer.end, 1, "No such file or directory")
    if writer is not UART:  # it has nothing to write
        refuse(writer, "a full disk", "new" + writer.end, 1, "File too large", limit=0)
        with open(path("old" + writer.end), "wb") as file:
            file.write(b"\xff" * (65536 if writer is FLASH else 8))
        refuse(writer, "a full disk, over a file", "old" + writer.end, 1, EXISTS if new else "File too large", limit=0)
        os.symlink("/dev/full", path("full" + writer.end))
        refuse(writer, "/dev/full", "full" + writer.end, 1,
               EXISTS if new else NOT_A_FILE if writer is FLASH else "No space left on device")


def write(writer, title, out, data, result=None):
    args = writer.command(out)
    before = snapshot()
    judge("%s: %s" % (writer.title, title), args, run(args), 0, "", before, [result or out] + writer.also, data)


def read_pipe(name, got):
    with open(name, "rb") as pipe:
        got.append(pipe.read())


def outputs_written(writer):
    end = writer.end
    data = writer.result()
    fresh()
    write(writer, "a new file", "out" + end, data)
    for title, mode, size in ("an empty file", 0o640, 0), ("4 GiB", 0o604, HUGE):
        with open(path("old" + end), "wb") as file:
            file.truncate(size)
        os.chmod(path("old" + end), mode)
        write(writer, title, "old" + end, data)
        if os.stat(path("old" + end)).st_mode & 0o777 != mode:
            judge(writer.title + ": mode not kept", [], (1, b"", ""), 0, "", snapshot(), [])
    os.symlink("old" + end, path("link" + end))
    write(writer, "behind a link", "link" + end, data, result="old" + end)
    os.symlink("/dev/null", path("null" + end))
    write(writer, "/dev/null", "null" + end, None)
    if not stat.S_ISCHR(os.stat("/dev/null").st_mode):
        raise SystemExit("/dev/null is gone")
    os.mkfifo(path("pipe" + end))
    got = []
    reader = threading.Thread(target=read_pipe, args=(path("pipe" + end), got))
    reader.start()
    write(writer, "a pipe", "pipe" + end, None)
    reader.join(WAIT_S)
    if got != [data]:
        judge(writer.title + ": a pipe does not get the result", [], (1, b"", ""), 0, "", snapshot(), [])
    if not end and writer is not UART:
        args, before = writer.command("/dev/stdout"), snapshot()
        code, out, err = run(args)
        judge(writer.title + ": /dev/stdout", args, (code if out == data else "with other bytes", b"", err), 0, "",
              before, writer.also)
    if writer.in_place:
        for out in [writer.in_place, "link", "hard"]:
            fresh()
            other_names(writer.in_place, "")
            write(writer, "in place", out, data, result=writer.in_place if out == "link" else out)


def keys_written():
    fresh()
    write(KEY_NEW, "a new file", "new.pem", None)
    if os.stat(path("new.pem")).st_mode & 0o777 != 0o600:
        judge("key new: not for its owner alone", [], (1, b"", ""), 0, "", snapshot(), [])
    os.mkfifo(path("pipe"))
    with open(path("empty"), "wb"):
        pass
    with open(path("huge"), "wb") as file:
        file.truncate(HUGE)
    for out in "pipe", "empty", "huge", "/dev/null", "new.pem":
        refuse(KEY_NEW, out, out, 1, EXISTS)


def flash_written():
    fresh()
    write(FLASH, "a new file", "out", None)
    write(FLASH, "a state", "state", None)
    os.mkfifo(path("pipe"))
    for name, size in ("empty", 0), ("huge", HUGE):
        with open(path(name), "wb") as file:
            file.truncate(size)
        refuse(FLASH, name, name, 1, "bytes: not the flash of a board")
    refuse(FLASH, "a pipe", "pipe", 1, NOT_A_FILE)
    refuse(FLASH, "/dev/null", "/dev/null", 1, NOT_A_FILE)


def lines_refused():
    """What is no line to talk over is left alone: a link to a terminal takes no other's place, a port is one."""
    pty = Writer("board run --uart1 pty:", BOARD + ["--uart1", "pty:OUT"], [])
    fresh()
    for name in PRIVATE + ["boot.bin", "app.bin"]:
        refuse(pty, name, name, 1, "File exists")
    for ports in Writer("info --port", ["info", "--port", "OUT"], []), Writer(
            "push --port", ["push", "made.bin", "--port", "OUT"], ["made.bin"]):
        fresh()
        os.mkdir(path("folder"))
        os.mkfifo(path("pipe"))
        for name in ["key.pem", "made.bin", "folder", "pipe", "/dev/null", "/dev/full"]:
            refuse(ports, name, name, 1, name + ": ")


# ---- inputs ----
PUSH = ["push", "--port", "/dev/null", "--version", "03010102"]
READERS = [  # IN is the file in question
    ("key show", ["key", "show", "IN"], "key"),
    ("key show --public", ["key", "show", "IN", "--public", "out"], "key"),
    ("key show --pass-file", ["key", "show", "locked.pem", "--pass-file", "IN"], "pass"),
    ("image inspect", ["image", "inspect", "IN"], "image"),
    ("image make", ["image", "make", "IN", "-o", "out"] + TRAILER, "image"),
    ("image make --key", ["image", "make", "made.bin", "--key", "IN", "-o", "out"], "key"),
    ("image sign", ["image", "sign", "IN", "--key", "key.pem"], "image"),
    ("image sign --key", ["image", "sign", "made.bin", "--key", "IN", "-o", "out"], "key"),
    ("image attach", ["image", "attach", "IN", "--key", "pub.pem", "-s", "signature"], "image"),
    ("image attach --key", ["image", "attach", "ready.bin", "--key", "IN", "-s", "signature"], "key"),
    ("image attach --signature", ["image", "attach", "ready.bin", "--key", "pub.pem", "-s", "IN"], "signature"),
    ("image verify", ["image", "verify", "IN", "--key", "pub.pem"], "image"),
    ("image verify --key", ["image", "verify", "signed.bin", "--key", "IN"], "key"),
    ("image factory --boot", ["image", "factory", "-b", "IN", "-a", "app.bin", "-o", "out.hex"], "image"),
    ("image factory --app", ["image", "factory", "-b", "boot.bin", "-a", "IN", "-o", "out.hex"], "image"),
    ("boot show", ["boot", "show", "IN"], "image"),
    ("boot make", ["boot", "make", "IN"] + IDS + ["-o", "out.hex"], "image"),
    ("boot make --key", ["boot", "make", "otters.bin", "--key", "IN"] + IDS + ["-o", "out"], "key"),
    ("push", PUSH + ["IN"], "image"),
    ("board run --load", ["board", "run", "--load", "IN", "--for", "0.001"], "load"),
    ("board campaign --boot", ["board", "campaign", "--boot", "IN", "--app", "made.bin", "--update", "made.bin"], "image"),
    ("board campaign --update", ["board", "campaign", "--boot", "boot.bin", "--app", "made.bin", "--update", "IN"],
     "image"),
    ("demo --boot", ["demo", "--boot", "IN", "--app", "made.bin", "--update", "made.bin"], "image"),
    ("demo --update", ["demo", "--boot", "boot.bin", "--app", "made.bin", "--update", "IN"], "image"),
]


def read(title, args, name, code, text, may_change=(), stdin=None):
    args = [arg.replace("IN", name) for arg in args]
    before = snapshot()
    judge("%s: %s" % (title, name), args, run(args, stdin=stdin), code, text, before, list(may_change))


def inputs(title, args, kind):
    fresh()
    os.mkdir(path("folder"))
    for name, size, mode in ("empty", 0, 0o644), ("huge", HUGE, 0o644), ("closed", 8, 0):
        with open(path(name), "wb") as file:
            file.truncate(size)
        os.chmod(path(name), mode)
    stream = kind in ("key", "pass", "signature")
    load = kind == "load"  # the board's own words
    read(title, args, "missing", 1, "missing: No such file or directory")
    read(title, args, "closed", 1, "closed: Permission denied")
    read(title, args, "folder", 1, "folder: " + ("" if load else NOT_A_FILE))
    read(title, args, "empty", 1, "empty: " + ("" if load else "the file is empty"))
    read(title, args, "huge", 1, "huge: " + ("" if load else "4294967296 bytes, at most "))
    read(title, args, "/dev/null", 1, "/dev/null: " + ("" if load else "nothing comes from it" if stream else NOT_A_FILE))
    if stream:
        good = {"key": "key.pem", "pass": "pass.txt", "signature": "signature"}[kind]
        with open(path(good), "rb") as file:
            data = file.read()
        read(title, args, "/dev/stdin", 0, "", ["out", "ready.bin"], data)
        read(title, args, "/dev/zero", 1, "/dev/zero: more than ")
    elif not load:
        os.mkfifo(path("pipe"))
        read(title, args, "pipe", 1, "pipe: " + NOT_A_FILE)


def others_can_read_a_key():
    for mode, warned in (0o600, False), (0o640, True), (0o604, True), (0o644, True):
        for args in (["key", "show", "key.pem"], ["image", "sign", "made.bin", "--key", "key.pem"],
                     ["image", "verify", "signed.bin", "--key", "key.pem"]):
            fresh()
            os.chmod(path("key.pem"), mode)
            code, out, err = run(args)
            line = "key.pem: warning: others may read this private key (mode %o)" % mode
            good = (line in err and err.count("\n") == 1) if warned else err == ""
            judge("a key of mode %o" % mode, args, (code if good else "%d, and not the warning" % code, out, ""), 0, "",
                  snapshot(), [])


def main():
    shutil.copy(sys.argv[1], otter)
    drop_privileges()
    os.umask(0o022)
    make_fixtures()
    for writer in WRITERS:
        outputs_refused(writer)
        if writer not in (KEY_NEW, FLASH, CAMPAIGN):
            outputs_written(writer)
    keys_written()
    flash_written()
    lines_refused()
    for reader in READERS:
        inputs(*reader)
    others_can_read_a_key()
    print("cli files: %d cases" % cases)
    return 1 if failures else 0


try:
    status = main()
finally:
    for folder, _, _ in os.walk(root):
        os.chmod(folder, 0o755)
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(program_root, ignore_errors=True)
sys.exit(status)
