"""Codebook compression of a layer's codes by k-means: kmeans_codebook.py MODEL LAYER."""
import sys

import numpy as np

import octet

model = octet.load(sys.argv[1], quantize="w8a8")
layer = model.layers[sys.argv[2]]
codes = layer.int_data.astype(np.float32)                                # out: plain int8 [N, K]
centres = np.quantile(codes, np.linspace(0, 1, 16))
for _ in range(20):
    nearest = np.abs(codes[..., None] - centres).argmin(-1)
    centres = [codes[nearest == i].mean() if (nearest == i).any() else centres[i] for i in range(16)]
book = np.rint(centres).astype(np.int8)
nearest = nearest.reshape(-1, 2).astype(np.uint8)                        # compressed: 4 bits a code, and 16 centres
packed = nearest[:, 0] | nearest[:, 1] << 4
restored = book[np.stack([packed & 15, packed >> 4], -1)].reshape(codes.shape)
compressed = model.replace({layer.name: {**layer.weights, "int_data": restored}})    # back: a new model

print(f"{layer.name}: {layer.int_data.nbytes} -> {packed.nbytes + book.nbytes} bytes, "
      f"mean change of a code {np.abs(codes - restored).mean():.2f}")
assert (compressed.layers[layer.name].int_data == restored).all()
