"""torch's tensors in and out of octet, and weights trained with quantization by torchao."""
import unittest

import numpy as np
from onnx import TensorProto, helper

import octet
from octet import _native
from octet_case import MLP, OctetCase, add_bytes, mlp_rows, model_bytes

try:
    import torch
except ImportError:
    torch = None
try:
    import torchao
except ImportError:
    torchao = None


@unittest.skipIf(torch is None, "torch is not installed here")
class Tensors(OctetCase):
    def test_in_and_out_without_copies(self):
        model, x = octet.load(MLP), torch.from_numpy(mlp_rows(4))
        expected = model.run({"x": mlp_rows(4)})["y"]
        self.assertEqual(_native.describe_array(x, False)[0], x.data_ptr())
        y = model.run({"x": x})["y"]
        tensor = torch.from_dlpack(y)
        self.assertEqual(tensor.data_ptr(), y.__array_interface__["data"][0])
        np.testing.assert_array_equal(tensor.numpy(), expected)
        given = torch.zeros(8, 4).T
        self.assertIs(model.run({"x": x}, {"y": given})["y"], given)
        np.testing.assert_array_equal(given.numpy(), expected)
        np.testing.assert_array_equal(model.run({"x": x.clone().requires_grad_()})["y"], expected)
        self.refused("", model.run, {"x": x.to_sparse()})

    def test_bfloat16(self):
        model, x = octet.load(add_bytes(TensorProto.BFLOAT16)), torch.tensor([[1.5, -2, 3]], dtype=torch.bfloat16)
        y = model.run({"x": x})["y"]
        self.assertTrue(torch.equal(torch.from_dlpack(octet.as_dlpack(y)), x + x))
        given = torch.zeros_like(x)
        model.run({"x": x}, {"y": given})
        self.assertTrue(torch.equal(given, x + x))


def net():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(64, 96), torch.nn.ReLU(), torch.nn.Linear(96, 32))


def onnx_of(module):
    """The module's float weights, called as in its state dict."""
    arrays = {name: value.detach().float().numpy() for name, value in module.state_dict().items()}
    nodes = [helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["h"], "first", transB=1), helper.make_node("Relu", ["h"], ["r"]),
             helper.make_node("Gemm", ["r", "2.weight", "2.bias"], ["y"], "second", transB=1)]
    return model_bytes(nodes, [("x", TensorProto.FLOAT, ["n", 64])], [("y", TensorProto.FLOAT, ["n", 32])], arrays)


def train(module, steps=60):
    """Towards a fixed function, so that the weights move."""
    torch.manual_seed(2)
    target = torch.randn(64, 32) / 8
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    for _ in range(steps):
        x = torch.randn(128, 64)
        loss = torch.nn.functional.mse_loss(module(x), torch.tanh(x @ target))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@unittest.skipIf(torchao is None, "torchao is not installed here: pip install torchao")
class Trained(OctetCase):
    """A net trained with fake quantization there, its codes imported here: the outputs differ by float rounding for float
    activations, and by the steps of both activations' codes otherwise."""

    def trained(self, config):
        from torchao.quantization import quantize_
        from torchao.quantization.qat import QATConfig
        module = net()
        quantize_(module, QATConfig(config, step="prepare"))
        train(module)
        floats = onnx_of(module)
        quantize_(module, QATConfig(config, step="convert"))
        return module, floats

    def compare(self, config, quantize, bound):
        module, floats = self.trained(config)
        state = module.state_dict()
        model = octet.torchao.import_weights(octet.load(floats, quantize=quantize, smoothing="none"), state)
        for name, layer in (("0.weight", "first"), ("2.weight", "second")):
            np.testing.assert_array_equal(model.layers[layer].int_data, state[name].qdata.numpy())
        x = torch.randn(256, 64)
        with torch.no_grad():
            expected = module(x).numpy()
        error = np.abs(model.run({"x": x.numpy()})["y"] - expected)
        print(f"\n{type(config).__name__} in {quantize}: largest difference {error.max():.2e} of outputs up to "
              f"{np.abs(expected).max():.2f}, bound {bound:.2e}", end="")
        self.assertLess(error.max(), bound)

    def test_int8_weights(self):
        from torchao.quantization import IntxWeightOnlyConfig, PerAxis
        self.compare(IntxWeightOnlyConfig(torch.int8, PerAxis(0)), "w8", 1e-2)

    def test_int8_weights_and_activations(self):
        from torchao.quantization import Int8DynamicActivationIntxWeightConfig, PerAxis
        self.compare(Int8DynamicActivationIntxWeightConfig(torch.int8, PerAxis(0)), "w8a8", 8e-2)

    def test_int4_weights(self):
        from torchao.quantization import IntxWeightOnlyConfig, PerGroup
        self.compare(IntxWeightOnlyConfig(torch.int4, PerGroup(32)), "w4", 1e-2)

    def test_there_and_back(self):
        from torchao.quantization import Int8WeightOnlyConfig, quantize_
        module = net()
        floats = onnx_of(module)
        quantize_(module, Int8WeightOnlyConfig())
        model = octet.torchao.import_weights(octet.load(floats, quantize="w8"), module.state_dict())
        x = torch.randn(16, 64)
        for quantize in ("w8", "w4"):
            model = octet.load(floats, quantize=quantize, smoothing="none")
            for name, layer in (("0", "first"), ("2", "second")):
                module.get_submodule(name).weight = torch.nn.Parameter(model.layers[layer].to_torchao(), requires_grad=False)
            again = octet.torchao.import_weights(model, module.state_dict())
            for name, layer in model.layers.items():
                np.testing.assert_array_equal(again.layers[name].int_data, layer.int_data)
                np.testing.assert_array_equal(again.layers[name].scale, layer.scale)
            with torch.no_grad():
                np.testing.assert_allclose(module(x).numpy(), model.run({"x": x})["y"], atol=1e-2)


if __name__ == "__main__":
    unittest.main()
