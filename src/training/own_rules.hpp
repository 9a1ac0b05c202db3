// Rules of one's own of one kind: names and what they stand for, beside those that are there from the start.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace chandelier {

/// @param Rule what a name stands for
template <class Rule>
class OwnRules {
 public:
  using Name = std::string_view;

  /// @param what the setting that names them  @param known names that are taken
  OwnRules(Name what, std::span<const Name> known) : what_(what), known_(known) {
    lists_.emplace_back(known.begin(), known.end());
    names_ = &lists_.back();
  }

  /// Adds a rule, or replaces the one of this name. @throws SettingError for a name that is taken or is not a word.
  void add(Name name, Rule rule) {
    check(name);
    Entry entry{std::move(rule), true};  // the one before ends with it, after the lock: it may be anybody's code
    const std::lock_guard lock(mutex_);
    put(name, entry);
  }
  /// Makes a name known whose rule is not here, unless it is known; `rule` stands in its place.
  void add_name(Name name, Rule rule) {
    check(name);
    Entry entry{std::move(rule), false};
    const std::lock_guard lock(mutex_);
    if (!rules_.contains(name)) put(name, entry);
  }

  /// Those from the start, and one's own.
  std::span<const Name> names() const { return *names_.load(); }
  /// The names of one's own whose rules are here.
  std::vector<std::string> own_names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, entry] : rules_)
      if (entry.is_here) names.push_back(name);
    return names;
  }
  bool has(Name name) const {
    const std::lock_guard lock(mutex_);
    return rules_.contains(name);
  }
  std::optional<Rule> find(Name name) const {
    const std::lock_guard lock(mutex_);
    const auto found = rules_.find(name);
    if (found == rules_.end()) return std::nullopt;
    return found->second.rule;
  }

 private:
  struct Entry {
    Rule rule = {};
    bool is_here = false;
  };

  void check(Name name) const {
    constexpr Name kLetters = "abcdefghijklmnopqrstuvwxyz";
    const bool word = !name.empty() && kLetters.find(name.front()) != Name::npos &&
                      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == Name::npos;
    if (!word)
      throw SettingError(fmt::format(
          "{} '{}': a name is a word of small letters, digits, - and _ that begins with a letter", what_, name));
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
      throw SettingError(fmt::format("{} '{}' is one of Chandelier's own; choose another name", what_, name));
  }

  void put(Name name, Entry& entry) {
    const auto [place, is_new] = rules_.try_emplace(std::string(name));
    std::swap(place->second, entry);
    if (!is_new) return;
    // A new list, for somebody may be looking through the one before.
    lists_.push_back(lists_.back());
    lists_.back().push_back(place->first);
    names_ = &lists_.back();
  }

  Name what_;
  std::span<const Name> known_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> rules_;
  std::deque<std::vector<Name>> lists_;
  std::atomic<const std::vector<Name>*> names_;
};

}  // namespace chandelier
