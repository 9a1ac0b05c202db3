#include "data/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "data/idx.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Arrays with one entry per file have this order.
enum File : std::size_t { train_images, train_labels, test_images, test_labels, file_count };
constexpr std::array<std::string_view, file_count> kFileNames = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                                 "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

using Paths = std::array<fs::path, file_count>;

struct KnownSet {
  std::string_view name;
  std::string_view word;                            ///< for --data; also the name of its folder in the usual places
  std::string_view how_to_get;                      ///< advice for error messages
  std::array<std::string_view, file_count> sha256;  ///< of the decompressed files
};
constexpr KnownSet kKnownSets[] = {
    {"FashionMNIST",
     "fashion-mnist",
     "run `make setup`, install the Debian package dataset-fashion-mnist, or name a folder of IDX files with --data",
     {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
      "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
      "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}},
    {"MNIST",
     "mnist",
     "run `make mnist`, or name a folder of its IDX files with --data",
     {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}},
};

std::string from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

/// Where a set is looked for: Debian's package, a manual installation, the user's folders, torchvision's folder.
std::vector<fs::path> usual_places(const KnownSet& set) {
  std::vector<fs::path> places;
  for (const char* shared : {"/usr/share/datasets", "/usr/local/share/datasets"})
    places.push_back(fs::path(shared) / set.word);
  const std::string home = from_environment("HOME");
  if (!home.empty()) places.push_back(fs::path(home) / ".local/share/datasets" / set.word);
  places.push_back(fs::path("data") / set.word);
  places.push_back(fs::path("data") / set.name / "raw");
  return places;
}

/// The known set with this word; null if a folder of that name exists or the word is unknown.
const KnownSet* known_by_word(const std::string& word) {
  const auto* const known = std::ranges::find(kKnownSets, word, &KnownSet::word);
  std::error_code ignored;
  return known == std::end(kKnownSets) || fs::exists(word, ignored) ? nullptr : known;
}

/// All files with one of the names of `name`: train-images-idx3-ubyte or train-images.idx3-ubyte, plain or gzipped.
std::vector<fs::path> find_all(const fs::path& folder, std::string_view name) {
  std::vector<fs::path> found;
  std::string with_dot(name);
  with_dot[name.find("-idx")] = '.';
  for (const std::string& stem : {std::string(name), with_dot}) {
    for (const char* ending : {"", ".gz"}) {
      const fs::path path = folder / (stem + ending);
      std::error_code error;
      if (fs::exists(path, error)) found.push_back(path);
    }
  }
  return found;
}

/// The file to use if there are several.
std::optional<fs::path> find_file(const fs::path& folder, std::string_view name) {
  const std::vector<fs::path> found = find_all(folder, name);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

/// The four files of a folder; nothing unless all exist.
std::optional<Paths> find_files(const fs::path& folder) {
  Paths paths;
  for (std::size_t file = 0; file < file_count; ++file) {
    const std::optional<fs::path> path = find_file(folder, kFileNames[file]);
    if (!path) return std::nullopt;
    paths[file] = *path;
  }
  return paths;
}

/// The four files of a folder that the user named.
Paths require_files(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw DataError(fmt::format("the data folder {} does not exist: {}", folder.string(), kKnownSets[0].how_to_get));
  }
  for (const std::string_view name : kFileNames) {
    if (!find_file(folder, name)) {
      throw DataError(fmt::format("the data folder {} has no file {} (or {}.gz)", folder.string(), name, name));
    }
  }
  return *find_files(folder);
}

ImageSet read_set(const fs::path& images_path, const fs::path& labels_path, int classes) {
  IdxImages images = read_idx_images(images_path);
  IdxLabels labels = read_idx_labels(labels_path);
  if (static_cast<std::size_t>(images.count) != labels.labels.size()) {
    throw DataError(fmt::format("{} contains {} images, but {} contains {} labels", images_path.string(), images.count,
                                labels_path.string(), labels.labels.size()));
  }
  const auto too_large =
      std::find_if(labels.labels.begin(), labels.labels.end(), [&](std::uint8_t label) { return label >= classes; });
  if (too_large != labels.labels.end()) {
    throw DataError(fmt::format("{} has label {} at position {}, expected 0 to {} for {} classes (see --classes)",
                                labels_path.string(), *too_large, too_large - labels.labels.begin(), classes - 1,
                                classes));
  }
  ImageSet set{.count = images.count,
               .rows = images.rows,
               .columns = images.columns,
               .pixels = {},
               .labels = {},
               .images_sha256 = {},
               .labels_sha256 = {}};
  set.pixels = std::move(images.pixels);
  set.labels = std::move(labels.labels);
  set.images_sha256 = std::move(images.sha256);
  set.labels_sha256 = std::move(labels.sha256);
  return set;
}

/// The known set whose file has this hash; null if there is none.
const KnownSet* known_by(const std::string& sha256, File file) {
  const auto* known = std::find_if(std::begin(kKnownSets), std::end(kKnownSets),
                                   [&](const KnownSet& set) { return set.sha256[file] == sha256; });
  return known == std::end(kKnownSets) ? nullptr : known;
}

/// The known set that all four files belong to; null if there is none. New images with known labels, or known images
/// with new labels, are accepted as a new set (for example, blurred images).
/// @throws DataError if training and test files, or images and labels, come from different sets
const KnownSet* identify(const Dataset& dataset, const Paths& paths) {
  const std::array<const KnownSet*, file_count> origin = {
      known_by(dataset.train.images_sha256, train_images), known_by(dataset.train.labels_sha256, train_labels),
      known_by(dataset.test.images_sha256, test_images), known_by(dataset.test.labels_sha256, test_labels)};
  const auto mixed = [&](File a, File b) {
    const auto described = [&](File file) {
      return fmt::format("{} belongs to {}", paths[file].string(),
                         origin[file] ? fmt::format("{}", origin[file]->name) : "no known data set");
    };
    throw DataError(fmt::format("{}, but {}: these files are mixed up or damaged", described(a), described(b)));
  };
  if (origin[train_images] != origin[test_images]) mixed(train_images, test_images);
  if (origin[train_labels] != origin[test_labels]) mixed(train_labels, test_labels);
  if (origin[train_images] == origin[train_labels]) return origin[train_images];
  if (origin[train_images] && origin[train_labels]) mixed(train_images, train_labels);
  return nullptr;
}

/// Whether another file with the same name and a different ending has the same contents as the one in use.
bool holds_the_same(const fs::path& path, File file, const std::string& sha256) {
  try {
    const bool is_images = file == train_images || file == test_images;
    return (is_images ? read_idx_images(path).sha256 : read_idx_labels(path).sha256) == sha256;
  } catch (const DataError&) {
    return false;
  }
}

/// Number of test images that are also training images, byte for byte.
std::size_t copied_images(const ImageSet& train, const ImageSet& test) {
  const auto image = [](const ImageSet& set, Index i) {
    const auto size = static_cast<std::size_t>(set.pixels_per_image());
    return std::string_view(reinterpret_cast<const char*>(set.pixels.data()) + static_cast<std::size_t>(i) * size,
                            size);
  };
  std::unordered_set<std::string_view> trained;
  trained.reserve(static_cast<std::size_t>(train.count));
  for (Index i = 0; i < train.count; ++i) trained.insert(image(train, i));
  std::size_t copies = 0;
  for (Index i = 0; i < test.count; ++i) copies += trained.contains(image(test, i));
  return copies;
}

/// Notes for the user on problems with these images that are easily overlooked.
std::vector<std::string> notes_on(const Dataset& dataset) {
  constexpr std::size_t kOneIn = 100;  // fewer may be chance: small images can be equal
  if (dataset.known) return {};
  const std::size_t copies = copied_images(dataset.train, dataset.test);
  if (copies == 0 || copies * kOneIn < static_cast<std::size_t>(dataset.test.count)) return {};
  return {
      fmt::format("{}: {} of {} test images are also training images, so test accuracy says little about unseen images",
                  dataset.name, copies, dataset.test.count)};
}

/// A note on each file that exists twice, plain and gzipped or under both names, with different contents.
std::vector<std::string> notes_on_choices(const fs::path& folder, const Paths& paths, const Dataset& dataset) {
  const std::array<const std::string*, file_count> sha256 = {&dataset.train.images_sha256, &dataset.train.labels_sha256,
                                                             &dataset.test.images_sha256, &dataset.test.labels_sha256};
  std::vector<std::string> notes;
  for (const File file : {train_images, train_labels, test_images, test_labels})
    for (const fs::path& other : find_all(folder, kFileNames[file]))
      if (other != paths[file] && !holds_the_same(other, file, *sha256[file]))
        notes.push_back(fmt::format("{} is used; {} in the same folder differs", paths[file].string(), other.string()));
  return notes;
}

std::shared_ptr<const Dataset> load_files(const fs::path& folder, const Paths& paths, int classes) {
  auto dataset = std::make_shared<Dataset>();
  dataset->folder = folder;
  dataset->classes = classes;
  dataset->train = read_set(paths[train_images], paths[train_labels], classes);
  dataset->test = read_set(paths[test_images], paths[test_labels], classes);
  const ImageSet &train = dataset->train, &test = dataset->test;
  if (train.rows != test.rows || train.columns != test.columns) {
    throw DataError(fmt::format("{} has images of {} x {} pixels, but {} of {} x {}", paths[train_images].string(),
                                train.rows, train.columns, paths[test_images].string(), test.rows, test.columns));
  }
  const KnownSet* known = identify(*dataset, paths);
  dataset->known = known != nullptr;
  dataset->name = known ? std::string(known->name) : as_utf8(fs::weakly_canonical(folder).filename().string());
  dataset->notes = notes_on_choices(folder, paths, *dataset);
  std::ranges::move(notes_on(*dataset), std::back_inserter(dataset->notes));
  return dataset;
}

}  // namespace

bool is_known_set(const std::string& folder) { return known_by_word(folder) != nullptr; }

std::shared_ptr<const Dataset> find_known_set(std::string_view name, std::span<const fs::path> places, int classes) {
  const KnownSet& set = *std::ranges::find(kKnownSets, name, &KnownSet::name);
  std::string searched;
  for (const fs::path& place : places) {
    if (const std::optional<Paths> paths = find_files(place)) {
      auto dataset = load_files(place, *paths, classes);
      if (dataset->name != set.name || !dataset->known) {
        throw DataError(fmt::format("the files in {} are not those of {} and may be damaged: {}", place.string(),
                                    set.name, set.how_to_get));
      }
      return dataset;
    }
    searched += (searched.empty() ? "" : ", ") + place.string();
  }
  throw DataError(fmt::format("{} was not found in {}: {}", set.name, searched, set.how_to_get));
}

std::shared_ptr<const Dataset> load_dataset(const std::string& folder, int classes) {
  const std::string named = folder.empty() ? from_environment("CHANDELIER_DATA") : folder;
  const KnownSet* const known = named.empty() ? kKnownSets : known_by_word(named);
  if (known != nullptr) return find_known_set(known->name, usual_places(*known), classes);
  return load_files(named, require_files(named), classes);
}

std::shared_ptr<const Dataset> dataset_of(const std::string& name, ImageSet train, ImageSet test, int classes) {
  for (ImageSet* set : {&train, &test}) {
    set->images_sha256 = sha256_of_images(set->count, set->rows, set->columns, set->pixels);
    set->labels_sha256 = sha256_of_labels(set->labels);
  }
  auto dataset = std::make_shared<Dataset>();
  const KnownSet* const known = known_by(train.images_sha256, train_images);
  dataset->known = known != nullptr && known == known_by(train.labels_sha256, train_labels) &&
                   known == known_by(test.images_sha256, test_images) &&
                   known == known_by(test.labels_sha256, test_labels);
  dataset->name = dataset->known ? std::string(known->name) : name;
  dataset->classes = classes;
  dataset->train = std::move(train);
  dataset->test = std::move(test);
  dataset->notes = notes_on(*dataset);
  return dataset;
}

}  // namespace chandelier
