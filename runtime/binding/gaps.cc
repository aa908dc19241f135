// The treap of free gaps.
#include "runtime/binding/gaps.h"

#include <algorithm>
#include <cassert>

namespace octet {

Gaps::Gaps() { root_ = make(0, kLargest); }

int Gaps::make(int64_t offset, int64_t size) {
  int place = static_cast<int>(gaps_.size());
  if (unused_.empty()) {
    gaps_.emplace_back();
  } else {
    place = unused_.back();
    unused_.pop_back();
  }
  // xorshift32: the same placement for every binding of the same buffers.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  at(place) = {offset, size, size, random_, -1, -1};
  return place;
}

void Gaps::update(int gap) {
  Gap& node = at(gap);
  node.longest = std::max({node.size, longest(node.left), longest(node.right)});
}

void Gaps::split(int gap, int64_t offset, int& below, int& rest) {
  if (gap < 0) {
    below = rest = -1;
    return;
  }
  int inner = -1;
  if (at(gap).offset < offset) {
    split(at(gap).right, offset, inner, rest);
    at(gap).right = inner;
    below = gap;
  } else {
    split(at(gap).left, offset, below, inner);
    at(gap).left = inner;
    rest = gap;
  }
  update(gap);
}

int Gaps::merge(int left, int right) {
  if (left < 0 || right < 0) return left < 0 ? right : left;
  const bool left_is_root = at(left).priority > at(right).priority;
  if (left_is_root) {
    const int merged = merge(at(left).right, right);
    at(left).right = merged;
  } else {
    const int merged = merge(left, at(right).left);
    at(right).left = merged;
  }
  const int root = left_is_root ? left : right;
  update(root);
  return root;
}

Gaps::Gap Gaps::remove_end(int& subtree, bool first) {
  assert(subtree >= 0);
  int& inner = first ? at(subtree).left : at(subtree).right;
  if (inner >= 0) {
    const Gap removed = remove_end(inner, first);
    update(subtree);
    return removed;
  }
  const int place = subtree;
  subtree = first ? at(place).right : at(place).left;
  unused_.push_back(place);
  return at(place);
}

int64_t Gaps::take(int64_t size) {
  assert(size > 0);
  if (size > longest(root_)) return -1;
  int gap = root_;  // of the first gap that is long enough
  for (;;) {
    if (longest(at(gap).left) >= size)
      gap = at(gap).left;
    else if (at(gap).size >= size)
      break;
    else
      gap = at(gap).right;
  }
  const int64_t offset = at(gap).offset;
  int below = -1, rest = -1;
  split(root_, offset, below, rest);
  const Gap found = remove_end(rest, true);
  if (found.size > size) rest = merge(make(found.offset + size, found.size - size), rest);
  root_ = merge(below, rest);
  return offset;
}

void Gaps::give_back(int64_t offset, int64_t size) {
  int below = -1, rest = -1;
  split(root_, offset, below, rest);
  int64_t end = offset + size;
  if (below >= 0) {
    int last = below;
    while (at(last).right >= 0) last = at(last).right;
    if (at(last).offset + at(last).size == offset) offset = remove_end(below, false).offset;
  }
  if (rest >= 0) {
    int next = rest;
    while (at(next).left >= 0) next = at(next).left;
    if (at(next).offset == end) end += remove_end(rest, true).size;
  }
  root_ = merge(merge(below, make(offset, end - offset)), rest);
}

}  // namespace octet
