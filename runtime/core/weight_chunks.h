// WeightChunks: memory for packed weights, on huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

namespace octet {

// Blocks of one model mostly stand in common chunks of 2 MiB pages, because weights are read from
// end to end for every tile and most are smaller than a huge page: bert_base took 1 to 6 % less
// time so. Blocks own their chunk: it is given back to the system with the last block in it, which
// may outlive this object. Threading: any thread.
class WeightChunks {
 public:
  // `bytes` bytes aligned to 64, zeroed. Throws std::bad_alloc.
  std::shared_ptr<std::byte> take(size_t bytes);

 private:
  class Chunk;
  std::mutex mutex_;
  std::weak_ptr<Chunk> current_;  // where the next block may start
};

}  // namespace octet
