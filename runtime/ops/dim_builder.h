// DimBuilder: puts the terms of a Dim into their canonical form; what the files of Dim share.
#pragma once

#include <map>
#include <utility>

#include "runtime/ops/dim.h"

namespace octet {

struct DimBuilder {
  // Adds a term; like terms become one.
  void add(Dim::Monomial atoms, int64_t coefficient);
  Dim finish() const;
  // The dim of terms that are sorted, without zeros.
  static Dim of_sorted(std::vector<Dim::Term> terms);
  // The same for what is no constant and within the limits.
  static Dim of_canonical(std::vector<Dim::Term> terms);
  // The order of terms: that of key_of().
  static int compare(const Dim::Monomial& a, const Dim::Monomial& b);

  std::map<std::string, Dim::Term> terms;  // by key_of() their atoms
  bool overflow = false;                   // a coefficient left int64

  static std::string key_of(const Dim::Monomial& atoms);
  static Dim alone(std::shared_ptr<const DimAtom> atom);
  // What has grown beyond the limits: any arithmetic with it gives it again, evaluation an error.
  static Dim too_complex();
  // An operation that stays as it is: name(a, b), or the text of an operand that is too complex.
  // `kind`'s bounds are worked out from those of the operands.
  static Dim operation(DimAtom::Kind kind, const char* name, std::vector<Dim> operands);
  // The operands in one order, so that f(a, b) and f(b, a) are the same atom.
  static Dim commutative(DimAtom::Kind kind, const char* name, const Dim& a, const Dim& b);
  static Dim symbol(const Symbol& symbol);
  // The only atom of a dim that is one atom, once; nullptr for others.
  static const DimAtom* as_atom(const Dim& dim);
  // `atoms` without those of `divisor`; nullopt when one is missing.
  static std::optional<Dim::Monomial> remove_atoms(Dim::Monomial atoms,
                                                   const Dim::Monomial& divisor);
};

}  // namespace octet
