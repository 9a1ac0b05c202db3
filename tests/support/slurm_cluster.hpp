// A real Slurm cluster for a test: a controller and two nodes on this machine, with a temporary folder and free ports.
//
// It runs in its own namespaces, which need root. Their first process ends when a pipe from the test is closed. The
// kernel then ends all other processes, daemons and jobs, however the test ended.

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/command.hpp"
#include "environment_variable.hpp"

namespace chandelier {

/// Waits until a condition is true. @returns false if it is not within two minutes
template <class Question>
bool eventually(Question is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

class SlurmCluster {
 public:
  /// Why a cluster is not possible here; empty if it is.
  static std::string refusal() {
    if (!run_command({"sh", "-c", kPath + "command -v slurmctld && command -v slurmd && command -v sbatch"})
             .succeeded())
      return "slurmctld, slurmd or sbatch is not installed";
    const CommandResult spaces =
        run_command({"unshare", "--pid", "--fork", "--mount-proc", "--uts", "sh", "-c", "hostname cluster"});
    return spaces.succeeded() ? "" : "Slurm needs root and namespaces here: " + spaces.err;
  }

  /// Starts the cluster and sets SLURM_CONF, so that this process uses its commands.
  explicit SlurmCluster(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder_ / "state");
    std::filesystem::create_directories(hidden());
    write_configuration();
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::vector<std::string> words{"unshare", "--pid", "--fork",      "--mount-proc", "--uts",
                                   "bash",    "-c",    kFirstProcess, "bash",         folder_};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    const int error = posix_spawnp(&process_, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    life_ = ends[1];
    if (error != 0) throw std::runtime_error("no Slurm could be started");
  }
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;
  /// Ends all processes of the cluster.
  ~SlurmCluster() {
    close(life_);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// @returns false if the nodes do not start; `logs` then says why
  bool is_up() const {
    return eventually([] { return run_command({"sinfo", "--noheader", "--format=%D %t"}).out == "2 idle\n"; });
  }
  std::string logs() const {
    std::string text;
    for (const char* name : {"first", "controller", "n1", "n2"}) {
      std::ifstream file(folder_ / (std::string(name) + ".log"));
      for (std::string line; std::getline(file, line);) text += std::string(name) + ": " + line + "\n";
    }
    return text;
  }

  /// A folder that only the login node (the test) sees.
  std::filesystem::path hidden() const { return folder_ / "hidden"; }

  /// The state of a task such as "17_3", for example "RUNNING"; empty if Slurm does not know the task.
  static std::string state_of(const std::string& array_task) {
    const std::string out =
        run_command({"squeue", "--noheader", "--states=all", "--format=%T", "--jobs=" + array_task}).out;
    return out.substr(0, out.find('\n'));
  }
  static std::string node_of(const std::string& array_task) {
    const std::string out =
        run_command({"squeue", "--noheader", "--states=all", "--format=%N", "--jobs=" + array_task}).out;
    return out.substr(0, out.find('\n'));
  }
  /// Sends a signal to all processes of a task, bypassing Slurm.
  void signal(const std::string& array_task, int signal) const {
    for (const std::string& process : processes())
      if (is_of_task(process, array_task)) kill(std::stoi(process), signal);
  }

  /// Whether all processes of a task are stopped. Slurm continues the process of the script when it warns it.
  bool is_stopped(const std::string& array_task) const {
    for (const std::string& process : processes())
      if (is_of_task(process, array_task) && stat_of(process).at(2) != "T") return false;
    return true;
  }

  /// Kills the node and everything on it at once, and tells Slurm.
  void lose_node(const std::string& node) const {
    for (const std::string& process : processes())
      if (text_of("/proc/" + process + "/cmdline").ends_with(std::string("-N\0", 3) + node + '\0')) end(process);
    for (const std::string& process : processes()) {
      if (!has_variable(process, "SLURMD_NODENAME=" + node)) continue;
      const std::string parent = stat_of(process).at(3);
      if (text_of("/proc/" + parent + "/comm") == "slurmstepd\n") end(parent);
      end(process);
    }
    run_command({"scontrol", "update", "NodeName=" + node, "State=DOWN", "Reason=lost"});
  }

 private:
  static inline const std::string kPath = "PATH=$PATH:/usr/sbin:/sbin; ";
  static inline const std::string kFirstProcess = kPath + R"(
    cd "$1" && exec 2>first.log && hostname cluster && mount -t tmpfs none hidden || exit 1
    slurmctld -D </dev/null >controller.log 2>&1 &
    for node in n1 n2; do slurmd -D -N $node </dev/null >$node.log 2>&1 & done
    read -r _
  )";

  void write_configuration() const {
    const std::array<int, 3> ports = free_ports();
    std::ofstream file(folder_ / "slurm.conf");
    file << "ClusterName=chandelier\n"
            "SlurmctldHost=cluster(127.0.0.1)\n"
            "SlurmctldPort="
         << ports[0]
         << "\nSlurmUser=root\n"
            "SlurmdUser=root\n"
            "AuthType=auth/none\n"
            "AuthInfo=cred_expire=5\n"  // how long a requeued task waits
            "CredType=cred/none\n"
            "StateSaveLocation="
         << (folder_ / "state").string() << "\nSlurmdSpoolDir=" << (folder_ / "spool-%n").string()
         << "\nSlurmctldPidFile=" << (folder_ / "controller.pid").string()
         << "\nSlurmdPidFile=" << (folder_ / "%n.pid").string()
         << "\nProctrackType=proctrack/linuxproc\n"
            "TaskPlugin=task/none\n"
            "SelectType=select/cons_tres\n"
            "SelectTypeParameters=CR_Core\n"
            "SchedulerType=sched/builtin\n"
            "SchedulerParameters=sched_interval=1\n"
            "JobAcctGatherType=jobacct_gather/none\n"
            "MpiDefault=none\n"
            "ReturnToService=2\n"
            "MailProg=/bin/true\n"
            "SlurmdParameters=config_overrides\n"
            "NodeName=DEFAULT CPUs=2 RealMemory=100000 State=UNKNOWN\n"
            "NodeName=n1 NodeHostname=cluster NodeAddr=127.0.0.1 Port="
         << ports[1] << "\nNodeName=n2 NodeHostname=cluster NodeAddr=127.0.0.1 Port=" << ports[2]
         << "\nPartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n";
  }

  static std::array<int, 3> free_ports() {
    std::array<int, 3> sockets{}, ports{};
    for (std::size_t i = 0; i < ports.size(); ++i) {
      sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      auto* const any = reinterpret_cast<sockaddr*>(&address);
      if (bind(sockets[i], any, size) != 0 || getsockname(sockets[i], any, &size) != 0)
        throw std::runtime_error("no free port");
      ports[i] = ntohs(address.sin_port);
    }
    for (const int socket : sockets) close(socket);
    return ports;
  }

  /// All processes in its namespaces.
  std::vector<std::string> processes() const {
    const auto space = std::filesystem::read_symlink("/proc/" + std::to_string(process_) + "/ns/pid_for_children");
    std::vector<std::string> numbers;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code is_none;
      if (std::filesystem::read_symlink(entry.path() / "ns" / "pid", is_none) == space)
        numbers.push_back(entry.path().filename());
    }
    return numbers;
  }
  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// Number, name, state and parent of a process.
  static std::array<std::string, 4> stat_of(const std::string& process) {
    std::ifstream stat("/proc/" + process + "/stat");
    std::array<std::string, 4> fields;
    for (std::string& field : fields) stat >> field;
    return fields;
  }
  static bool has_variable(const std::string& process, const std::string& variable) {
    return (std::string(1, '\0') + text_of("/proc/" + process + "/environ")).find('\0' + variable + '\0') !=
           std::string::npos;
  }
  static bool is_of_task(const std::string& process, const std::string& array_task) {
    const std::size_t dash = array_task.find('_');
    return has_variable(process, "SLURM_ARRAY_JOB_ID=" + array_task.substr(0, dash)) &&
           has_variable(process, "SLURM_ARRAY_TASK_ID=" + array_task.substr(dash + 1));
  }
  static void end(const std::string& process) { kill(std::stoi(process), SIGKILL); }

  std::filesystem::path folder_;
  EnvironmentVariable configuration_{"SLURM_CONF", folder_ / "slurm.conf"};
  pid_t process_ = -1;
  int life_ = -1;  ///< the pipe
};

}  // namespace chandelier
