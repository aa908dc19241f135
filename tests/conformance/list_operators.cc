// Prints the ops that can be imported, one a line: domain, op type and the opset that brought it, between tabs.
#include <cstdio>

#include "loaders/onnx/op_table.h"

int main() {
  for (const octet::OpRow& row : octet::op_table())
    std::printf("%.*s\t%.*s\t%lld\n", static_cast<int>(row.domain.size()), row.domain.data(),
                static_cast<int>(row.op_type.size()), row.op_type.data(),
                static_cast<long long>(row.since));
}
