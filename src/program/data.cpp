// chandelier data: checks the data set and draws a contact sheet of samples.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "data/dataset.hpp"
#include "luminosity/contact_sheet.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

void describe(const char* name, const ImageSet& set, int classes) {
  print("\n{} set: {} images of {} x {} pixels\n", name, set.count, set.rows, set.columns);
  std::vector<long> counts(static_cast<std::size_t>(classes));
  for (const std::uint8_t label : set.labels) ++counts[label];
  print("  images of each class:");
  for (std::size_t c = 0; c < counts.size(); ++c) print(" {}: {}{}", c, counts[c], c + 1 < counts.size() ? "," : "\n");
  print("  SHA-256 of the images  {}\n  SHA-256 of the labels  {}\n", set.images_sha256, set.labels_sha256);
}

class Data final : public Verb {
 public:
  explicit Data(CLI::App& app) : app_(app.add_subcommand("data", "Check the data and draw a contact sheet.")) {
    app_->add_option("--data", folder_,
                     "Folder of IDX files, plain or gzipped; or one\nof fashion-mnist and mnist.\n"
                     "Default: FashionMNIST, found automatically.")
        ->type_name("FOLDER");
    app_->add_option("--classes", classes_, "Number of classes. A larger label is an error.\nDefault: 10.")
        ->type_name("N");
    app_->add_option("--seed", seed_, "Seed of the jitter on the contact sheet.\nDefault: 0.")->type_name("N");
    app_->add_option("--out", out_, "The contact sheet, a PNG.\nDefault: contact_sheet.png.")->type_name("FILE.png");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const auto classes = std::get<int>(value_of("classes", classes_));
    const auto seed = std::get<std::uint64_t>(value_of("seed", seed_));
    const auto dataset = load_dataset(folder_, classes);
    print("{} in {}\n", dataset->name, dataset->folder.string());
    print("{}\n", dataset->known ? "All four files have the expected SHA-256 hashes."
                                 : "No hashes are known for this data set; its files are consistent.");
    for (const std::string& note : dataset->notes) print("{}\n", note);
    describe("training", dataset->train, classes);
    describe("test", dataset->test, classes);
    write_contact_sheet(out_, *dataset, seed);
    print(
        "\n{}: one column per class. Rows from the top: no jitter, then\n"
        "two draws each of luminosity jitter d ~ U(-epsilon, +epsilon) with epsilon 0.25,\n0.5 and 0.75.\n",
        out_);
    return 0;
  }

 private:
  /// Converts a text as the setting of this name does.
  static SettingValue value_of(const std::string& key, const std::string& text) {
    return value_from_text(*find_setting(key), text, "--" + key);
  }

  CLI::App* app_;
  std::string folder_, classes_ = "10", seed_ = "0", out_ = "contact_sheet.png";
};

}  // namespace

std::unique_ptr<Verb> data_verb(CLI::App& app) { return std::make_unique<Data>(app); }

}  // namespace chandelier
