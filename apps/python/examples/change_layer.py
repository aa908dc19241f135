"""Changes one layer, in a model that is running and in a saved file: change_layer.py MODEL LAYER OUT.onnx."""
import sys

import numpy as np

import octet

model = octet.load(sys.argv[1], quantize="w8a8")
inputs = {value.name: np.ones([n if isinstance(n, int) else 4 for n in value.shape], value.dtype) for value in model.inputs}
session = model.session()
before = session.run(inputs)

layer = model.layers[sys.argv[2]]
changed = model.replace({layer.name: {"scale": layer.scale * 0.5}})
session.rebind(changed)
after = session.run(inputs)
changed.save(sys.argv[3])
assert (octet.load(sys.argv[3]).layers[layer.name].scale == layer.scale * 0.5).all()
print({name: float(np.abs(after[name] - before[name]).max()) for name in after})
