// Attributes of all ops as one type, and what can be asked of any op: its kind, its output types,
// its row access.
#pragma once

#include <variant>

#include "runtime/ops/arg_reduce.h"
#include "runtime/ops/attention.h"
#include "runtime/ops/control.h"
#include "runtime/ops/conv.h"
#include "runtime/ops/describe.h"
#include "runtime/ops/elementwise.h"
#include "runtime/ops/gather.h"
#include "runtime/ops/linear.h"
#include "runtime/ops/long_tail.h"
#include "runtime/ops/movement.h"
#include "runtime/ops/normalize.h"
#include "runtime/ops/observe.h"
#include "runtime/ops/pad.h"
#include "runtime/ops/pool.h"
#include "runtime/ops/quantize.h"
#include "runtime/ops/reduce.h"
#include "runtime/ops/resize.h"
#include "runtime/ops/sequence.h"

namespace octet {

using Attributes =
    std::variant<ArgReduceAttrs, AttentionAttrs, BinaryAttrs, CastAttrs, ClipAttrs, ConcatAttrs,
                 ControlAttrs, ConvAttrs, ConvTransposeAttrs, CumSumAttrs, DequantizeAttrs,
                 ExpandAttrs, GatherAttrs, GatherElementsAttrs, GatherNDAttrs, LayerNormAttrs,
                 LinearAttrs, LongTailAttrs, MatMulAttrs, ObserveAttrs, PadAttrs, PoolAttrs,
                 QuantizeAttrs, QuantizeRowsAttrs, QuantizedLinearAttrs, RangeAttrs, ReduceAttrs,
                 ReshapeAttrs, ResizeAttrs, SequenceAttrs, ShapeValuesAttrs, SliceAttrs,
                 SoftmaxAttrs, TransposeAttrs, UnaryAttrs, WhereAttrs>;

// Whether sessions run such nodes themselves, without kernels: control nodes, sequences and
// optionals. What they give may be no tensor, or have extents that the run alone shows.
inline bool runs_in_session(OpKind kind) {
  return kind == OpKind::kControl || kind == OpKind::kSequence;
}

OpKind op_kind(const Attributes& attributes);

// The types of a node's outputs. Error (kInvalidModel, kUnsupported): inputs that the op cannot
// take, with text "input 1 is int64[3], expected ..." and no prefix; the caller adds the node.
Result<OutputTypes> infer_types(const Attributes& attributes, InputTypes inputs);

// How the op reads its inputs row by row; nullopt when it is not row-local for these types.
RowAccesses row_access(const Attributes& attributes, InputTypes inputs, const OutputTypes& outputs);

// The symbols that a node with these attributes makes known, in what it gives: those that its
// readers' shapes may depend on once it has run.
std::vector<Symbol> made_symbols(const Attributes& attributes);

// "add", "gelu", "reduce_mean", "quantized_linear": the op with its function, for people.
std::string op_label(const Attributes& attributes);

// The fields of whatever op it is.
std::vector<FieldText> describe(const Attributes& attributes);

}  // namespace octet
