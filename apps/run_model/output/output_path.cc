// Names of outputs, parts and journals.
#include "apps/run_model/output/output_path.h"

#include <sys/stat.h>

#include <filesystem>

#include "runtime/core/text.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

constexpr char kFolderJournal[] = "run_model.journal";
constexpr int kMostLinks = 40;  // as Linux

// The links that link_journal() is to make.
std::vector<std::string> links_for(const std::string& journal,
                                   const std::vector<std::string>& targets) {
  std::vector<std::string> links;
  for (const std::string& target : targets) {
    const std::vector<std::string> places = journal_paths_of(target);
    if (journal != places[0] && journal != places[1]) links.push_back(places[1]);
  }
  return links;
}

}  // namespace

bool is_special_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

std::string real_path(const std::string& path) {
  std::error_code error;
  // "out/" and "out/." are "out"; "." is the folder that it stands for.
  fs::path file = fs::path(path).lexically_normal();
  if (!file.has_filename()) file = file.parent_path();
  if (file == "." || file == "..") file = fs::weakly_canonical(file, error);
  for (int links = 0; links < kMostLinks && fs::is_symlink(file, error); ++links) {
    const fs::path target = fs::read_symlink(file, error);
    if (error) break;
    file = file.parent_path() / target;  // an absolute target stands alone
  }
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  // Not an absolute path while the folder is missing.
  const fs::path real = fs::absolute(fs::weakly_canonical(folder, error), error);
  return (error ? file : real.lexically_normal() / file.filename()).string();
}

std::string part_path(const std::string& target) { return target + ".part"; }

std::string journal_path(const Options& options) {
  for (const std::string& file : {options.output, options.output_npz})
    if (is_special_file(file)) return {};
  if (!options.output_dir.empty()) return (fs::path(options.output_dir) / kFolderJournal).string();
  const std::string& file = options.output_npz.empty() ? options.output : options.output_npz;
  std::error_code error;
  return (fs::is_symlink(file, error) ? real_path(file) : file) + ".journal";
}

std::vector<std::string> journal_paths_of(const std::string& target) {
  return {(fs::path(target).parent_path() / kFolderJournal).string(), target + ".journal"};
}

std::string name_in_journal(const std::string& target, const std::string& journal) {
  const fs::path file(target);
  const bool beside = file.parent_path() == fs::path(real_path(journal)).parent_path();
  return printable((beside ? file.filename() : file).string());
}

void link_journal(const std::string& journal, const std::vector<std::string>& targets) {
  const std::string real = real_path(journal);
  for (const std::string& link : links_for(real, targets)) {
    std::error_code error;
    if (fs::is_symlink(link, error)) fs::remove(link, error);  // of a journal that is gone
    fs::create_symlink(real, link, error);
  }
}

void unlink_journal(const std::string& journal, const std::vector<std::string>& targets) {
  const std::string real = real_path(journal);
  for (const std::string& link : links_for(real, targets)) {
    std::error_code error;
    if (fs::is_symlink(link, error) && fs::read_symlink(link, error) == real)
      fs::remove(link, error);
  }
}

}  // namespace octet::app
