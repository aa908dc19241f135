// Making and sharing plans, and the call of a primitive.
#include "kernels/cpu/onednn/matmul_plan.h"

#include <algorithm>

#include "kernels/cpu/onednn/row_split.h"
#include "kernels/cpu/onednn/runtime.h"

namespace octet::cpu::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

// What a primitive of a new shape takes with the code that oneDNN 3.2 generates for it, and a
// memory object; measured, since oneDNN does not tell. Primitives took 60 KB where n and k are
// whole blocks and up to 180 where they are not. oneDNN's process-wide cache keeps 1,024 of them
// for the next model, also after this one is gone.
constexpr size_t kPrimitiveBytes = size_t{100} << 10;
constexpr size_t kMemoryBytes = size_t{1} << 10;

// "BA16a64b4a": the dims from the outermost, blocked ones in capitals, then the blocks.
std::string name_of(const memory::desc& desc) {
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

// Argument objects of one thread; a call points them at its memory.
struct State final : KernelState {
  explicit State(const MatmulPlan& plan);

  struct Target {
    memory acc, scratch;
  };
  struct Width {
    memory weights;
    std::vector<Target> targets;  // by height
  };
  dnnl::stream stream;
  std::vector<memory> srcs;  // by height
  std::vector<Width> widths;
  MemoryCharge charge;
};

State::State(const MatmulPlan& plan) : stream(plan.engine()) {
  const dnnl::engine& engine = plan.engine();
  charge = MemoryCharge(
      kMemoryBytes * (kTileHeights.size() + plan.widths().size() * (2 * kTileHeights.size() + 1)));
  for (const int64_t height : kTileHeights)
    srcs.emplace_back(memory::desc({height, plan.k()}, plan.types().src, Tag::ab), engine, nullptr);
  for (const auto& width : plan.widths()) {
    Width& own = widths.emplace_back();
    own.weights = memory(width->weights, engine, nullptr);
    for (size_t h = 0; h < kTileHeights.size(); ++h) {
      const memory::desc acc({kTileHeights[h], width->columns}, plan.types().acc, Tag::ab);
      const memory::desc scratch({width->scratch[h]}, memory::data_type::u8, Tag::a);
      own.targets.push_back({memory(acc, engine, nullptr), memory(scratch, engine, nullptr)});
    }
  }
}

// Of the primitives, which types that keep their weights differently share.
std::string shape_text(ProductType type, int64_t k) {
  const memory::data_type src = types_of(type).src;
  const char* name = src == memory::data_type::f32    ? "f32"
                     : src == memory::data_type::bf16 ? "bf16"
                                                      : "u8s8s32";
  return std::string(name) + " k=" + std::to_string(k);
}

SharedKey plan_key(ProductType type, const ColumnPanels& panels, int64_t k) {
  return SharedKey::of_name((keeps_codes(type) ? "onednn/codes " : "onednn/matmul ") +
                            shape_text(type, k) + " panels=" + std::to_string(panels.columns(0)) +
                            " last=" + std::to_string(panels.columns(panels.count() - 1)));
}

Result<std::shared_ptr<const MatmulPlan>> make_plan(ProductType type, const ColumnPanels& panels,
                                                    int64_t k, SharedStore& store) {
  const SingleThread guard;
  try {
    OCTET_ASSIGN_OR_RETURN(auto engine, store.get<Engine>(SharedKey::of_name("onednn/engine"), [] {
      return Result<std::shared_ptr<const Engine>>(std::make_shared<const Engine>());
    }));
    std::vector<int64_t> columns = {panels.columns(0)};
    if (const int64_t last = panels.columns(panels.count() - 1); last != columns[0])
      columns.push_back(last);
    std::vector<std::shared_ptr<const PanelWidth>> widths;
    for (const int64_t width : columns) {
      const SharedKey key = SharedKey::of_name("onednn/panel " + shape_text(type, k) +
                                               " columns=" + std::to_string(width));
      OCTET_ASSIGN_OR_RETURN(auto made, store.get<PanelWidth>(key, [&] {
        return Result<std::shared_ptr<const PanelWidth>>(
            std::make_shared<const PanelWidth>(engine, type, width, k));
      }));
      widths.push_back(std::move(made));
    }
    return std::make_shared<const MatmulPlan>(type, k, std::move(widths));
  } catch (const dnnl::error& error) {
    return to_status("making a matmul", error);
  }
}

}  // namespace

ProductTypes types_of(ProductType type) {
  using Data = memory::data_type;
  switch (type) {
    case ProductType::kU8S8S32:
      break;
    case ProductType::kF32:
    case ProductType::kCodesF32:
      return {Data::f32, Data::f32, Data::f32, 4};
    case ProductType::kBF16:
    case ProductType::kCodesBF16:
      return {Data::bf16, Data::bf16, Data::f32, 2};
  }
  return {Data::u8, Data::s8, Data::s32, 1};
}

bool keeps_codes(ProductType type) {
  return type == ProductType::kCodesF32 || type == ProductType::kCodesBF16;
}

// Weights of few rows are worth splitting between threads where reading them takes as long as
// multiplying.
ColumnPanels panels_of(ProductType type, int64_t n, int64_t k) {
  const int64_t bytes = types_of(type).bytes;
  if (keeps_codes(type)) return make_code_panels(n, k, bytes);
  return make_panels(n, type == ProductType::kU8S8S32 ? 1 : 2, k * bytes);
}

dnnl::matmul::primitive_desc describe_matmul(const dnnl::engine& engine, const ProductTypes& types,
                                             int64_t rows, int64_t n, int64_t k,
                                             const memory::desc* weights) {
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

PanelWidth::PanelWidth(std::shared_ptr<const Engine> of, ProductType type, int64_t n, int64_t k)
    : engine(std::move(of)), columns(n), charge(kPrimitiveBytes * kTileHeights.size()) {
  const ProductTypes types = types_of(type);
  weights = describe_matmul(engine->engine, types, kTileHeights.back(), columns, k, nullptr)
                .weights_desc();
  for (size_t h = 0; h < kTileHeights.size(); ++h) {
    const auto desc = describe_matmul(engine->engine, types, kTileHeights[h], columns, k, &weights);
    if (!is_fast(desc.impl_info_str()))
      throw dnnl::error(dnnl_unimplemented, "a height falls to a slow implementation");
    primitives[h] = dnnl::matmul(desc);
    scratch[h] = static_cast<int64_t>(desc.scratchpad_desc().get_size());
  }
}

MatmulPlan::MatmulPlan(ProductType type, int64_t k,
                       std::vector<std::shared_ptr<const PanelWidth>> widths)
    : type_(type), types_(types_of(type)), k_(k), widths_(std::move(widths)) {
  for (const auto& width : widths_)
    for (const int64_t bytes : width->scratch)
      scratch_bytes_ = std::max(scratch_bytes_, static_cast<size_t>(bytes));
}

std::unique_ptr<KernelState> MatmulPlan::make_state() const {
  const SingleThread guard;
  return std::make_unique<State>(*this);
}

Status MatmulPlan::execute(size_t width, size_t height, const std::byte* src,
                           const std::byte* weights, std::byte* acc, std::byte* scratch,
                           KernelState& state) const {
  State& own = static_cast<State&>(state);
  const State::Width& objects = own.widths[width];
  const State::Target& target = objects.targets[height];
  dnnl_memory_set_data_handle(own.srcs[height].get(), const_cast<std::byte*>(src));
  dnnl_memory_set_data_handle(objects.weights.get(), const_cast<std::byte*>(weights));
  dnnl_memory_set_data_handle(target.acc.get(), acc);
  dnnl_memory_set_data_handle(target.scratch.get(), scratch);
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, own.srcs[height].get()},
                                  {DNNL_ARG_WEIGHTS, objects.weights.get()},
                                  {DNNL_ARG_DST, target.acc.get()},
                                  {DNNL_ARG_SCRATCHPAD, target.scratch.get()}};
  const dnnl_status_t status =
      dnnl_primitive_execute(widths_[width]->primitives[height].get(), own.stream.get(), 4, args);
  return status == dnnl_success ? Status::ok() : to_status("matmul", status);
}

Status MatmulPlan::run_rows(size_t width, const std::byte* src, int64_t rows,
                            const std::byte* weights, std::byte* acc, std::byte* scratch,
                            KernelState& state) const {
  const int64_t src_row = k_ * types_.bytes, acc_row = widths_[width]->columns * 4;
  const auto execute_from = [&](int height, int64_t row) {
    return execute(width, static_cast<size_t>(height), src + row * src_row, weights,
                   acc + row * acc_row, scratch, state);
  };
  const RowSplit split = split_rows(rows);
  OCTET_RETURN_IF_ERROR(execute_from(split.first, 0));
  if (split.second < 0) return Status::ok();
  return execute_from(split.second, rows - kTileHeights[static_cast<size_t>(split.second)]);
}

Result<std::shared_ptr<const MatmulPlan>> plan_products(ProductType type, int64_t n, int64_t k,
                                                        SharedStore* store) {
  SharedStore none;
  const ColumnPanels panels = panels_of(type, n, k);
  SharedStore& shared = store != nullptr ? *store : none;
  return shared.get<MatmulPlan>(plan_key(type, panels, k),
                                [&] { return make_plan(type, panels, k, shared); });
}

std::string layout_name(const MatmulPlan& plan) {
  return (keeps_codes(plan.type()) ? "onednn-codes:" : "onednn:") +
         name_of(plan.widths()[0]->weights);
}

std::string implementation_name(ProductType type, int64_t n, int64_t k) {
  const SingleThread guard;
  try {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return describe_matmul(engine, types_of(type), kTileHeights.back(),
                           panels_of(type, n, k).columns(0), k, nullptr)
        .impl_info_str();
  } catch (const dnnl::error&) {
    return {};
  }
}

Support supports_products(ProductType type, int64_t n, int64_t k, SharedStore* store) {
  if (n < 1) return Support::no("N must be at least 1", n);
  if (k < 1) return Support::no("K must be at least 1", k);
  // Bits of dnnl_cpu_isa_t: avx2_vnni = avx2 | 0x8, avx512_core_vnni = avx512_core | 0x40.
  const bool has_vnni = (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & 0x48u) != 0;
  if (type == ProductType::kU8S8S32 && !has_vnni)
    return Support::no("oneDNN's int8 sums are exact only with VNNI");
  // avx512_core_bf16 = avx512_core_vnni | 0x80; AMX includes it.
  const bool has_bf16 = (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & 0x80u) != 0;
  if (types_of(type).src == memory::data_type::bf16 && !has_bf16)
    return Support::no("oneDNN multiplies bf16 fast only with AVX-512 BF16 or AMX");
  const ColumnPanels panels = panels_of(type, n, k);
  if (store != nullptr && store->find<MatmulPlan>(plan_key(type, panels, k)) != nullptr)
    return Support::yes();
  const std::string name = implementation_name(type, n, k);
  if (name.empty()) return Support::no("oneDNN has no implementation");
  if (!is_fast(name)) return Support::no("oneDNN would run its implementation " + name);
  return Support::yes();
}

}  // namespace octet::cpu::onednn
