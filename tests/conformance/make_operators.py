#!/usr/bin/env python3
"""Writes operators.md: which ops of ONNX this build runs, from which opset on, in which types, and by which kernels.

  make_operators.py LIST_OPERATORS RUN_MODEL OUT [--check]

LIST_OPERATORS prints the importers' tables. Types and kernels are not read off a table: the official cases of the pip
package onnx are loaded with every element type that an op's schema allows, and `run_model --explain` says what they run
on. --check compares the ops and opsets in OUT with the tables and loads nothing.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import onnx

DOMAINS = ("", "ai.onnx.preview", "com.microsoft")  # the functions that Octet itself writes are nobody's to use
CASES_PER_OP = 4
HEAD = """# Operators

Written by `make operators` from the importers' tables and the official cases of onnx {version}; a test compares it with the
tables. *Opsets*: from which on. *Fast*: element types in which fast kernels alone run every official form that was tried.
*Reference*: types in which some form of it needs the plain kernel, or always does. Ops that only rearrange a graph, or have
no official case of their own, have no types here. Types are of the op's first operand; those of float8, float6, float4 and
of integers below 8 bits, which Cast, the quantization ops and ops that move elements take, are not listed."""
KINDS = {"tensor(float)": "f32", "tensor(double)": "f64", "tensor(float16)": "f16", "tensor(bfloat16)": "bf16",
         "tensor(int8)": "s8", "tensor(uint8)": "u8", "tensor(int16)": "s16", "tensor(uint16)": "u16",
         "tensor(int32)": "s32", "tensor(uint32)": "u32", "tensor(int64)": "s64", "tensor(uint64)": "u64",
         "tensor(bool)": "bool"}
ELEMENTS = {"tensor(float)": onnx.TensorProto.FLOAT, "tensor(double)": onnx.TensorProto.DOUBLE,
            **{name: getattr(onnx.TensorProto, name[7:-1].upper()) for name in KINDS
               if name not in ("tensor(float)", "tensor(double)")}}


def newest_schemas():
    newest = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        key = (schema.domain, schema.name)
        if key not in newest or newest[key].since_version < schema.since_version:
            newest[key] = schema
    return newest


def formal(parameters, index):
    """The parameter of an input or output by its place: the last one may stand for many."""
    return parameters[min(index, len(parameters) - 1)] if parameters else None


def variants(model, schema):
    """(type string, model) with the op's first type variable set to each type that it allows."""
    node = model.graph.node[0]
    main = formal(schema.inputs or schema.outputs, 0)
    allowed = next((c.allowed_type_strs for c in schema.type_constraints if c.type_param_str == main.type_str), [])
    names = {name for parameters, given in ((schema.inputs, node.input), (schema.outputs, node.output))
             for i, name in enumerate(given) if name and formal(parameters, i).type_str == main.type_str}
    for text in allowed:
        if text not in KINDS:
            continue
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        for value in (*copy.graph.input, *copy.graph.output):
            if value.name in names:
                value.type.tensor_type.elem_type = ELEMENTS[text]
        yield text, copy


def node_cases():
    """Official models of one node, by op."""
    from onnx.backend.test.loader import load_model_tests
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = load_model_tests(kind="node")
    cases = collections.defaultdict(list)
    for test in tests:
        nodes = test.model.graph.node
        if len(nodes) == 1 and not test.model.functions:
            cases[nodes[0].domain, nodes[0].op_type].append(test.model)
    return cases


def kernels_of(run_model, model):
    """The kernels of a model's plan; None where it does not load."""
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model.SerializeToString())
        file.flush()
        done = subprocess.run([run_model, "--model", file.name, "--explain", "--json"], capture_output=True, text=True,
                              timeout=120, check=False)
    return {node["kernel"] for node in json.loads(done.stdout)} if done.returncode == 0 else None


def probe(run_model, models, schema):
    """By type: whether fast kernels alone run it, or the reference kernel too; types that do not load are left out."""
    found = {}
    for model in models[:CASES_PER_OP]:
        for text, variant in variants(model, schema):
            kernels = kernels_of(run_model, variant)
            if kernels is None:
                continue
            slow = any(name.endswith("/reference") for name in kernels)
            found[text] = found.get(text, False) or slow
    return found


def type_cell(found, slow):
    return " ".join(short for text, short in KINDS.items() if found.get(text) is slow) or "-"


def has_body(schema):
    """Whether ONNX defines the op by others, which the loader then imports (loaders/onnx/function_body.h)."""
    types = onnx.defs.OpSchema.AttrType
    held = (types.GRAPH, types.GRAPHS, types.TENSOR, types.TENSORS)
    return (schema.has_function or schema.has_context_dependent_function) and not any(
        attribute.type in held for attribute in schema.attributes.values())


def rows_of_tables(list_operators):
    """{(domain, op): opset that brought it} of the importers' tables, and of what is imported by its body."""
    lines = subprocess.run([list_operators], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = {(domain, op): int(since) for domain, op, since in (line.split("\t") for line in lines)
            if domain in DOMAINS}
    for (domain, op), schema in newest_schemas().items():
        if domain == "" and not schema.deprecated and has_body(schema):
            rows.setdefault((domain, op), 1)
    return rows


def key_columns(rows):
    """What the tables alone say: {(domain, op): opsets}."""
    first = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        key = (schema.domain, schema.name)
        first[key] = min(first.get(key, schema.since_version), schema.since_version)
    return {key: f"{max(since, first.get(key, 1))}+" for key, since in rows.items()}


def write(options, rows):
    newest = newest_schemas()
    cases = node_cases()
    keys = [key for key in rows if key in newest and cases.get(key)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(keys, pool.map(lambda key: probe(options.run_model, cases[key], newest[key]), keys)))
    lines = HEAD.format(version=onnx.__version__).splitlines()
    for domain in DOMAINS:
        lines += ["", f"## {domain or 'ai.onnx'}", "", "| Op | Opsets | Fast | Reference |", "|---|---|---|---|"]
        for key, opsets in sorted(key_columns(rows).items()):
            if key[0] == domain:
                types = found.get(key)
                cells = (type_cell(types, False), type_cell(types, True)) if types else ("", "")
                lines.append(f"| {key[1]} | {opsets} | {cells[0]} | {cells[1]} |")
    options.out.write_text("\n".join(lines) + "\n")


def check(options, rows):
    """Whether the ops and opsets of the document are those of the tables."""
    domain, written = None, {}
    for line in options.out.read_text().splitlines():
        if line.startswith("## "):
            domain = "" if line[3:] == "ai.onnx" else line[3:]
        elif line.startswith("| ") and not line.startswith("| Op "):
            op, opsets = [cell.strip() for cell in line.split("|")[1:3]]
            written[domain, op] = opsets
    wanted = key_columns(rows)
    for key in sorted(wanted.items() ^ written.items()):
        print(f"{options.out}: {key[0][1]} {key[1]} is in {'the tables' if key in wanted.items() else 'the document'} alone")
    sys.exit(wanted != written)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list_operators")
    parser.add_argument("run_model")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = rows_of_tables(options.list_operators)
    (check if options.check else write)(options, rows)


if __name__ == "__main__":
    main()
