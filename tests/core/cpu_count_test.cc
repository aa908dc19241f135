// Quotas of cgroups v1 and v2, read from folders laid out like a system's, and from a real group.
#include "runtime/core/cpu_count.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace octet {
namespace {

namespace fs = std::filesystem;

// A folder with the files that the kernel would show.
class CpuQuota : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "octet_cpu_count_" + std::to_string(::getpid());
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  void set_v1(const std::string& group, const std::string& quota, const std::string& period) {
    write("/sys/fs/cgroup/cpu" + group + "/cpu.cfs_quota_us", quota + "\n");
    write("/sys/fs/cgroup/cpu" + group + "/cpu.cfs_period_us", period + "\n");
  }

  std::string root_;
};

TEST_F(CpuQuota, NothingToReadLimitsNothing) {
  EXPECT_FALSE(cgroup_cpu_quota(root_));
  write("/proc/self/cgroup", "0::/a\n");
  EXPECT_FALSE(cgroup_cpu_quota(root_));
  write("/proc/self/cgroup", "no cgroup line\n\n:\n");
  EXPECT_FALSE(cgroup_cpu_quota(root_));
}

TEST_F(CpuQuota, V2ReadsQuotaAndPeriod) {
  write("/proc/self/cgroup", "0::/job\n");
  write("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 1.5);
  write("/sys/fs/cgroup/job/cpu.max", "25000 50000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 0.5);
}

TEST_F(CpuQuota, V2MaxAndDamagedFilesLimitNothing) {
  write("/proc/self/cgroup", "0::/job\n");
  for (const char* text : {"max 100000\n", "", "100000\n", "100000 0\n", "-1 100000\n"}) {
    write("/sys/fs/cgroup/job/cpu.max", text);
    EXPECT_FALSE(cgroup_cpu_quota(root_)) << text;
  }
}

TEST_F(CpuQuota, AParentsTighterQuotaBinds) {
  write("/proc/self/cgroup", "0::/pod/container/worker\n");
  write("/sys/fs/cgroup/pod/cpu.max", "200000 100000\n");
  write("/sys/fs/cgroup/pod/container/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/pod/container/worker/cpu.max", "400000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 2.0);
}

// A container sees its own group as the root, but for what /proc tells of the host's path.
TEST_F(CpuQuota, TheRootOfTheMountBinds) {
  write("/proc/self/cgroup", "0::/docker/0123\n");
  write("/sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 1.0);
}

TEST_F(CpuQuota, V1ReadsTheCpuControllerAmongOthers) {
  write("/proc/self/cgroup", "11:cpuset:/other\n4:cpu,cpuacct:/job\n1:name=systemd:/x\n0::/\n");
  set_v1("/job", "150000", "100000");
  set_v1("/other", "10000", "100000");
  EXPECT_EQ(cgroup_cpu_quota(root_), 1.5);
}

TEST_F(CpuQuota, V1MinusOneLimitsNothingButAParentMay) {
  write("/proc/self/cgroup", "4:cpu:/pod/job\n");
  set_v1("/pod/job", "-1", "100000");
  EXPECT_FALSE(cgroup_cpu_quota(root_));
  set_v1("/pod", "50000", "100000");
  EXPECT_EQ(cgroup_cpu_quota(root_), 0.5);
}

TEST_F(CpuQuota, TheTighterOfBothVersionsBinds) {
  write("/proc/self/cgroup", "4:cpu:/job\n0::/job\n");
  set_v1("/job", "300000", "100000");
  write("/sys/fs/cgroup/job/cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 2.0);
}

// A v1 or v2 group of the system that runs the test; removed with the object.
class RealGroup {
 public:
  RealGroup() {
    const std::string name = "octet_cpu_count_" + std::to_string(::getpid());
    v1_ = fs::exists("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    folder_ = (v1_ ? "/sys/fs/cgroup/cpu/" : "/sys/fs/cgroup/") + name;
    std::error_code error;
    made_ = fs::create_directory(folder_, error);
  }
  ~RealGroup() {
    if (made_) ::rmdir(folder_.c_str());
  }
  RealGroup(const RealGroup&) = delete;
  RealGroup& operator=(const RealGroup&) = delete;

  bool set_quota(int microseconds) const {
    if (!made_) return false;
    const std::string file = folder_ + (v1_ ? "/cpu.cfs_quota_us" : "/cpu.max");
    return write(file, std::to_string(microseconds) + (v1_ ? "" : " 100000"));
  }
  bool add_this_process() const { return write(folder_ + "/cgroup.procs", "0"); }

 private:
  static bool write(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
  }
  std::string folder_;
  bool v1_ = false, made_ = false;
};

// What a child inside the group counts; -1 where it can't be put there.
int count_inside(const RealGroup& group) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(group.add_this_process() ? available_cpu_count() : 255);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

TEST(CpuCount, ARealGroupsQuotaIsRoundedDownToAtLeastOne) {
  const int unlimited = available_cpu_count();
  ASSERT_GE(unlimited, 1);
  for (const int microseconds : {50'000, 100'000, 150'000, 200'000}) {
    const RealGroup group;
    if (!group.set_quota(microseconds)) GTEST_SKIP() << "cgroups can't be made here";
    const int counted = count_inside(group);
    if (counted < 0) GTEST_SKIP() << "processes can't be moved to another cgroup here";
    EXPECT_EQ(counted, std::min(unlimited, std::max(1, microseconds / 100'000)));
  }
}

}  // namespace
}  // namespace octet
