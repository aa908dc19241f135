#!/usr/bin/env python3
"""Copies a relocatable ELF object with its "unique" symbols made weak: plain_symbols.py IN OUT.

g++ marks statics of inline functions STB_GNU_UNIQUE: one per process, whatever the library. objcopy 2.40 does not make
such symbols local, so that protobuf's would be shared with a host's protobuf of another version.
"""

import struct
import sys

SHT_SYMTAB, STB_WEAK, STB_GNU_UNIQUE = 2, 2, 10
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")  # Elf64_Ehdr
SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
SYMBOL = struct.Struct("<IBBHQQ")  # Elf64_Sym


def make_plain(image):
    """Changes the image in place; returns how many symbols were unique."""
    header = HEADER.unpack_from(image)
    if header[0][:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    sections, entry_size, count = header[6], header[11], header[12]
    if count == 0:  # more sections than the field holds: the first one's size says
        count = SECTION.unpack_from(image, sections)[5]
    changed = 0
    for index in range(count):
        _, kind, _, _, offset, size, *_ = SECTION.unpack_from(image, sections + index * entry_size)
        if kind != SHT_SYMTAB:
            continue
        for position in range(offset, offset + size, SYMBOL.size):
            info = image[position + 4]
            if info >> 4 == STB_GNU_UNIQUE:
                image[position + 4] = STB_WEAK << 4 | info & 15
                changed += 1
    return changed


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        image = bytearray(file.read())
    make_plain(image)
    with open(target, "wb") as file:
        file.write(image)


if __name__ == "__main__":
    main()
