// Matrices with their axes exchanged.
#pragma once

#include <algorithm>
#include <cstdint>

namespace octet {

// to[columns, rows] of from[rows, columns], both row-major without gaps and apart.
template <class T>
void transpose(const T* from, int64_t rows, int64_t columns, T* to) {
  // A block of 16 columns is one cache line of each row read, where elements have four bytes.
  constexpr int64_t kBlock = 16;
  for (int64_t first = 0; first < columns; first += kBlock) {
    const int64_t last = std::min(first + kBlock, columns);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = first; column < last; ++column)
        to[column * rows + row] = from[row * columns + column];
  }
}

}  // namespace octet
