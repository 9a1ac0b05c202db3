// SHA-256 hashes, which identify data and detect changed files.

#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace chandelier {

/// The SHA-256 hash of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  /// The hash of everything added so far, in lower case. Nothing can be added afterwards.
  std::string hexadecimal();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace chandelier
