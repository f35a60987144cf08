#include "app/embedded/reached_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <vector>

#include "app/embedded/data_folder.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

constexpr int kLinksMax = 40;  // as the kernel

// A folder on the path, or a link that was followed.
struct Step {
  fs::path path;
  struct stat info{};
};

std::unexpected<Error> refuse(const fs::path& path, std::string_view why) {
  return fail(ErrorCode::kPreconditionFailed, fmt::format("{} {}", path.string(), why));
}

// A group with this user as its only member.
bool is_private_group(gid_t group, uid_t user) {
  const auto* const entry = getgrgid(group);
  return entry != nullptr && entry->gr_mem[0] == nullptr && user_name(user) == entry->gr_name;
}

bool others_can_write(const struct stat& info) {
  const bool group = (info.st_mode & S_IWGRP) != 0 && !is_private_group(info.st_gid, info.st_uid);
  return group || (info.st_mode & S_IWOTH) != 0;
}

class Walk {
 public:
  Walk(const fs::path& path, std::optional<uid_t> heir) : given_(path), heir_(heir) {
    put_ahead(path.relative_path());
    begin();
  }

  Result<ReachedFolder> run() {
    while (!ahead_.empty()) {
      if (auto stepped = step(); !stepped) return std::unexpected(std::move(stepped.error()));
    }
    ReachedFolder reached{.path = given_, .info = here_.info};
    auto checked = check_folder();
    if (checked) checked = check_way(here_.info.st_uid);
    if (!checked) return std::unexpected(std::move(checked.error()));
    reached.descriptor = std::move(at_);
    return reached;
  }

 private:
  void begin() {
    at_ = FileDescriptor(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    here_ = {.path = "/"};
    fstat(at_.get(), &here_.info);
  }
  void put_ahead(const fs::path& path) { ahead_.insert(ahead_.begin(), path.begin(), path.end()); }

  Result<> step() {
    const std::string name = ahead_.front();
    ahead_.pop_front();
    if (name.empty() || name == ".") return {};
    const auto path = name == ".." ? here_.path.parent_path() : here_.path / name;
    way_.push_back(here_);
    FileDescriptor next(openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno == ENOENT) {
      // The folder does not exist: only trusted users may control where it is created.
      if (auto checked = check_way(geteuid()); !checked) return checked;
      const mode_t mode = ahead_.empty() ? 0700 : 0777;
      if (mkdirat(at_.get(), name.c_str(), mode) != 0 && errno != EEXIST) {
        return path_error(path, errno);
      }
      next = FileDescriptor(openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    }
    struct stat info{};
    if (!next || fstat(next.get(), &info) != 0) return path_error(path, errno);
    if (S_ISLNK(info.st_mode)) return follow(next, {.path = path, .info = info}, name);
    if (!S_ISDIR(info.st_mode)) return path_error(path, ENOTDIR);
    at_ = std::move(next);
    here_ = {.path = path, .info = info};
    return {};
  }

  Result<> follow(const FileDescriptor& link, const Step& step, const std::string& name) {
    if (struct statfs system{};
        fstatfs(at_.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC) {
      // A link of the kernel (/proc): its text need not be the target.
      at_ = FileDescriptor(openat(at_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      here_ = {.path = step.path};
      if (!at_ || fstat(at_.get(), &here_.info) != 0) return path_error(step.path, errno);
      return {};
    }
    std::array<char, PATH_MAX> text{};
    const auto size = readlinkat(link.get(), "", text.data(), text.size());
    if (size < 0) return path_error(step.path, errno);
    if (++links_ > kLinksMax) return path_error(step.path, ELOOP);
    way_.push_back(step);
    const fs::path target(std::string_view(text.data(), static_cast<std::size_t>(size)));
    put_ahead(target.relative_path());
    if (target.is_absolute()) begin();
    return {};
  }

  bool is_trusted(uid_t user) const {
    return user == 0 || user == geteuid() || (heir_ && user == *heir_);
  }

  Result<> check_folder() const {
    const auto owner = here_.info.st_uid;
    const bool anybodys = geteuid() == 0 && !heir_;
    if (!is_trusted(owner) && !anybodys) {
      return refuse(here_.path,
                    fmt::format("belongs to the user {}. Start Souk as that user, or choose "
                                "another folder with --data DIR",
                                user_name(owner)));
    }
    if ((here_.info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    return refuse(here_.path,
                  fmt::format("can be written by other users. Forbid it (chmod go-w {}), or choose "
                              "another folder with --data DIR",
                              here_.path.string()));
  }

  Result<> check_way(uid_t owner_of_folder) const {
    for (const auto& [path, info] : way_) {
      const auto owner = info.st_uid;
      if (S_ISLNK(info.st_mode)) {
        if (owner == 0 || owner == geteuid() || owner == owner_of_folder) continue;
        return refuse(path,
                      fmt::format("is a link of the user {}, who could lead it elsewhere. Name the "
                                  "folder itself with --data DIR",
                                  user_name(owner)));
      }
      if (!is_trusted(owner) && owner != owner_of_folder) {
        return refuse(path,
                      fmt::format("is above the data folder and belongs to the user {}, who could "
                                  "put another one in its place. Start Souk as that user, or "
                                  "choose another folder with --data DIR",
                                  user_name(owner)));
      }
      if ((info.st_mode & S_ISVTX) != 0 || !others_can_write(info)) continue;
      return refuse(path,
                    fmt::format("is above the data folder and can be written by other users, who "
                                "could put another one in its place. Forbid it (chmod go-w {}), or "
                                "choose another folder with --data DIR",
                                path.string()));
    }
    return {};
  }

  fs::path given_;
  std::optional<uid_t> heir_;
  std::deque<std::string> ahead_;
  std::vector<Step> way_;
  FileDescriptor at_;
  Step here_;
  int links_ = 0;
};

}  // namespace

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

Result<ReachedFolder> reach_folder(const fs::path& path, std::optional<uid_t> heir) {
  return Walk(path, heir).run();
}

}  // namespace souk::app
