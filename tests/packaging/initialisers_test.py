#!/usr/bin/env python3
"""Checks what runs when liboctet.so is loaded and unloaded: no static initialiser has an effect outside of the library.

Every initialiser of the library is disassembled and the functions that it calls are compared with the lists below. Its
destructors are those that __cxa_atexit is told of, which run at dlclose; .fini_array has the compiler's own entry alone.
"""

import argparse
import collections
import re
import subprocess
import sys

# What an initialiser may do: prepare the standard streams' counters, register a destructor, fill a table of its own.
HARMLESS = [
    r"std::ios_base::Init::Init\(\)",  # <iostream> in ONNX's headers: a counter in libstdc++
    r"__cxa_atexit",  # this library's own destructor, run at dlclose
    r"operator new\(unsigned long\)", r"operator delete\(void\*(, unsigned long)?\)", r"_Unwind_Resume",
    r"std::(__cxx11::)?(basic_string|vector|set|map|unordered_map|unordered_set|_Rb_tree|_Hashtable|pair|array|initializer_list)\b.*",
    r"void std::__cxx11::basic_string.*", r"std::__throw_\w+\(.*", r"std::_Hash_bytes.*", r"std::_Rb_tree_\w+\(.*",
    r"std::__detail::_Prime_rehash_policy.*", r"mem(cpy|set|move|cmp)", r"__stack_chk_fail",
]
# Third-party initialisers that call more, each with the reason why it has no effect outside.
KNOWN = {
    r"google::protobuf::internal::InitProtobufDefaultsSlow\(\)": "protobuf's one empty string, in its own memory",
    r"__static_initialization_and_destruction_0\(int, int\).*": "the table of experimental operators in ONNX's checker.cc",
}
# Octet's own files may have no initialiser but <iostream>'s, which comes with ONNX's headers.
OWN = re.compile(r"_GLOBAL__sub_I_(octet_|fuse_|import_|check_model|load_model|op_table)")


def initialisers(objdump, library):
    """{name: functions called} of every static initialiser; the paths of exceptions in them are left out."""
    table = subprocess.run([objdump, "-t", library], check=True, capture_output=True, text=True).stdout
    places = [(int(start, 16), int(start, 16) + int(size, 16)) for start, size in
              re.findall(r"^([0-9a-f]+) l\s+F \.text\s+([0-9a-f]+)\s+_GLOBAL__(?:sub_)?I(?!\S*\.cold$)", table, flags=re.MULTILINE)]
    if not places:
        return {}
    # Range by range: all of the library would take a minute to disassemble. Most lie together, in what was .text.startup.
    ranges = []
    for start, end in sorted(places):
        if ranges and start - ranges[-1][1] < 1 << 16:
            ranges[-1][1] = max(end, ranges[-1][1])
        else:
            ranges.append([start, end])
    text = "".join(subprocess.run([objdump, "-d", "--no-show-raw-insn", "-j", ".text", f"--start-address={start}",
                                   f"--stop-address={end}", library], check=True, capture_output=True, text=True).stdout
                   for start, end in ranges)
    calls, current = collections.defaultdict(set), None
    for line in text.splitlines():
        head = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if head:
            name = head.group(1)
            current = name if re.match(r"_GLOBAL__(sub_)?I", name) else None
            if current:
                calls[current]  # even where it calls nothing
        elif current:
            target = re.search(r"\b(?:call|jmp)\s+[0-9a-f]+ <(.*)>$", line)
            function = re.sub(r"(@plt)?(\+0x[0-9a-f]+)?$", "", target.group(1)) if target else ""
            if target and not function.startswith(current):
                calls[current].add(function)
            elif re.search(r"\bcall\b", line) and not target:
                calls[current].add("a function through a pointer: " + line.split("call", 1)[1].strip())
    names = sorted({function for called in calls.values() for function in called})
    plain = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True).stdout.split("\n")
    demangled = dict(zip(names, plain))
    return {name: {demangled[function] for function in called} for name, called in calls.items()}


def section_size(objdump, library, name):
    text = subprocess.run([objdump, "-h", library], check=True, capture_output=True, text=True).stdout
    match = re.search(rf"\s{re.escape(name)}\s+([0-9a-f]+)", text)
    return int(match.group(1), 16) if match else 0


def main():
    parser = argparse.ArgumentParser()
    for name in ("--objdump", "--library", "--sanitized"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    if arguments.sanitized:
        print("skipped: sanitizers add initialisers of their own")
        return 77
    calls = initialisers(arguments.objdump, arguments.library)
    if not calls:
        print("skipped: the library has no symbol table (stripped)")
        return 77

    problems, allowed = [], [re.compile(pattern) for pattern in HARMLESS + list(KNOWN)]
    for name, called in sorted(calls.items()):
        for function in sorted(called):
            if OWN.match(name) and not re.fullmatch("|".join(HARMLESS[:2]), function):
                problems.append(f"{name}, of Octet itself, calls {function}: make it a constant or a function's own value")
            elif not any(pattern.fullmatch(function) for pattern in allowed):
                problems.append(f"{name} calls {function}; if it has no effect outside of the library, say why in {__file__}")
    if section_size(arguments.objdump, arguments.library, ".fini_array") != 8:
        problems.append(".fini_array has more than the compiler's __do_global_dtors_aux")
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{len(calls)} static initialisers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
