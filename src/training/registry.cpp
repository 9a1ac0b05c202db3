#include "training/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "circuits/excitatory.hpp"
#include "circuits/excitatory_inhibitory.hpp"
#include "circuits/inorm.hpp"
#include "circuits/inorm_subtractive.hpp"
#include "luminosity/contrast.hpp"
#include "luminosity/fixed_shift.hpp"
#include "luminosity/gain.hpp"
#include "luminosity/uniform_shift.hpp"
#include "normalization/activity_layer.hpp"
#include "normalization/activity_mean.hpp"
#include "normalization/activity_none.hpp"
#include "normalization/activity_variance.hpp"
#include "normalization/error_center.hpp"
#include "normalization/error_decorrelate.hpp"
#include "normalization/error_full.hpp"
#include "normalization/error_jacobian.hpp"
#include "normalization/error_lateral.hpp"
#include "normalization/error_none.hpp"
#include "normalization/error_own.hpp"
#include "normalization/error_part.hpp"
#include "normalization/error_scale.hpp"

namespace chandelier {
namespace {

using Name = std::string_view;

/// A name and what makes the thing of that name.
template <class Factory>
struct Entry {
  Name name;
  Factory make;
};

using CircuitPtr = std::unique_ptr<Circuit>;
using ActivityNormPtr = std::unique_ptr<ActivityNormalization>;
using ErrorNormPtr = std::unique_ptr<ErrorNormalization>;
using LuminosityPtr = std::unique_ptr<Luminosity>;

using MakeCircuit = CircuitPtr (*)(const LayerSize& size, Real lambda, bool error_divide);
constexpr std::array kCircuits{
    Entry<MakeCircuit>{"e",
                       [](const LayerSize& s, Real, bool) -> CircuitPtr { return std::make_unique<Excitatory>(s); }},
    Entry<MakeCircuit>{
        "ei", [](const LayerSize& s, Real, bool) -> CircuitPtr { return std::make_unique<ExcitatoryInhibitory>(s); }},
    Entry<MakeCircuit>{"inorm",
                       [](const LayerSize& s, Real lambda, bool error_divide) -> CircuitPtr {
                         return std::make_unique<INorm>(s, lambda, error_divide);
                       }},
    Entry<MakeCircuit>{"inorm-sub",
                       [](const LayerSize& s, Real lambda, bool) -> CircuitPtr {
                         return std::make_unique<INormSubtractive>(s, lambda);
                       }},
};

using MakeActivityNorm = ActivityNormPtr (*)(Index n, Index capacity);
constexpr std::array kActivityNorms{
    Entry<MakeActivityNorm>{"none", activity_none},
    Entry<MakeActivityNorm>{"mean", activity_mean},
    Entry<MakeActivityNorm>{"variance", activity_variance},
    Entry<MakeActivityNorm>{"layer", activity_layer},
};

using Place = const ErrorNormPlace&;
using MakeErrorNorm = ErrorNormPtr (*)(Place);
constexpr std::array kErrorNorms{
    Entry<MakeErrorNorm>{"none", [](Place) { return error_none(); }},
    Entry<MakeErrorNorm>{"own", [](Place p) { return error_own(*p.activity_norm); }},
    Entry<MakeErrorNorm>{"center", [](Place p) { return error_center(p.capacity); }},
    Entry<MakeErrorNorm>{"scale", [](Place p) { return error_scale(p.capacity); }},
    Entry<MakeErrorNorm>{"decorrelate", [](Place p) { return error_decorrelate(p.capacity); }},
    Entry<MakeErrorNorm>{"full", [](Place p) { return error_full(p.capacity); }},
    Entry<MakeErrorNorm>{"jacobian", [](Place p) { return error_jacobian(p.n, p.capacity); }},
    Entry<MakeErrorNorm>{"lateral", [](Place p) { return error_lateral(p.n, p.capacity, p.seed, p.layer); }},
};

using MakeErrorPart = ErrorNormPtr (*)(ErrorNormPtr, Index capacity);
constexpr std::array kErrorParts{
    Entry<MakeErrorPart>{"whole", [](ErrorNormPtr rule, Index) { return rule; }},
    Entry<MakeErrorPart>{"direction", error_direction},
    Entry<MakeErrorPart>{"magnitude", error_magnitude},
};

using MakeLuminosity = LuminosityPtr (*)(double epsilon, double shift);
constexpr std::array kLuminosities{
    Entry<MakeLuminosity>{"uniform", [](double epsilon, double) { return uniform_shift(epsilon); }},
    Entry<MakeLuminosity>{"fixed", [](double, double shift) { return fixed_shift(shift); }},
    Entry<MakeLuminosity>{"gain", [](double epsilon, double) { return gain(epsilon); }},
    Entry<MakeLuminosity>{"contrast", [](double epsilon, double) { return contrast(epsilon); }},
};

constexpr std::array kInitializations{Name("lognormal"), Name("exponential")};
constexpr std::array kUpdates{Name("sgd"), Name("exponentiated")};
constexpr std::array<Name, 3> kPrecisions{"fp32", "bf16", "fp16"};

constexpr std::array kParametersOfE{Name("Wex"), Name("bias")};
constexpr std::array kParametersOfEI{Name("Wex"), Name("Wix"), Name("Wei"), Name("bias")};
constexpr std::array kParametersOfINorm{Name("Wex"), Name("Wix"), Name("Wei"), Name("Bix"), Name("bias")};

template <class Entries>
constexpr auto names_of(const Entries& entries) {
  std::array<Name, std::tuple_size_v<Entries>> names;
  std::transform(entries.begin(), entries.end(), names.begin(), [](const auto& entry) { return entry.name; });
  return names;
}

constexpr auto kCircuitNames = names_of(kCircuits);
constexpr auto kActivityNormNames = names_of(kActivityNorms);
constexpr auto kErrorNormNames = names_of(kErrorNorms);
constexpr auto kErrorPartNames = names_of(kErrorParts);
constexpr auto kLuminosityNames = names_of(kLuminosities);

/// Names and factories that come from outside, beside those that are there from the start.
template <class Signature>
class OwnRules {
 public:
  OwnRules(Name what, std::span<const Name> known) : what_(what), known_(known) {
    lists_.emplace_back(known.begin(), known.end());
    names_ = &lists_.back();
  }

  void add(Name name, std::function<Signature> make) {
    constexpr Name kLetters = "abcdefghijklmnopqrstuvwxyz";
    const bool word = !name.empty() && kLetters.find(name.front()) != Name::npos &&
                      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == Name::npos;
    if (!word)
      throw SettingError(fmt::format(
          "{} '{}': a name is a word of small letters, digits, - and _ that begins with a letter", what_, name));
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
      throw SettingError(fmt::format("{} '{}' is one of Chandelier's own; choose another name", what_, name));
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = rules_.try_emplace(std::string(name));
    place->second.swap(make);  // the one before ends with the argument, after the lock: it may be anybody's code
    if (!is_new) return;
    // A new list, for somebody may be looking through the one before.
    lists_.push_back(lists_.back());
    lists_.back().push_back(place->first);
    names_ = &lists_.back();
  }
  std::span<const Name> names() const { return *names_.load(); }
  /// Empty where there is no rule of this name.
  std::function<Signature> find(Name name) const {
    const std::lock_guard lock(mutex_);
    const auto found = rules_.find(name);
    return found == rules_.end() ? std::function<Signature>() : found->second;
  }

 private:
  Name what_;
  std::span<const Name> known_;
  mutable std::mutex mutex_;
  std::map<std::string, std::function<Signature>, std::less<>> rules_;
  std::deque<std::vector<Name>> lists_;
  std::atomic<const std::vector<Name>*> names_;
};

OwnRules<ActivityNormPtr(Index, Index)>& own_activity_norms() {
  static OwnRules<ActivityNormPtr(Index, Index)> rules("activity_norm", kActivityNormNames);
  return rules;
}
OwnRules<ErrorNormPtr(Place)>& own_error_norms() {
  static OwnRules<ErrorNormPtr(Place)> rules("error_norm", kErrorNormNames);
  return rules;
}
OwnRules<LuminosityPtr(double)>& own_luminosities() {
  static OwnRules<LuminosityPtr(double)> rules("luminosity", kLuminosityNames);
  return rules;
}

template <class Entries>
auto factory(const Entries& entries, Name name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  if (found == entries.end()) throw Bug(fmt::format("'{}' is not in the registry", name));
  return found->make;
}

}  // namespace

std::span<const Name> circuit_names() { return kCircuitNames; }
std::span<const Name> activity_norm_names() { return own_activity_norms().names(); }
std::span<const Name> error_norm_names() { return own_error_norms().names(); }
std::span<const Name> known_error_norm_names() { return kErrorNormNames; }
std::span<const Name> error_part_names() { return kErrorPartNames; }
std::span<const Name> luminosity_names() { return own_luminosities().names(); }
std::span<const Name> initialization_names() { return kInitializations; }
std::span<const Name> precision_names() { return kPrecisions; }
std::span<const Name> update_names() { return kUpdates; }

std::span<const Name> parameter_names(Name circuit) {
  if (circuit == "e") return kParametersOfE;
  if (circuit == "ei" || circuit == "inorm-sub") return kParametersOfEI;
  if (circuit == "inorm") return kParametersOfINorm;
  throw Bug(fmt::format("no parameters are known of the circuit '{}'", circuit));
}

CircuitPtr make_circuit(Name name, const LayerSize& size, double lambda, bool error_divide) {
  return factory(kCircuits, name)(size, static_cast<Real>(lambda), error_divide);
}

ActivityNormPtr make_activity_norm(Name name, Index n, Index capacity) {
  if (const auto own = own_activity_norms().find(name)) return own(n, capacity);
  return factory(kActivityNorms, name)(n, capacity);
}

ErrorNormPtr make_error_norm(Name name, Name part, const ErrorNormPlace& place) {
  const auto own = own_error_norms().find(name);
  return factory(kErrorParts, part)(own ? own(place) : factory(kErrorNorms, name)(place), place.capacity);
}

LuminosityPtr make_luminosity(Name name, double epsilon, double shift) {
  if (const auto own = own_luminosities().find(name)) return own(epsilon);
  return factory(kLuminosities, name)(epsilon, shift);
}

void add_activity_norm(Name name, std::function<ActivityNormPtr(Index, Index)> make) {
  own_activity_norms().add(name, std::move(make));
}
void add_error_norm(Name name, std::function<ErrorNormPtr(Place)> make) {
  own_error_norms().add(name, std::move(make));
}
void add_luminosity(Name name, std::function<LuminosityPtr(double)> make) {
  own_luminosities().add(name, std::move(make));
}

}  // namespace chandelier
