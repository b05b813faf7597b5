"""Runs the firmware in QEMU against an origin on this machine: the runner of `cargo run`.

    cargo run --release [-- --flash FILE] [--fresh] [NAME=VALUE …]

The flash is a file that outlives QEMU; the second run finds what the first one stored.
"""

import argparse
import pathlib
import sys

from board import Board, target_directory
from origin import Origin


def main():
    parser = argparse.ArgumentParser(prog="cargo run --release --")
    parser.add_argument("program", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--flash", type=pathlib.Path, default=target_directory() / "flash.img")
    parser.add_argument("--fresh", action="store_true", help="begin with an erased flash")
    parser.add_argument("arguments", nargs="*", metavar="NAME=VALUE", help="for the firmware: clock=learned, clock=none")
    options = parser.parse_args()
    if options.fresh:
        options.flash.unlink(missing_ok=True)
    arguments = dict(argument.split("=", 1) for argument in options.arguments)
    origin = Origin()
    board = Board(options.program, options.flash, {"port": origin.port, **arguments})
    try:
        for line in board.log:
            print(line, end="", flush=True)
        status = board.wait()
    finally:
        board.qemu.kill()
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(origin.answers.items()))
    print(f"the origin answered {answers or 'nothing'}; the flash is {options.flash}")
    sys.exit(status)


if __name__ == "__main__":
    main()
