// LinearProducts over oneDNN's matmul primitive.
#include "kernels/cpu/onednn/matmul.h"

#include <string_view>
#include <vector>

#include "kernels/cpu/onednn/row_split.h"
#include "kernels/cpu/onednn/runtime.h"
#include "runtime/core/memory.h"

namespace octet::cpu::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

struct Types {
  memory::data_type src, weights, acc;
  int64_t bytes;  // of an element of src and of weights
};
Types types_of(ProductType type) {
  using Data = memory::data_type;
  if (type == ProductType::kF32) return {Data::f32, Data::f32, Data::f32, 4};
  return {Data::u8, Data::s8, Data::s32, 1};
}

// An empty descriptor of weights lets oneDNN choose their layout.
dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const Types& types, int64_t rows,
                                      int64_t n, int64_t k, const memory::desc* weights) {
  const memory::desc src({rows, k}, types.src, Tag::ab);
  const memory::desc acc({rows, n}, types.acc, Tag::ab);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return {engine, src, weights ? *weights : memory::desc({k, n}, types.weights, Tag::any), acc,
          attributes};
}

bool is_fast(std::string_view implementation) {
  return !implementation.starts_with("ref") && !implementation.starts_with("gemm");
}

bool has_vnni() {
  // Bits of dnnl_cpu_isa_t: avx2_vnni = avx2 | 0x8, avx512_core_vnni = avx512_core | 0x40.
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (isa & (0x8u | 0x40u)) != 0;
}

// "BA16a64b4a": the dims from the outermost, blocked ones in capitals, then the blocks.
std::string name_layout(const memory::desc& desc) {
  const auto strides = desc.get_strides();
  const auto blocks = desc.get_inner_blks();
  const auto indices = desc.get_inner_idxs();
  std::string name = strides[0] >= strides[1] ? "ab" : "ba";
  for (char& letter : name)
    for (const int64_t index : indices)
      if (letter - 'a' == index) letter = static_cast<char>(letter - 'a' + 'A');
  for (size_t i = 0; i < blocks.size(); ++i)
    name += std::to_string(blocks[i]) + static_cast<char>('a' + indices[i]);
  return name;
}

// The primitives for all panels of one width.
struct Width {
  int64_t columns = 0;
  memory::desc weights;
  std::vector<dnnl::matmul> primitives;     // by height
  std::vector<memory::desc> accs, scratch;  // by height
};

class Products;

// Argument objects of one thread; a run only points them at its memory.
struct State final : KernelState {
  explicit State(const Products& products);
  dnnl::stream stream;
  std::vector<memory> weights;  // by panel
  std::vector<memory> srcs;     // by height
  struct Target {
    memory acc, scratch;
  };
  std::vector<std::vector<Target>> targets;  // by width, height
};

int64_t least_panels(ProductType type) { return type == ProductType::kF32 ? 2 : 1; }

class Products final : public LinearProducts {
 public:
  Products(ProductType type, const PlainWeights& weights)
      : LinearProducts(weights.n, weights.k, types_of(type).bytes, least_panels(type)),
        types_(types_of(type)),
        engine_(dnnl::engine::kind::cpu, 0) {
    add_width(panels().columns(0));
    const int64_t last = panels().columns(panels().count() - 1);
    if (last != panels().width) add_width(last);
    for (int64_t height : kTileHeights)
      srcs_.emplace_back(memory::dims{height, k()}, types_.src, Tag::ab);
    pack(weights);
  }

  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState* state) const override {
    assert(rows >= 1 && rows <= kMaxTileRows);
    State& own = *static_cast<State*>(state);
    const SingleThread guard;
    const int64_t acc_row = panels().columns(panel) * 4;
    if (row_bytes != k() * types_.bytes) {
      for (int64_t row = 0; row < rows; ++row)
        OCTET_RETURN_IF_ERROR(
            execute(panel, 0, src + row * row_bytes, acc + row * acc_row, scratch, own));
      return Status::ok();
    }
    const RowSplit split = split_rows(rows);
    OCTET_RETURN_IF_ERROR(execute(panel, split.first, src, acc, scratch, own));
    if (split.second < 0) return Status::ok();
    const int64_t row = rows - kTileHeights[static_cast<size_t>(split.second)];
    return execute(panel, split.second, src + row * row_bytes, acc + row * acc_row, scratch, own);
  }

  size_t scratch_bytes() const override { return scratch_bytes_; }

  std::unique_ptr<KernelState> make_state() const override {
    const SingleThread guard;
    return std::make_unique<State>(*this);
  }

  std::string layout_name() const override { return "onednn:" + name_layout(widths_[0].weights); }
  std::span<const std::byte> packed_data() const override { return {packed_.get(), packed_bytes_}; }

  Status unpack(std::byte* weights) const override {
    const SingleThread guard;
    try {
      dnnl::stream stream(engine_);
      for (int64_t panel = 0; panel < panels().count(); ++panel) {
        memory packed(width(panel).weights, engine_, packed_panel(panel));
        memory plain(plain_desc(panel, k(), 1), engine_,
                     weights + panels().first(panel) * k() * types_.bytes);
        dnnl::reorder(packed, plain).execute(stream, packed, plain);
      }
      stream.wait();
      return Status::ok();
    } catch (const dnnl::error& error) {
      return to_status("unpacking weights", error);
    }
  }

 private:
  friend struct State;

  void add_width(int64_t columns) {
    Width& width = widths_.emplace_back();
    width.columns = columns;
    width.weights =
        describe(engine_, types_, kTileHeights.back(), columns, k(), nullptr).weights_desc();
    for (const int64_t height : kTileHeights) {
      const auto desc = describe(engine_, types_, height, columns, k(), &width.weights);
      if (!is_fast(desc.impl_info_str()))
        throw dnnl::error(dnnl_unimplemented, "a height falls to a slow implementation");
      width.primitives.emplace_back(desc);
      width.accs.push_back(desc.dst_desc());
      width.scratch.push_back(desc.scratchpad_desc());
      scratch_bytes_ = std::max(scratch_bytes_, desc.scratchpad_desc().get_size());
    }
  }

  size_t width_index(int64_t panel) const {
    return widths_.size() == 2 && panel == panels().count() - 1 ? 1 : 0;
  }
  const Width& width(int64_t panel) const { return widths_[width_index(panel)]; }
  std::byte* packed_panel(int64_t panel) const {
    return packed_.get() + static_cast<size_t>(panel) * panel_bytes_;
  }
  memory::desc plain_desc(int64_t panel, int64_t n_stride, int64_t k_stride) const {
    return {{k(), panels().columns(panel)}, types_.weights, {k_stride, n_stride}};
  }

  void pack(const PlainWeights& plain) {
    // Panels start on cache lines of their own.
    panel_bytes_ = (widths_[0].weights.get_size() + 63) / 64 * 64;
    packed_bytes_ = panel_bytes_ * static_cast<size_t>(panels().count() - 1) +
                    widths_.back().weights.get_size();
    packed_ = allocate_weights(packed_bytes_);
    dnnl::stream stream(engine_);
    for (int64_t panel = 0; panel < panels().count(); ++panel) {
      auto* data = const_cast<std::byte*>(plain.data) +
                   panels().first(panel) * plain.n_stride * types_.bytes;
      memory from(plain_desc(panel, plain.n_stride, plain.k_stride), engine_, data);
      memory to(width(panel).weights, engine_, packed_panel(panel));
      dnnl::reorder(from, to).execute(stream, from, to);
    }
    stream.wait();
  }

  Status execute(int64_t panel, int height, const std::byte* src, std::byte* acc,
                 std::byte* scratch, State& state) const {
    const auto h = static_cast<size_t>(height);
    const size_t w = width_index(panel);
    const memory& src_memory = state.srcs[h];
    const State::Target& target = state.targets[w][h];
    dnnl_memory_set_data_handle(src_memory.get(), const_cast<std::byte*>(src));
    dnnl_memory_set_data_handle(target.acc.get(), acc);
    dnnl_memory_set_data_handle(target.scratch.get(), scratch);
    const dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, src_memory.get()},
        {DNNL_ARG_WEIGHTS, state.weights[static_cast<size_t>(panel)].get()},
        {DNNL_ARG_DST, target.acc.get()},
        {DNNL_ARG_SCRATCHPAD, target.scratch.get()}};
    const dnnl_status_t status =
        dnnl_primitive_execute(widths_[w].primitives[h].get(), state.stream.get(), 4, args);
    return status == dnnl_success ? Status::ok() : to_status("matmul", status);
  }

  Types types_;
  dnnl::engine engine_;
  std::vector<Width> widths_;       // of all panels but the last, and of the last where it differs
  std::vector<memory::desc> srcs_;  // by height
  size_t scratch_bytes_ = 0;
  std::shared_ptr<std::byte> packed_;
  size_t packed_bytes_ = 0;
  size_t panel_bytes_ = 0;
};

State::State(const Products& products) : stream(products.engine_) {
  for (int64_t panel = 0; panel < products.panels().count(); ++panel)
    weights.emplace_back(products.width(panel).weights, products.engine_,
                         products.packed_panel(panel));
  for (const memory::desc& src : products.srcs_) srcs.emplace_back(src, products.engine_, nullptr);
  for (const Width& width : products.widths_) {
    std::vector<Target>& by_height = targets.emplace_back();
    for (size_t h = 0; h < kTileHeights.size(); ++h)
      by_height.push_back({memory(width.accs[h], products.engine_, nullptr),
                           memory(width.scratch[h], products.engine_, nullptr)});
  }
}

}  // namespace

std::string implementation_name(ProductType type, int64_t n, int64_t k) {
  const SingleThread guard;
  try {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return describe(engine, types_of(type), kTileHeights.back(),
                    make_panels(n, least_panels(type), k * types_of(type).bytes).columns(0), k,
                    nullptr)
        .impl_info_str();
  } catch (const dnnl::error&) {
    return {};
  }
}

Support supports_products(ProductType type, int64_t n, int64_t k) {
  if (n < 1) return Support::no("N must be at least 1", n);
  if (k < 1) return Support::no("K must be at least 1", k);
  if (type == ProductType::kU8S8S32 && !has_vnni())
    return Support::no("oneDNN's int8 sums are exact only with VNNI");
  const std::string name = implementation_name(type, n, k);
  if (name.empty()) return Support::no("oneDNN has no implementation");
  if (!is_fast(name)) return Support::no("oneDNN would run its implementation " + name);
  return Support::yes();
}

Result<std::unique_ptr<LinearProducts>> make_products(ProductType type,
                                                      const PlainWeights& weights) {
  const SingleThread guard;
  try {
    return std::unique_ptr<LinearProducts>(std::make_unique<Products>(type, weights));
  } catch (const dnnl::error& error) {
    return to_status("making a matmul", error);
  }
}

}  // namespace octet::cpu::onednn
