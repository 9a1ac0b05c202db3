// Custom rules of one kind (circuits, measures, ...): their names and implementations, next to the built-in ones.

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

/// @param Rule  the implementation behind a name
template <class Rule>
class OwnRules {
 public:
  using Name = std::string_view;

  /// @param what  the setting that names them  @param known  the built-in names
  OwnRules(Name what, std::span<const Name> known) : what_(what), known_(known) {
    lists_.emplace_back(known.begin(), known.end());
    names_ = &lists_.back();
  }

  /// Adds a rule, or replaces the one of this name. @throws SettingError for a name that is built in or not allowed.
  void add(Name name, Rule rule) {
    check(name);
    Entry entry{std::move(rule), true};  // destroys the replaced rule, after the lock: it may run any user code
    const std::lock_guard lock(mutex_);
    put(name, entry);
  }
  /// Registers the name of a rule that is not available in this process, unless the name is known already. `rule` takes
  /// its place.
  void add_name(Name name, Rule rule) {
    check(name);
    Entry entry{std::move(rule), false};
    const std::lock_guard lock(mutex_);
    if (!rules_.contains(name)) put(name, entry);
  }

  /// The built-in names, then the custom ones.
  std::span<const Name> names() const { return *names_.load(); }
  /// The names of the custom rules that are available in this process.
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
          "{} '{}': a name may contain only lowercase letters, digits, - and _, and must begin with a letter", what_,
          name));
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
      throw SettingError(fmt::format("{} '{}' is built in; choose another name", what_, name));
  }

  void put(Name name, Entry& entry) {
    const auto [place, is_new] = rules_.try_emplace(std::string(name));
    std::swap(place->second, entry);
    if (!is_new) return;
    // A new list, as another thread may be reading the previous one.
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
