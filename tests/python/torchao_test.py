"""octet.torchao on tensors that are like those of PyTorch AO; extras/torchao_real_test.py has the real ones."""
import sys
import types
import unittest
from unittest import mock

import numpy as np

import octet
from octet_case import BERT, MLP, OctetCase, mlp_rows


def fake(**parts):
    return types.SimpleNamespace(**parts)


def codes_of(shape, least=-127, most=127, dtype=np.int8, seed=1):
    return np.random.default_rng(seed).integers(least, most + 1, shape).astype(dtype)


def scales_of(shape, seed=2):
    return (np.random.default_rng(seed).random(shape, np.float32) + 0.5) / 1000


class Import(OctetCase):
    def setUp(self):
        super().setUp()
        self.x = mlp_rows(5)
        self.codes, self.scale = codes_of((16, 32)), scales_of(16)

    def layer(self, tensor, quantize="w8a8", key="fc1.weight", layer="fc1", **options):
        model = octet.load(MLP, quantize=quantize, smoothing="none")
        imported = octet.torchao.import_weights(model, {"other": np.zeros(3), key: tensor}, **options)
        imported.run({"x": self.x})
        return imported.layers[layer]

    def check(self, layer, codes, scale, zero_point=None):
        np.testing.assert_array_equal(layer.int_data, codes)
        np.testing.assert_array_equal(layer.scale, scale)
        if zero_point is None:
            self.assertIsNone(layer.zero_point)
        else:
            np.testing.assert_array_equal(layer.zero_point, zero_point)

    def test_int8_per_channel(self):
        tensor = fake(qdata=self.codes, scale=self.scale[:, None], zero_point=np.zeros((16, 1), np.int8), block_size=[1, 32],
                      shape=(16, 32))
        for quantize in ("w8a8", "w8"):
            self.check(self.layer(tensor, quantize), self.codes, self.scale)

    def test_int8_per_tensor(self):
        self.check(self.layer(fake(qdata=self.codes, scale=np.float32([[0.01]]), zero_point=None)), self.codes, np.float32([0.01]))

    def test_zero_points(self):
        zero = codes_of(16, -5, 5)
        tensor = fake(qdata=self.codes, scale=self.scale, zero_point=zero)
        self.check(self.layer(tensor), self.codes, self.scale, zero)
        self.refused("must be symmetric", self.layer, tensor, "w8", kind=octet.UnsupportedError)

    def test_older_spellings(self):
        impl = fake(int_data=self.codes, scale=self.scale, zero_point=np.zeros(16))
        for tensor in (fake(tensor_impl=impl), fake(layout_tensor=impl), impl, fake(original_weight_tensor=fake(tensor_impl=impl))):
            self.check(self.layer(tensor), self.codes, self.scale)

    def test_unsigned_codes(self):
        """Octet's layer has signed ones: both move by half of the range."""
        codes = codes_of((16, 32), 0, 255, np.uint8)
        impl = fake(int_data=codes, scale=self.scale, zero_point=np.full(16, 120))
        layer = self.layer(fake(tensor_impl=impl, quant_min=0, quant_max=255))
        self.check(layer, codes.astype(np.int16) - 128, self.scale, np.full(16, -8))

    def test_int4_in_groups(self):
        codes, scale = codes_of((64, 64), -8, 7), scales_of((64, 2))
        model = octet.load(BERT, quantize="w4", smoothing="none")
        name = next(iter(model.layers))
        layer = octet.torchao.import_weights(model, {name: fake(qdata=codes, scale=scale, zero_point=np.zeros((64, 2)))}).layers[name]
        self.check(layer, codes, scale)
        one_group = octet.torchao.import_weights(model, {name: fake(qdata=codes, scale=scale[:, :1], zero_point=None)}).layers[name]
        self.check(one_group, codes, np.repeat(scale[:, :1], 2, 1))

    def test_int4_packed_two_to_a_byte(self):
        """torchao's Int4Tensor: scale and zero point are [groups, N], and the zero point is added to the products."""
        codes, scale, zero = codes_of((64, 64), -8, 7), scales_of((2, 64)), scales_of((2, 64), 3)
        packed = (codes[:, 1::2].astype(np.uint8) << 4 | codes[:, ::2].astype(np.uint8) & 15).astype(np.int8)
        model = octet.load(BERT, quantize="w4", smoothing="none")
        name = next(iter(model.layers))
        tensor = fake(qdata=packed, scale=scale, zero_point=zero, shape=(64, 64), block_size=[1, 32])
        layer = octet.torchao.import_weights(model, {name: tensor}).layers[name]
        self.check(layer, codes, scale.T, -(zero / scale).T)

    def test_int4_of_older_kernels(self):
        """zero_point_domain FLOAT: W = (q - 8) * scale + zero_point."""
        codes, scale, zero = codes_of((64, 64), 0, 15, np.int32), scales_of((64, 2)), scales_of((64, 2), 3)
        impl = fake(int_data=codes, scale=scale, zero_point=zero)
        model = octet.load(BERT, quantize="w4", smoothing="none")
        name = next(iter(model.layers))
        tensor = fake(tensor_impl=impl, quant_min=0, quant_max=15, zero_point_domain=fake(name="FLOAT"))
        layer = octet.torchao.import_weights(model, {name: tensor}).layers[name]
        np.testing.assert_array_equal(layer.int_data, codes - 8)
        weight = (layer.int_data - layer.zero_point.repeat(32, 1)) * layer.scale.repeat(32, 1)
        np.testing.assert_allclose(weight, (codes - 8) * scale.repeat(32, 1) + zero.repeat(32, 1), rtol=1e-5, atol=1e-8)

    def test_names(self):
        tensor = fake(qdata=self.codes, scale=self.scale, zero_point=None)
        for key in ("fc1", "fc1.weight"):
            self.check(self.layer(tensor, key=key), self.codes, self.scale)
        self.check(self.layer(tensor, key="net.0.weight", names={"net.0.weight": "fc1"}), self.codes, self.scale)
        self.refused('"net.0.weight" has no layer', self.layer, tensor, key="net.0.weight", kind=octet.LayerNotFoundError)
        self.assertIsNotNone(self.layer(tensor, key="net.0.weight", strict=False))
        # As torch.onnx writes modules: /encoder/layer.0/.../query/MatMul, with the bias's own name.
        model = octet.load(BERT, quantize="w8a8", smoothing="none")
        square = fake(qdata=codes_of((64, 64)), scale=scales_of(64), zero_point=None)
        imported = octet.torchao.import_weights(model, {"encoder.layer.1.attention.self.key.weight": square})
        np.testing.assert_array_equal(imported.layers["/encoder/layer.1/attention/self/key/MatMul"].int_data, square.qdata)

    def test_smoothing(self):
        model = octet.load(BERT, quantize="w8a8")
        name, layer = next((name, layer) for name, layer in model.layers.items() if layer.smoothing is not None)
        plain = fake(qdata=layer.int_data, scale=layer.scale, zero_point=None)
        self.refused('smoothing="none"', octet.torchao.import_weights, model, {name: plain})
        plain.act_pre_scale = 1 / layer.smoothing
        again = octet.torchao.import_weights(model, {name: plain}).layers[name]
        np.testing.assert_array_equal(again.int_data, layer.int_data)
        scaled = fake(qdata=self.codes, scale=self.scale, zero_point=None, act_pre_scale=np.full(32, 2.0))
        self.refused("act_pre_scale", self.layer, scaled)

    def test_what_does_not_fit(self):
        good = dict(qdata=self.codes, scale=self.scale, zero_point=None)
        for parts, text in (({"qdata": self.codes.T, "scale": scales_of(32)}, "[32, 16]"), ({"scale": self.scale[:-1]}, "scale"),
                            ({"scale": scales_of((16, 4))}, 'quantize="w4"'), ({"scale": np.full(16, np.nan)}, "scale"),
                            ({"qdata": self.codes.astype(np.int32) * 100}, "beyond int8")):
            with self.subTest(text):
                self.refused(text, self.layer, fake(**{**good, **parts}))
        self.refused("packed for one kernel", self.layer, fake(tensor_impl=fake(packed_weight=0)), kind=octet.UnsupportedError)
        self.refused("packed for one kernel", self.layer, fake(qdata=np.zeros((16, 4), np.int32), scale=self.scale, shape=(16, 32)),
                     kind=octet.UnsupportedError)
        self.refused("no quantized tensor", octet.torchao.import_weights, octet.load(MLP), {"fc1.weight": np.zeros((16, 32))})
        self.refused("float", self.layer, fake(**good), "none", kind=octet.UnsupportedError)
        groups = octet.load(BERT, quantize="w4", smoothing="none")
        wide = fake(qdata=codes_of((64, 64), -8, 7), scale=scales_of((64, 4)), zero_point=None)
        self.refused("divisor", octet.torchao.import_weights, groups, {next(iter(groups.layers)): wide})


class Export(OctetCase):
    def exported(self, layer):
        """What to_torchao() calls torchao with: names of arguments do not matter to these."""
        torch = types.ModuleType("torch")
        torch.float32, torch.int4, torch.int8 = "float32", "int4", "int8"
        torch.from_numpy = lambda array: array
        quantization = types.ModuleType("torchao.quantization")
        quantization.Int8Tensor = lambda qdata, scale, block_size, dtype, zero_point, act_pre_scale: fake(
            qdata=qdata, scale=scale, block_size=block_size, dtype=dtype, zero_point=zero_point, act_pre_scale=act_pre_scale,
            shape=qdata.shape)
        quantization.IntxUnpackedToInt8Tensor = lambda qdata, scale, zero_point, target_dtype, block_size, dtype, activation: fake(
            qdata=qdata, scale=scale, zero_point=zero_point, target_dtype=target_dtype, block_size=block_size, shape=qdata.shape)
        torchao = types.ModuleType("torchao")
        torchao.quantization = quantization
        with mock.patch.dict(sys.modules, {"torch": torch, "torchao": torchao, "torchao.quantization": quantization}):
            return layer.to_torchao()

    def test_there_and_back(self):
        for quantize in ("w8a8", "w8", "w4"):
            model = octet.load(BERT, quantize=quantize)
            tensors = {name: self.exported(layer) for name, layer in model.layers.items()}
            again = octet.torchao.import_weights(model, tensors)
            for name, layer in model.layers.items():
                np.testing.assert_array_equal(again.layers[name].int_data, layer.int_data)
                np.testing.assert_array_equal(again.layers[name].scale, layer.scale)

    def test_forms(self):
        tensor = self.exported(octet.load(MLP, quantize="w8a8").layers["fc1"])
        self.assertEqual((tensor.scale.shape, tensor.block_size, tensor.zero_point, tensor.act_pre_scale), ((16, 1), [1, 32], None, None))
        tensor = self.exported(octet.load(MLP, quantize="w4").layers["fc1"])
        self.assertEqual((tensor.scale.shape, tensor.block_size, tensor.target_dtype), ((16, 1), (1, 32), "int4"))

    def test_without_torchao(self):
        with mock.patch.dict(sys.modules, {"torch": None}):
            self.refused("pip install torch", octet.load(MLP, quantize="w8a8").layers["fc1"].to_torchao, kind=octet.UnsupportedError)


if __name__ == "__main__":
    unittest.main()
