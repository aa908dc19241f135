// Who writes nodes of domains that are not ONNX's own.
#include "loaders/onnx/foreign_domain.h"

#include <algorithm>

namespace octet {
namespace {

struct DomainRow {
  std::string_view domain;
  std::string_view about;
};

constexpr DomainRow kRows[] = {
    {"TRT",
     "TensorRT's converters write TRT nodes: plugins that run in TensorRT alone; export the model "
     "again without its plugins"},
    {"ai.onnx.contrib",
     "ONNX Runtime Extensions writes ai.onnx.contrib nodes (tokenizers, pre- and postprocessing); "
     "export the model without them, and do their work before and after the run"},
    {"ai.onnx.ml",
     "Converters of scikit-learn, XGBoost and LightGBM write ai.onnx.ml nodes (trees, encoders of "
     "strings); export a neural network, or the part of the pipeline that is one"},
    {"ai.onnx.preview.training",
     "ai.onnx.preview.training nodes are for training; export the model for inference"},
    {"com.microsoft",
     "ONNX Runtime's optimizers and quantizers and Olive write com.microsoft nodes; use the model "
     "from before that step, save the optimized one at level ORT_ENABLE_BASIC, or quantize with "
     "quant_format=QDQ"},
    {"com.microsoft.nchwc",
     "ONNX Runtime writes com.microsoft.nchwc nodes into a model that it saves at level "
     "ORT_ENABLE_ALL, for the machine that saved it; save it at ORT_ENABLE_EXTENDED or less"},
    {"com.ms.internal.nhwc",
     "ONNX Runtime makes com.ms.internal.nhwc nodes for one of its execution providers; save the "
     "model with the CPU provider at ORT_ENABLE_EXTENDED or less"},
    {"onnx.brevitas",
     "Brevitas writes onnx.brevitas nodes; export in its QCDQ format, which is plain ONNX"},
    {"org.openvinotoolkit",
     "OpenVINO's tools (NNCF's FakeQuantize, for one) write org.openvinotoolkit nodes; export the "
     "model from before them, or with QuantizeLinear and DequantizeLinear"},
    {"org.pytorch.aten",
     "PyTorch's exporter writes org.pytorch.aten nodes where it falls back to an ATen call; export "
     "with a newer PyTorch or opset, without the ATen fallback"},
    {"qonnx.custom_op.general",
     "QONNX and Brevitas write qonnx.custom_op.general nodes; convert to QCDQ, which is plain ONNX "
     "(qonnx-convert)"},
    {"trt.plugins",
     "TensorRT's converters write trt.plugins nodes: plugins that run in TensorRT alone; export "
     "the "
     "model again without its plugins"},
};
constexpr bool before(const DomainRow& a, const DomainRow& b) { return a.domain < b.domain; }
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows), before));

}  // namespace

std::string_view about_domain(std::string_view domain) {
  const auto row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [&](const DomainRow& candidate) { return candidate.domain == domain; });
  if (row != std::end(kRows)) return row->about;
  // PyTorch's exporter makes functions of its packages, and a model has to bring them along.
  if (domain.starts_with("pkg."))
    return "Nodes of a pkg. domain call functions, which the file does not define; save it with "
           "its functions, or inline them (onnx.inliner)";
  return "";
}

}  // namespace octet
