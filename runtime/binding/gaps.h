// Gaps: what is free of a line of addresses, and the lowest part of it that is long enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace octet {

// All of [0, infinity) is free at first. Every call takes a time that grows with the logarithm of
// the number of gaps: they form a search tree by offset in which each node knows the longest gap
// below it, kept in balance by random priorities (a treap).
class Gaps {
 public:
  Gaps();
  // Takes `size` > 0 bytes out of the first gap that has them, and gives their offset; -1 where no
  // gap has them, beyond kLargest bytes in all.
  int64_t take(int64_t size);
  // Frees [offset, offset + size), which was taken.
  void give_back(int64_t offset, int64_t size);

  // More than any binding may have; sums with a few of it still fit 64 bits.
  static constexpr int64_t kLargest = (int64_t{1} << 50) + 64;

 private:
  struct Gap {
    int64_t offset = 0;
    int64_t size = 0;
    int64_t longest = 0;  // of the subtree
    uint32_t priority = 0;
    int left = -1, right = -1;
  };
  Gap& at(int gap) { return gaps_[static_cast<size_t>(gap)]; }
  int64_t longest(int gap) { return gap < 0 ? 0 : at(gap).longest; }
  int make(int64_t offset, int64_t size);
  void update(int gap);
  // Subtrees of the gaps below `offset` and of the others.
  void split(int gap, int64_t offset, int& below, int& rest);
  int merge(int left, int right);  // every gap of `left` lies below those of `right`
  // Removes the first, or the last, gap of the subtree; returns it.
  Gap remove_end(int& subtree, bool first);

  std::vector<Gap> gaps_;
  std::vector<int> unused_;  // places in gaps_
  int root_ = -1;
  uint32_t random_ = 1;
};

}  // namespace octet
