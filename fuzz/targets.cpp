#include "targets.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace chandelier::fuzz {

std::string answer(const Target& target, std::string_view bytes) {
  try {
    target.read(bytes);
  } catch (const UserError& error) {
    const std::string sentence = error.what();
    if (sentence.empty()) throw Bug("a refusal without a word");
    const auto unprintable = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::any_of(sentence.begin(), sentence.end(), unprintable)) throw Bug("not one printable line: " + sentence);
    return sentence;
  }
  return {};
}

}  // namespace chandelier::fuzz
