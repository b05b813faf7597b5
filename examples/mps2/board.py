"""The board: QEMU with the firmware, its flash in a file, its log decoded."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FLASH_OCTETS = 16 << 20
DEFMT_PRINT = "1.2.0"


def target_directory():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")).resolve()


def elf(program="larder-mps2", target="thumbv7em-none-eabi"):
    return target_directory() / target / "release" / program


def sections(program):
    """Octets of code with its constants, and of static RAM."""
    row = subprocess.run(["size", str(program)], check=True, capture_output=True, text=True).stdout.splitlines()[1]
    text, data, bss = map(int, row.split()[:3])
    return text + data, data + bss


def decoder():
    """`defmt-print`, built once if this machine has none."""
    found = shutil.which("defmt-print")
    if found:
        return found
    tools = target_directory() / "tools"
    program = tools / "bin" / "defmt-print"
    if not program.exists():
        install = ["cargo", "install", "--quiet", "--locked", "defmt-print", "--version", DEFMT_PRINT]
        # Not for the board: from a folder without this one's settings.
        environment = {**os.environ, "CARGO_TARGET_DIR": str(tools / "build")}
        subprocess.run([*install, "--root", str(tools)], check=True, cwd="/", env=environment)
    return str(program)


def blank(flash):
    """Makes the file that is the flash, erased, if there is none."""
    if not flash.exists():
        flash.parent.mkdir(parents=True, exist_ok=True)
        flash.write_bytes(b"\xff" * FLASH_OCTETS)


class Board:
    """Power on. What the firmware logs is read line by line from `log`."""

    def __init__(self, program, flash, arguments):
        if shutil.which("qemu-system-arm") is None:
            sys.exit("qemu-system-arm is needed: a package of that name on Debian, qemu on others")
        blank(flash)
        words = ["arg=firmware", *[f"arg={name}={value}" for name, value in arguments.items()]]
        command = [
            "qemu-system-arm",
            "-M", "mps2-an386,memory-backend=psram",
            "-object", f"memory-backend-file,id=psram,size={FLASH_OCTETS},mem-path={flash},share=on",
            "-nic", "user,model=lan9118",
            "-display", "none", "-monitor", "none", "-serial", "none",
            "-semihosting-config", "enable=on,target=native," + ",".join(words),
            "-kernel", str(program),
        ]  # fmt: skip
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        printing = [decoder(), "--log-format", "{t:>8} {L:4} {s}", "-e", str(program)]
        self.printer = subprocess.Popen(
            printing, stdin=self.qemu.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.qemu.stdout.close()
        self.log = self.printer.stdout

    def cut_power(self):
        self.qemu.kill()
        self.wait()

    def wait(self):
        """Waits until it is off. Answers QEMU's exit status."""
        status = self.qemu.wait()
        self.printer.wait()
        return status
