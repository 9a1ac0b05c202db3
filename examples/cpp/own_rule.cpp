// An error normalization of one's own, compared with two of Chandelier's: own_rule [DATA_FOLDER [EPOCHS]]
//
// The rule limits the error signal of each sample to a length of `limit`:
//
//   N(g) = g min(1, limit / |g|)
//
// Does the size of errors matter, or their direction? The program trains three networks on FashionMNIST (or on the IDX
// files in DATA_FOLDER) and prints their test accuracies.

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "data/dataset.hpp"
#include "normalization/error_normalization.hpp"
#include "training/registry.hpp"
#include "training/run_training.hpp"
#include "training/setting_list.hpp"

namespace {

using namespace chandelier;

class LimitedLength final : public ErrorNormalization {
 public:
  explicit LimitedLength(Real limit) : limit_(limit) {}

  // g and the result are [n x B]: a column for each sample of the batch.
  void apply(ConstMatrixView /*z*/, ConstMatrixView g, MatrixView normalized) const override {
    for (Index b = 0; b < g.cols(); ++b) normalized.col(b) = g.col(b) * std::min(Real(1), limit_ / g.col(b).norm());
  }

 private:
  Real limit_;
};

double test_accuracy(const std::string& error_norm, const std::string& data, const std::string& epochs) {
  GivenSettings given;
  given.give("circuit", "inorm", "own_rule");
  given.give("error_norm", error_norm, "own_rule");
  given.give("data", data, "own_rule");
  given.give("epochs", epochs, "own_rule");
  const Settings settings = resolve(given, {});

  std::string folder = (std::filesystem::temp_directory_path() / "own_rule-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder in the temporary folder");
  const StopRequest never_stop{0};
  RunObserver silent;
  const auto dataset = load_dataset(settings.data, settings.classes);
  const double accuracy =
      run_training(settings, dataset, folder + "/run", false, never_stop, silent).test_accuracy.value();
  std::filesystem::remove_all(folder);
  return accuracy;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    add_error_norm("limited", [](const Settings&, const ErrorNormPlace&) -> std::unique_ptr<ErrorNormalization> {
      return std::make_unique<LimitedLength>(Real(5e-3));
    });
    const std::string data = argc > 1 ? argv[1] : "", epochs = argc > 2 ? argv[2] : "1";
    for (const char* const rule : {"none", "limited", "full"})
      std::printf("%-8s %.2f %%\n", rule, 100 * test_accuracy(rule, data, epochs));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "own_rule: %s\n", problem.what());
    return EXIT_FAILURE;
  }
}
