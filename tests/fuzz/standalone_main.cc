// Runs a fuzz target without libFuzzer: every file of the given folders, then mutations of them.
//
//   fuzz_NAME_replay [--runs=N] FILE_OR_FOLDER...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                                                size_t max_size, unsigned seed);

namespace {

constexpr size_t kMaxSize = 1 << 16;
std::mt19937 generator(20260101);

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

// What libFuzzer offers to custom mutators: a byte changed, removed or inserted.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  const auto value = static_cast<uint8_t>(generator());
  const size_t at = size == 0 ? 0 : generator() % size;
  if (size < max_size && (size == 0 || generator() % 4 == 0)) {
    std::memmove(data + at + 1, data + at, size - at);
    data[at] = value;
    return size + 1;
  }
  if (size > 1 && generator() % 4 == 0) {
    std::memmove(data + at, data + at + 1, size - at - 1);
    return size - 1;
  }
  if (size > 0) data[at] = value;
  return size;
}

int main(int argc, char** argv) {
  size_t runs = 0;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--runs=", 7) == 0) {
      runs = std::strtoul(argv[i] + 7, nullptr, 10);
    } else if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
        if (entry.is_regular_file()) files.push_back(entry.path());
    } else {
      files.emplace_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::vector<uint8_t>> corpus;
  for (const auto& file : files) {
    corpus.push_back(read_file(file));
    LLVMFuzzerTestOneInput(corpus.back().data(), corpus.back().size());
  }
  if (corpus.empty()) corpus.emplace_back(64, uint8_t{1});
  for (size_t run = 0; run < runs; ++run) {
    std::vector<uint8_t> data = corpus[generator() % corpus.size()];
    const size_t steps = 1 + generator() % 8;
    size_t size = data.size();
    data.resize(std::max(kMaxSize, size));
    for (size_t step = 0; step < steps; ++step)
      size = LLVMFuzzerCustomMutator != nullptr
                 ? LLVMFuzzerCustomMutator(data.data(), size, data.size(),
                                           static_cast<unsigned>(generator()))
                 : LLVMFuzzerMutate(data.data(), size, data.size());
    const std::vector<uint8_t> exact(data.begin(), data.begin() + static_cast<ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }
  std::printf("%zu files, %zu mutations\n", files.size(), runs);
  return 0;
}
