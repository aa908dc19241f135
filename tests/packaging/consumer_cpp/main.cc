// A user's program: runs the model y = 2 x + 1, in float and in int8, from several threads and on a
// session, doubles the scale of its layer, and checks each value.
#include <cmath>
#include <cstdio>
#include <octet/octet.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

std::vector<float> numbers() { return {0, 1, 2, 3, 4, 5, 6, 7}; }

void expect(const octet::TensorView& y, float factor, float tolerance) {
  const std::vector<float> x = numbers();
  if (y.shape() != std::vector<int64_t>{1, 8}) throw std::runtime_error("the shape is wrong");
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::fabs(y.as<float>()[i] - (factor * x[i] + 1)) > tolerance) {
      throw std::runtime_error("a value is wrong");
    }
  }
}

void run(const char* path) {
  const octet::Engine engine;
  const std::vector<float> x = numbers();
  const octet::TensorView input(x.data(), {1, 8});

  const octet::Model model = octet::Model::load(engine, path);
  octet::Session session(model);
  expect(session.run({input})[0], 2, 0);  // small integers: exact
  std::vector<std::thread> threads;
  std::vector<octet::Tensor> results(4);
  for (octet::Tensor& result : results) {
    threads.emplace_back([&] { result = std::move(model.run({input})[0]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const octet::Tensor& result : results) expect(result.view(), 2, 0);

  // One of 255 steps over 0..7 is 0.027; half of it, times 2, is the most that a code can be off.
  auto options = octet::defaults<octet_load_options>();
  options.quantize = OCTET_QUANTIZE_W8A8;
  const octet::Model int8 = octet::Model::load(engine, path, options);
  expect(int8.run({input})[0].view(), 2, 0.03F);

  const int32_t layer = int8.find_layer("affine");
  const octet::Weights weights = int8.weights(layer);
  if (weights.int_data().as<int8_t>()[0] != 127) throw std::runtime_error("a code is wrong");
  for (int64_t i = 0; i < weights.scale().size(); ++i) weights.scale().as<float>()[i] *= 2;
  const octet::Model replaced = int8.replace_weights(layer, weights.get());
  expect(replaced.run({input})[0].view(), 4, 0.06F);
  expect(int8.run({input})[0].view(), 2, 0.03F);

  try {
    octet::Model::load(engine, "no such file");
  } catch (const octet::Error& error) {
    if (error.status() == OCTET_NOT_FOUND) return;
    throw;
  }
  throw std::runtime_error("a file that is not there was loaded");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("octet %s\n", octet::version().c_str());
}
