// Layers and tables whose weights alone are codes, in blocks: MatMulNBits, GatherBlockQuantized.
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

int64_t blocks_of(int64_t extent, int64_t block) { return (extent + block - 1) / block; }

}  // namespace

void ModelMaker::matmul_nbits() {
  const ModelValue src = some_float();
  const int64_t k = src.extent(1), n = width(), bits = bytes_.one_of<int64_t>({4, 8, 2, 4}),
                block = bytes_.one_of<int64_t>({16, 32, 64, 128, 256}),
                blocks = blocks_of(k, block);
  const Extents parts = bytes_.chance(50) ? Extents{n * blocks} : Extents{n, blocks};
  std::vector<std::string> inputs = {
      src.name, random_codes(T::UINT8, {n, blocks, block * bits / 8}), scales(parts), "", "", ""};
  if (bytes_.chance(50))
    inputs[3] = bytes_.chance(70) ? random_codes(T::UINT8, {n * blocks_of(blocks * bits, 8)})
                                  : some_floats({n * blocks});
  if (bytes_.chance(25)) {  // g_idx: the block of each column
    std::vector<int32_t> groups(static_cast<size_t>(bytes_.chance(60) ? k : blocks * block));
    const int64_t step = bytes_.in(1, 5);
    for (size_t i = 0; i < groups.size(); ++i)
      groups[i] = static_cast<int32_t>(static_cast<int64_t>(i) * step % blocks);
    if (mistaken()) groups[0] = bytes_.one_of<int32_t>({-1, 1 << 20, INT32_MAX});
    const auto* const bytes = reinterpret_cast<const char*>(groups.data());
    inputs[4] = writer_.constant(T::INT32, {std::ssize(groups)},
                                 std::string(bytes, groups.size() * sizeof(int32_t)));
  }
  if (bytes_.chance(40)) inputs[5] = some_floats({n});
  NodeWriter node = writer_.node("MatMulNBits", inputs).microsoft();
  node.set("K", k).set("N", mistaken() ? n + 1 : n).set("bits", bits).set("block_size", block);
  std::string result = node.result();
  if (bytes_.chance(40)) result = activated(result);
  keep(result);
}

void ModelMaker::gather_block_quantized() {
  const int64_t rows = bytes_.in(3, 9), bits = bytes_.one_of<int64_t>({4, 8, 2}),
                block = bytes_.one_of<int64_t>({16, 32, 64, 128, 256}),
                columns = 4 * bytes_.in(1, 12), blocks = blocks_of(columns, block);
  const OnnxType type = bytes_.chance(60) ? T::UINT8 : bytes_.one_of({T::INT4, T::UINT4});
  const bool packed = type == T::UINT8 && bits < 8;
  const SymbolicShape places = {bytes_.chance(50) ? Dim::symbol("n") : Dim(2), bytes_.in(1, 3)};
  const ModelValue ids = new_input(bytes_.chance(70) ? T::INT64 : T::INT32, places);
  std::vector<std::string> inputs = {
      random_codes(type, {rows, packed ? columns * bits / 8 : columns}), ids.name,
      scales({rows, blocks})};
  if (bytes_.chance(50))
    inputs.push_back(random_codes(type, {rows, packed ? blocks_of(blocks * bits, 8) : blocks}));
  NodeWriter node = writer_.node("GatherBlockQuantized", inputs).microsoft();
  node.set("bits", type == T::UINT8 ? bits : 4).set("block_size", block);
  node.set("gather_axis", int64_t{0}).set("quantize_axis", bytes_.in(0, 20) == 0 ? 0 : int64_t{1});
  keep(node.result());
}

}  // namespace octet::fuzz
