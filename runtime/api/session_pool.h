// SessionPool: sessions of one model for whoever wants to run it just now.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/api/model.h"

struct octet_session;

namespace octet {

// Threading: any thread; nobody waits for another's run.
class SessionPool {
 public:
  // At most `most_idle` sessions that nobody borrows are kept, the others freed.
  SessionPool(std::shared_ptr<const Model> model, size_t most_idle);
  ~SessionPool();

  // A session until the end of the loan. Those used last come first: their memory is warm.
  class Loan {
   public:
    explicit Loan(SessionPool& pool) : pool_(pool), session_(pool.take()) {}
    ~Loan() { pool_.give_back(std::move(session_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    octet_session& operator*() const { return *session_; }

   private:
    SessionPool& pool_;
    std::unique_ptr<octet_session> session_;
  };

 private:
  std::unique_ptr<octet_session> take();
  void give_back(std::unique_ptr<octet_session> session);

  std::shared_ptr<const Model> model_;
  size_t most_idle_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<octet_session>> idle_;
};

}  // namespace octet
