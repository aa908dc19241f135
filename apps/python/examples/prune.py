"""Magnitude pruning of a layer's codes, half of each row: prune.py MODEL LAYER."""
import sys

import numpy as np

import octet

model = octet.load(sys.argv[1], quantize="w8a8")
layer = model.layers[sys.argv[2]]
codes = layer.int_data.copy()                                            # parts are read-only
size = np.abs(codes.astype(np.int16))
smallest = size.argsort(axis=1)[:, : codes.shape[1] // 2]
np.put_along_axis(codes, smallest, 0, axis=1)
pruned = model.replace({layer.name: {**layer.weights, "int_data": codes}})

kept = np.linalg.norm(codes.astype(np.float32)) / np.linalg.norm(layer.int_data.astype(np.float32))
print(f"{layer.name}: {(codes == 0).mean():.0%} zeros, {kept:.0%} of the norm kept")
assert (pruned.layers[layer.name].int_data == codes).all() and (model.layers[layer.name].int_data != codes).any()
