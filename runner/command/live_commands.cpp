#include <CLI/CLI.hpp>

#include "runner/command/commands.h"

#ifdef ORRERY_CONTAINERD
#include "models/api/name_rules.h"
#include "models/api/taint_text.h"
#include "models/base/quantity.h"
#include "models/profile/profile.h"
#include "real-backend/control/control_plane.h"
#include "real-backend/node/node_agent.h"
#endif

namespace orrery::command {

#ifdef ORRERY_CONTAINERD

namespace {

void add_tls_options(CLI::App& command, control::TlsFiles& files) {
  command.add_option("--ca", files.ca, "PEM file of the CA both sides trust")->required();
  command.add_option("--certificate", files.certificate, "PEM file of this process's certificate")
      ->required();
  command.add_option("--key", files.key, "PEM file of its key")->required();
}

CLI::Validator quantity(std::optional<std::int64_t> (*parse)(std::string_view), const char* what) {
  return {[parse, what](std::string& text) {
            return parse(text) ? std::string{} : std::string{"expected "} + what;
          },
          what};
}

CLI::Validator label() {
  return {[](std::string& text) {
            const std::size_t equals = text.find('=');
            const bool fits = equals != std::string::npos &&
                              api::is_label_key(std::string_view{text}.substr(0, equals)) &&
                              api::is_label_value(std::string_view{text}.substr(equals + 1));
            return fits ? std::string{} : std::string{"expected KEY=VALUE, a label"};
          },
          "KEY=VALUE"};
}

CLI::Validator taint() {
  return {[](std::string& text) {
            return api::parse_taint(text) ? std::string{}
                                          : std::string{"expected "} + api::kTaintForm;
          },
          "KEY[=VALUE]:EFFECT"};
}

}  // namespace

void add_live_commands(CLI::App& app, int& status) {
  static control::ControlPlaneOptions plane;
  CLI::App* control = app.add_subcommand("control", "The control plane of a live run");
  control->add_option("--state", plane.state_directory, "Folder of the store")
      ->required()
      ->check(CLI::ExistingDirectory);
  control->add_option("--listen", plane.listen_address, "ADDRESS:PORT")->required();
  control->add_option("--records", plane.record_directory, "Folder of the records")
      ->required()
      ->check(CLI::ExistingDirectory);
  control->add_option("--seed", plane.seed, "Seed of a new run");
  control->add_option("--profile", plane.profile, "Values of a Kubernetes version")
      ->capture_default_str();
  add_tls_options(*control, plane.tls);
  control->callback([&status] { status = control::run_control_plane(plane); });

  static node::NodeAgentOptions agent;
  static std::string cpu = "2";
  static std::string memory = "2Gi";
  static std::vector<std::string> labels;
  static std::vector<std::string> taints;
  CLI::App* node = app.add_subcommand("node", "The agent of one live host");
  node->add_option("--name", agent.node_name, "Node name, as in the certificate")->required();
  node->add_option("--address", agent.node_address, "Address of the host")->required();
  node->add_option("--cpu", cpu, "What the node offers")
      ->check(quantity(&parse_milli, "a quantity such as 2 or 500m"));
  node->add_option("--memory", memory, "What the node offers")
      ->check(quantity(&parse_amount, "a quantity such as 2Gi"));
  node->add_option("--pods", agent.resources.pods, "Pods the node takes")->capture_default_str();
  node->add_option("--node-label", labels, "A label of the node; may be given again")
      ->check(label());
  node->add_option("--register-with-taint", taints, "A taint of a new node; may be given again")
      ->check(taint());
  node->add_option("--control-plane", agent.control_plane_address, "ADDRESS:PORT")->required();
  node->add_option("--containerd", agent.containerd_socket, "containerd's unix socket")->required();
  node->add_option("--cgroup-parent", agent.cgroup_parent, "cgroup all pods of the node share");
  node->add_option("--pod-logs", agent.pod_log_directory, "Folder of the pods' logs");
  node->add_option("--volumes", agent.volume_directory, "Folder of the pods' volumes");
  node->add_option("--tables", agent.data_plane_socket, "Unix socket for endpoint tables")
      ->required();
  node->add_flag("--metrics", agent.reports_metrics, "Measure the pods, for autoscalers");
  node->add_option("--records", agent.record_directory, "Folder of the records")
      ->required()
      ->check(CLI::ExistingDirectory);
  node->add_option("--profile", agent.profile, "Values of a Kubernetes version")
      ->capture_default_str();
  add_tls_options(*node, agent.tls);
  node->callback([&status] {
    agent.resources.cpu_milli = *parse_milli(cpu);
    agent.resources.memory_bytes = *parse_amount(memory);
    for (const std::string& text : labels) {
      const std::size_t equals = text.find('=');
      agent.labels[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const std::string& text : taints) agent.taints.push_back(*api::parse_taint(text));
    status = node::run_node_agent(agent);
  });
}

#else

void add_live_commands(CLI::App& /*app*/, int& /*status*/) {}

#endif

}  // namespace orrery::command
