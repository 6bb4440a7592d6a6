"""The process that scenarios blame: it does one thing to a share and prints the tasks that did it.

    provoke.py direct-io FILE THREADS ROUNDS     each thread reads and writes 4 KiB ROUNDS times with O_DIRECT
    provoke.py direct-read FILE                  reads 4 KiB once with O_DIRECT
    provoke.py look PATH                         looks up a name that was not looked up before: killable, unlike a read
    provoke.py look-often FOLDER THREADS ROUNDS  each thread looks for ROUNDS such names
    provoke.py read-end FILE TIMES               reads a file to its end and once more
    provoke.py notify FOLDER                     waits in CIFS_IOC_NOTIFY
    provoke.py lock FILE                         waits for, or holds, a byte-range lock
    provoke.py map FILE                          touches a page of a mapped file; at the next line another thread maps it again

Prints one JSON line with its pid and tids once everything is open, waits for a line on its input, does the thing, and
prints the line `{"done": true}`. O_DIRECT, because buffered reads and writes are sent by kernel workers.
"""

import ctypes
import fcntl
import json
import mmap
import os
import struct
import sys
import threading

COMM = "provoker"
CIFS_IOC_NOTIFY = 0x4005CF09  # _IOW(0xCF, 9, struct smb3_notify), fs/smb/client/cifs_ioctl.h
NOTIFY_NAME_CHANGES = 0x3  # FILE_NOTIFY_CHANGE_FILE_NAME | _DIR_NAME, MS-SMB2 2.2.35
BLOCK_BYTES = 4096
FILE_BLOCKS = 256


def say(**facts):
    print(json.dumps(facts), flush=True)


def take_name():
    with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w") as comm:
        comm.write(COMM)


def wait_for_go():
    sys.stdin.readline()


def in_threads(threads, work):
    """Calls work(index) in so many threads at once; what failed."""
    ready, go = threading.Barrier(threads + 1), threading.Event()
    tids, failures = [], []

    def run(index):
        take_name()
        tids.append(threading.get_native_id())
        ready.wait()
        go.wait()
        try:
            work(index)
        except OSError as error:
            failures.append(str(error))

    workers = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    say(pid=os.getpid(), tids=tids)
    wait_for_go()
    go.set()
    for worker in workers:
        worker.join()
    return failures


def direct_io(path, threads, rounds):
    opened = [os.open(path, os.O_RDWR | os.O_DIRECT) for _ in range(threads)]

    def work(index):
        buffer = mmap.mmap(-1, BLOCK_BYTES)
        for turn in range(rounds):
            offset = (index * rounds + turn) % FILE_BLOCKS * BLOCK_BYTES
            os.preadv(opened[index], [buffer], offset)
            os.pwritev(opened[index], [buffer], offset)

    return in_threads(threads, work)


def direct_read(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
    say(pid=os.getpid(), tids=[os.getpid()])
    wait_for_go()
    try:
        os.preadv(descriptor, [mmap.mmap(-1, BLOCK_BYTES)], 0)
    except OSError as error:
        return [str(error)]
    return []


def look(path):
    say(pid=os.getpid(), tids=[os.getpid()])
    wait_for_go()
    os.path.lexists(path)
    return []


def look_often(folder, threads, rounds):
    def work(index):
        for turn in range(rounds):
            os.path.lexists(f"{folder}/not-{index}-{turn}")

    return in_threads(threads, work)


def read_end(path, times):
    say(pid=os.getpid(), tids=[os.getpid()])
    wait_for_go()
    for _ in range(times):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
        while os.read(descriptor, 65536):
            pass
        os.read(descriptor, 65536)
        os.close(descriptor)
    return []


def notify(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    say(pid=os.getpid(), tids=[os.getpid()])
    wait_for_go()
    fcntl.ioctl(descriptor, CIFS_IOC_NOTIFY, struct.pack("<IB", NOTIFY_NAME_CHANGES, 0))
    return []


def lock(path):
    descriptor = os.open(path, os.O_RDWR)
    say(pid=os.getpid(), tids=[os.getpid()])
    wait_for_go()
    fcntl.lockf(descriptor, fcntl.LOCK_EX, 16, 0)
    say(locked=True)
    wait_for_go()
    return []


def map_file(path):
    # Functions of a CDLL let other threads run; mmap.mmap and its slices do not.
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.memcpy.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    descriptor = os.open(path, os.O_RDONLY)

    def map_block():
        return libc.mmap(None, BLOCK_BYTES, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)

    address = map_block()
    byte = ctypes.create_string_buffer(1)
    steps = [threading.Thread(target=libc.memcpy, args=(byte, address, 1)), threading.Thread(target=map_block)]
    say(pid=os.getpid(), tids=[os.getpid()])
    for step in steps:
        wait_for_go()
        step.start()
    for step in steps:
        step.join()
    return []


take_name()
action, target, *numbers = sys.argv[1:]
actions = {
    "direct-io": direct_io,
    "direct-read": direct_read,
    "look": look,
    "look-often": look_often,
    "read-end": read_end,
    "notify": notify,
    "lock": lock,
    "map": map_file,
}
say(done=True, failures=actions[action](target, *map(int, numbers)))
