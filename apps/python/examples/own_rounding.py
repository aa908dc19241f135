"""Rounding that makes up for its own errors on a calibration batch (as GPTQ does): own_rounding.py MODEL LAYER WEIGHT."""
import sys

import numpy as np
import onnx

import octet

path, name, weight = sys.argv[1:]
W = next(onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer if t.name == weight).astype(np.float64)
model = octet.load(path, quantize="w8", smoothing="none")
layer = model.layers[name]
rng = np.random.default_rng(1)
X = (rng.standard_normal((512, 8)) @ rng.standard_normal((8, layer.k))).astype(np.float32)    # what the layer will see
scale = np.abs(W).max(1) / 7                                             # 4 bits, so that rounding matters
inverse = np.linalg.inv(X.T @ X + 0.01 * np.mean(X**2) * len(X) * np.eye(layer.k))
U, left, codes = np.linalg.cholesky(inverse).T, W.copy(), np.empty(W.shape, np.int8)
for k in range(layer.k):
    codes[:, k] = np.clip(np.rint(left[:, k] / scale), -7, 7)
    left[:, k:] -= np.outer((left[:, k] - codes[:, k] * scale) / U[k, k], U[k, k:])
nearest = np.clip(np.rint(W / scale[:, None]), -7, 7)
error = [np.abs(X @ (q * scale[:, None] - W).T).mean() for q in (nearest, codes)]
model = model.replace({name: {"int_data": codes, "scale": scale.astype(np.float32)}})
print(f"{name}: mean error of its outputs {error[0]:.4f} by nearest rounding, {error[1]:.4f} by this")
assert error[1] < error[0] and (model.layers[name].int_data == codes).all()
