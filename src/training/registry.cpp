#include "training/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "circuits/excitatory.hpp"
#include "circuits/excitatory_inhibitory.hpp"
#include "circuits/inorm.hpp"
#include "circuits/inorm_subtractive.hpp"
#include "luminosity/contrast.hpp"
#include "luminosity/drift.hpp"
#include "luminosity/fixed_shift.hpp"
#include "luminosity/gain.hpp"
#include "luminosity/lognormal_gain.hpp"
#include "luminosity/shading.hpp"
#include "luminosity/uniform_shift.hpp"
#include "normalization/activity_layer.hpp"
#include "normalization/activity_mean.hpp"
#include "normalization/activity_none.hpp"
#include "normalization/activity_variance.hpp"
#include "normalization/error_center.hpp"
#include "normalization/error_decorrelate.hpp"
#include "normalization/error_dendritic.hpp"
#include "normalization/error_full.hpp"
#include "normalization/error_jacobian.hpp"
#include "normalization/error_lateral.hpp"
#include "normalization/error_none.hpp"
#include "normalization/error_own.hpp"
#include "normalization/error_pairs.hpp"
#include "normalization/error_part.hpp"
#include "normalization/error_scale.hpp"
#include "training/measure_table.hpp"
#include "training/own_rules.hpp"

namespace chandelier {
namespace {

using Name = std::string_view;

/// A name with its value or its factory.
template <class Made>
struct Entry {
  Name name;
  Made make;
};

using CircuitPtr = std::unique_ptr<Circuit>;
using ActivityNormPtr = std::unique_ptr<ActivityNormalization>;
using ErrorNormPtr = std::unique_ptr<ErrorNormalization>;
using LuminosityPtr = std::unique_ptr<Luminosity>;

constexpr std::array kActsOn{Entry<ErrorActsOn>{"both", ErrorActsOn::both},
                             Entry<ErrorActsOn>{"weights", ErrorActsOn::weights},
                             Entry<ErrorActsOn>{"below", ErrorActsOn::below}};
constexpr std::array kDivides{Entry<ErrorDivide>{"sample", ErrorDivide::sample},
                              Entry<ErrorDivide>{"mean", ErrorDivide::mean},
                              Entry<ErrorDivide>{"off", ErrorDivide::off}};
constexpr std::array kRoutes{Entry<ErrorRoute>{"excitatory", ErrorRoute::excitatory},
                             Entry<ErrorRoute>{"subtractive", ErrorRoute::subtractive},
                             Entry<ErrorRoute>{"all", ErrorRoute::all}};

template <class Entries>
const auto& entry_of(const Entries& entries, Name name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  if (found == entries.end()) throw Bug(fmt::format("'{}' is not in the registry", name));
  return *found;
}

struct CircuitEntry {
  Name name;
  CircuitTraits traits;
  CircuitPtr (*make)(const Settings&, const LayerSize&);
};
constexpr std::array kCircuits{
    CircuitEntry{
        "e", Excitatory::kTraits,
        [](const Settings&, const LayerSize& size) -> CircuitPtr { return std::make_unique<Excitatory>(size); }},
    CircuitEntry{"ei", ExcitatoryInhibitory::kTraits,
                 [](const Settings&, const LayerSize& size) -> CircuitPtr {
                   return std::make_unique<ExcitatoryInhibitory>(size);
                 }},
    CircuitEntry{"inorm", INorm::kTraits,
                 [](const Settings& settings, const LayerSize& size) -> CircuitPtr {
                   return std::make_unique<INorm>(size, static_cast<Real>(settings.lambda),
                                                  entry_of(kDivides, settings.error_divide).make,
                                                  entry_of(kRoutes, settings.error_route).make);
                 }},
    CircuitEntry{"inorm-sub", INormSubtractive::kTraits,
                 [](const Settings& settings, const LayerSize& size) -> CircuitPtr {
                   return std::make_unique<INormSubtractive>(size, static_cast<Real>(settings.lambda),
                                                             entry_of(kRoutes, settings.error_route).make);
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
using MakeErrorNorm = ErrorNormPtr (*)(const Settings&, Place);
constexpr std::array kErrorNorms{
    Entry<MakeErrorNorm>{"none", [](const Settings&, Place) { return error_none(); }},
    Entry<MakeErrorNorm>{"own", [](const Settings&, Place p) { return error_own(*p.activity_norm); }},
    Entry<MakeErrorNorm>{"center", [](const Settings&, Place p) { return error_center(p.capacity); }},
    Entry<MakeErrorNorm>{"scale", [](const Settings&, Place p) { return error_scale(p.capacity); }},
    Entry<MakeErrorNorm>{"decorrelate", [](const Settings&, Place p) { return error_decorrelate(p.capacity); }},
    Entry<MakeErrorNorm>{"full", [](const Settings&, Place p) { return error_full(p.capacity); }},
    Entry<MakeErrorNorm>{"jacobian", [](const Settings&, Place p) { return error_jacobian(p.n, p.capacity); }},
    Entry<MakeErrorNorm>{"lateral", [](const Settings& settings,
                                       Place p) { return error_lateral(p.n, p.capacity, settings.seed, p.layer); }},
    Entry<MakeErrorNorm>{"center-scale", [](const Settings&, Place p) { return error_center_scale(p.capacity); }},
    Entry<MakeErrorNorm>{"decorrelate-scale",
                         [](const Settings&, Place p) { return error_decorrelate_scale(p.capacity); }},
    Entry<MakeErrorNorm>{"center-decorrelate",
                         [](const Settings&, Place p) { return error_center_decorrelate(p.capacity); }},
    Entry<MakeErrorNorm>{"dendritic",
                         [](const Settings& s, Place p) {
                           return error_dendritic(p.n, s.error_interneurons, p.capacity, s.seed, p.layer);
                         }},
    Entry<MakeErrorNorm>{"dendritic-burst",
                         [](const Settings& s, Place p) {
                           return error_dendritic_burst(p.n, s.error_interneurons, p.capacity, s.seed, p.layer);
                         }},
};

using Draw = const FeedbackDraw&;
using MakeFeedback = std::unique_ptr<Feedback> (*)(const FeedbackPlace&, Draw of_receiver, Draw of_above);
constexpr std::array kFeedbacks{
    Entry<MakeFeedback>{"symmetric", [](const FeedbackPlace&, Draw, Draw) { return symmetric_feedback(); }},
    Entry<MakeFeedback>{"fixed",
                        [](const FeedbackPlace& p, Draw, Draw of_above) { return fixed_feedback(p.above, of_above); }},
    Entry<MakeFeedback>{"kolen-pollack", [](const FeedbackPlace& p, Draw,
                                            Draw of_above) { return kolen_pollack_feedback(p.above, of_above); }},
    Entry<MakeFeedback>{"direct", [](const FeedbackPlace& p, Draw of_receiver,
                                     Draw) { return direct_feedback(p.readout, p.n, of_receiver); }},
};

using MakeErrorPart = ErrorNormPtr (*)(ErrorNormPtr, Index capacity);
constexpr std::array kErrorParts{
    Entry<MakeErrorPart>{"whole", [](ErrorNormPtr rule, Index) { return rule; }},
    Entry<MakeErrorPart>{"direction", error_direction},
    Entry<MakeErrorPart>{"magnitude", error_magnitude},
};

using MakeLuminosity = LuminosityPtr (*)(const Settings&);
constexpr std::array kLuminosities{
    Entry<MakeLuminosity>{"uniform", [](const Settings& settings) { return uniform_shift(settings.epsilon); }},
    Entry<MakeLuminosity>{"fixed", [](const Settings& settings) { return fixed_shift(settings.shift); }},
    Entry<MakeLuminosity>{"gain", [](const Settings& settings) { return gain(settings.epsilon); }},
    Entry<MakeLuminosity>{"contrast", [](const Settings& settings) { return contrast(settings.epsilon); }},
    Entry<MakeLuminosity>{"shading",
                          [](const Settings& settings) { return shading(settings.epsilon, settings.epsilon_shading); }},
    Entry<MakeLuminosity>{"drift", [](const Settings& settings) { return drift(settings.epsilon, settings.rho); }},
    Entry<MakeLuminosity>{"lognormal-gain", [](const Settings& settings) { return lognormal_gain(settings.epsilon); }},
};

constexpr std::array kInitializations{
    Entry<ExcitatoryDistribution>{"lognormal", ExcitatoryDistribution::lognormal},
    Entry<ExcitatoryDistribution>{"exponential", ExcitatoryDistribution::exponential}};
constexpr std::array kUpdates{Name("sgd"), Name("exponentiated")};
constexpr std::array<Name, 3> kPrecisions{"fp32", "bf16", "fp16"};

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
constexpr auto kActsOnNames = names_of(kActsOn);
constexpr auto kDivideNames = names_of(kDivides);
constexpr auto kRouteNames = names_of(kRoutes);
constexpr auto kFeedbackNames = names_of(kFeedbacks);
constexpr auto kInitializationNames = names_of(kInitializations);
constexpr auto kLuminosityNames = names_of(kLuminosities);

using MakeOwnActivityNorm = std::function<ActivityNormPtr(Index, Index)>;
using MakeOwnErrorNorm = std::function<ErrorNormPtr(const Settings&, Place)>;
using MakeOwnLuminosity = std::function<LuminosityPtr(const Settings&)>;
struct OwnCircuit {
  CircuitTraits traits;
  std::function<CircuitPtr(const Settings&, const LayerSize&, std::uint32_t layer)> make;
};

OwnRules<OwnCircuit>& own_circuits() {
  static OwnRules<OwnCircuit> rules("circuit", kCircuitNames);
  return rules;
}
OwnRules<MakeOwnActivityNorm>& own_activity_norms() {
  static OwnRules<MakeOwnActivityNorm> rules("activity_norm", kActivityNormNames);
  return rules;
}
OwnRules<MakeOwnErrorNorm>& own_error_norms() {
  static OwnRules<MakeOwnErrorNorm> rules("error_norm", kErrorNormNames);
  return rules;
}
OwnRules<MakeOwnLuminosity>& own_luminosities() {
  static OwnRules<MakeOwnLuminosity> rules("luminosity", kLuminosityNames);
  return rules;
}

}  // namespace

std::span<const Name> circuit_names() { return own_circuits().names(); }
std::span<const Name> known_circuit_names() { return kCircuitNames; }
std::span<const Name> activity_norm_names() { return own_activity_norms().names(); }
std::span<const Name> error_norm_names() { return own_error_norms().names(); }
std::span<const Name> known_error_norm_names() { return kErrorNormNames; }
std::span<const Name> error_part_names() { return kErrorPartNames; }
std::span<const Name> luminosity_names() { return own_luminosities().names(); }
std::span<const Name> error_acts_on_names() { return kActsOnNames; }
std::span<const Name> error_divide_names() { return kDivideNames; }
std::span<const Name> error_route_names() { return kRouteNames; }
std::span<const Name> feedback_names() { return kFeedbackNames; }
std::span<const Name> initialization_names() { return kInitializationNames; }
std::span<const Name> precision_names() { return kPrecisions; }
std::span<const Name> update_names() { return kUpdates; }

CircuitTraits circuit_traits(Name circuit) {
  if (const auto own = own_circuits().find(circuit)) return own->traits;
  return entry_of(kCircuits, circuit).traits;
}

CircuitPtr make_circuit(const Settings& settings, const LayerSize& size, std::uint32_t layer) {
  if (const auto own = own_circuits().find(settings.circuit)) return own->make(settings, size, layer);
  return entry_of(kCircuits, settings.circuit).make(settings, size);
}

ActivityNormPtr make_activity_norm(Name name, Index n, Index capacity) {
  if (const auto own = own_activity_norms().find(name)) return (*own)(n, capacity);
  return entry_of(kActivityNorms, name).make(n, capacity);
}

ErrorNormPtr make_error_norm(const Settings& settings, const ErrorNormPlace& place) {
  const Name name = error_norm_of(settings, place.layer);
  const auto own = own_error_norms().find(name);
  auto rule = own ? (*own)(settings, place) : entry_of(kErrorNorms, name).make(settings, place);
  return entry_of(kErrorParts, settings.error_part).make(std::move(rule), place.capacity);
}

ErrorActsOn error_acts_on(const Settings& settings) { return entry_of(kActsOn, settings.error_acts_on).make; }

std::unique_ptr<Feedback> make_feedback(const Settings& settings, const FeedbackPlace& place) {
  const FeedbackDraw of_receiver{initial_distribution(settings), settings.seed, place.layer};
  FeedbackDraw of_above = of_receiver;
  ++of_above.layer;
  return entry_of(kFeedbacks, settings.feedback).make(place, of_receiver, of_above);
}

ExcitatoryDistribution initial_distribution(const Settings& settings) {
  return entry_of(kInitializations, settings.initialization).make;
}

LuminosityPtr make_luminosity(const Settings& settings) {
  if (const auto own = own_luminosities().find(settings.luminosity)) return (*own)(settings);
  return entry_of(kLuminosities, settings.luminosity).make(settings);
}

void add_circuit(Name name, const CircuitTraits& traits,
                 std::function<CircuitPtr(const Settings&, const LayerSize&, std::uint32_t)> make) {
  own_circuits().add(name, {traits, std::move(make)});
}
void add_activity_norm(Name name, MakeOwnActivityNorm make) { own_activity_norms().add(name, std::move(make)); }
void add_error_norm(Name name, MakeOwnErrorNorm make) { own_error_norms().add(name, std::move(make)); }
void add_luminosity(Name name, MakeOwnLuminosity make) { own_luminosities().add(name, std::move(make)); }

std::vector<RuleName> own_rules() {
  std::vector<RuleName> all;
  const auto list = [&](const char* kind, const auto& rules) {
    for (const std::string& name : rules.own_names()) all.push_back({kind, name});
  };
  for (const std::string& name : own_circuits().own_names())
    all.push_back({"circuit", name, own_circuits().find(name)->traits.has_inhibition});
  list("activity_norm", own_activity_norms());
  list("error_norm", own_error_norms());
  list("luminosity", own_luminosities());
  for (const std::string& name : own_measure_names()) all.push_back({"measure", name});
  return all;
}

void know_rule(const RuleName& rule, const std::string& where) {
  const auto refuse = [sentence = fmt::format("{} '{}' {}", rule.kind, rule.name, where)]() {
    throw RuleElsewhere(sentence);
  };
  if (rule.kind == "circuit")
    own_circuits().add_name(rule.name, {{.has_inhibition = rule.inhibition},
                                        [refuse](const Settings&, const LayerSize&, std::uint32_t) -> CircuitPtr {
                                          refuse();
                                          return nullptr;
                                        }});
  else if (rule.kind == "activity_norm")
    own_activity_norms().add_name(rule.name, [refuse](Index, Index) -> ActivityNormPtr {
      refuse();
      return nullptr;
    });
  else if (rule.kind == "error_norm")
    own_error_norms().add_name(rule.name, [refuse](const Settings&, Place) -> ErrorNormPtr {
      refuse();
      return nullptr;
    });
  else if (rule.kind == "luminosity")
    own_luminosities().add_name(rule.name, [refuse](const Settings&) -> LuminosityPtr {
      refuse();
      return nullptr;
    });
  else if (rule.kind == "measure")
    know_measure(rule.name, refuse);
  else
    throw SettingError(
        fmt::format("'{}' is not a kind of rule; choose circuit, activity_norm, error_norm, "
                    "luminosity or measure",
                    rule.kind));
}

bool names_own_rule(const Settings& settings) {
  for (std::size_t layer = 0; layer < settings.width.size(); ++layer)
    if (own_error_norms().has(error_norm_of(settings, layer))) return true;
  return own_circuits().has(settings.circuit) || own_activity_norms().has(settings.activity_norm) ||
         names_own_luminosity(settings);
}

bool names_own_luminosity(const Settings& settings) { return own_luminosities().has(settings.luminosity); }

}  // namespace chandelier
