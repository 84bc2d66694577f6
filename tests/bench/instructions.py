"""Instructions of a bead-step, counted by stepping through the compiled code one at a time.

    python tests/bench/instructions.py [--bowl "5 mm"] [--steps 70]

For Linux on x86-64 with objdump (Debian: binutils); takes some minutes. Lists are renewed every
70 steps or so in the moving mill, for some 20 instructions a bead-step: a count may hold one too
many, or none.
"""

import argparse
import ctypes
import multiprocessing
import os
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

#: Requests of ptrace, the place of the instruction pointer among what it peeks, and waiting for
#: threads (sys/ptrace.h, sys/user.h, sys/wait.h).
PEEK, STEP, ATTACH, POINTER, ANY_THREAD = 3, 9, 16, 16 * 8, 0x40000000
#: Time of moving before the count [s of the mill].
MOVING = 0.05

_ARITHMETIC = "add sub mul fm max min cmp and or xor blend pand por pxor pblend cvt ucomi comi psll"
_LANES = (
    "unpck shuf perm insert extract broadcast movddup movlh movhl movhp movlp pinsr pextr pshuf"
)
KINDS = {
    r"v?(sqrt|div)": "roots and divisions",
    f"v({_ARITHMETIC.replace(' ', '|')})": "arithmetic",
    f"v({_LANES.replace(' ', '|')})": "into and out of lanes",
    r"vp?mov": "loads, stores and copies of numbers",
    r"j|call|ret": "branches",
    r"v|k": "other vector instructions",
    r"": "integers: addresses, loops",
}


def simulate(bowl: str, steps: int, pipe) -> None:
    """The process that is counted: gets into motion, then does so many steps when told to."""
    from gpudem import load_scene
    from gpudem.device import start as device
    from gpudem.running.simulation import Simulation
    from gpudem.scene.build import build_case

    device.start("cpu", threads=1)
    simulation = Simulation(build_case(load_scene("pulverisette7", (f"beads.diameter={bowl}",))))
    # The drive's table is as long as the longest call, and all of it is copied at each.
    while simulation.time < MOVING:
        simulation.step(steps)
    pipe.send(simulation.beads)
    pipe.recv()
    simulation.step(steps)
    pipe.send("done")
    pipe.recv()


def busiest_thread(process: int) -> int:
    """The thread that spent the most time, the first one left out."""

    def spent(thread: str) -> int:
        line = Path(f"/proc/{process}/task/{thread}/stat").read_text()
        return int(line.rsplit(")", 1)[1].split()[11])

    threads = [name for name in os.listdir(f"/proc/{process}/task") if int(name) != process]
    return int(max(threads, key=spent))


def count_instructions(thread: int, pipe) -> Counter[int]:
    """Addresses of the instructions that a thread runs until its process says that it is done."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(ATTACH, thread, None, None):
        raise OSError(ctypes.get_errno(), "the thread cannot be traced")
    os.waitpid(thread, ANY_THREAD)
    counts: Counter[int] = Counter()
    pipe.send("go")
    libc.ptrace(STEP, thread, None, None)
    done = False
    while not done:
        stopped, _ = os.waitpid(thread, ANY_THREAD | os.WNOHANG)
        if stopped:
            counts[libc.ptrace(PEEK, thread, POINTER, None)] += 1
            libc.ptrace(STEP, thread, None, None)
        else:
            done = pipe.poll(0.0)
    return counts


def compiled_code(process: int, addresses) -> dict[int, str]:
    """Names and operands of the instructions at addresses in memory that no file backs."""
    out = {}
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        span, rights, *_, inode = line.split()[:5]
        low, high = (int(end, 16) for end in span.split("-"))
        if "x" not in rights or inode != "0" or not any(low <= a < high for a in addresses):
            continue
        with open(f"/proc/{process}/mem", "rb") as memory, tempfile.NamedTemporaryFile() as code:
            memory.seek(low)
            code.write(memory.read(high - low))
            code.flush()
            command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64"]
            command += [f"--adjust-vma={low}", code.name]
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for row in text.splitlines():
            parts = row.split("\t")
            if len(parts) >= 3:
                out[int(parts[0].strip(" :"), 16)] = parts[2]
    return out


def kind_of(instruction: str) -> str:
    """What an instruction is for; arithmetic with how many numbers it works on."""
    name = next(kind for pattern, kind in KINDS.items() if re.match(pattern, instruction))
    if name == "arithmetic":
        name += " on 8 numbers" if "zmm" in instruction else " on 1 to 4"
    return name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bowl", default="5 mm")
    parser.add_argument("--steps", type=int, default=70)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=simulate, args=(options.bowl, options.steps, other))
    process.start()
    try:
        beads = pipe.recv()
        counts = count_instructions(busiest_thread(process.pid), pipe)
        code = compiled_code(process.pid, counts)
    finally:
        process.kill()
    kinds: Counter[str] = Counter()
    for address, count in counts.items():
        if address in code:
            kinds[kind_of(code[address])] += count
    for name, count in kinds.most_common():
        print(f"{name:40} {count / beads / options.steps:6.1f}")
    print(f"{'all, per bead-step':40} {kinds.total() / beads / options.steps:6.1f}")


if __name__ == "__main__":
    main()
