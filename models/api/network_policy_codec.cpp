#include <algorithm>

#include "models/api/address_block.h"
#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"

namespace orrery::api {
namespace {

constexpr const char* kBlockExpected = "a block of addresses, such as \"10.0.0.0/8\"";

IpBlock read_ip_block(ObjectReader& in) {
  IpBlock block;
  in.require("cidr", kBlockExpected);
  in.text("cidr", block.cidr);
  in.texts("except", block.except);
  in.finish({});
  if (!in.manifest() || block.cidr.empty()) return block;
  const auto all = parse_block(block.cidr);
  if (!all) in.reading().wrong(*in.field("cidr"), kBlockExpected);
  in.each("except", [&](const Cursor& at) {
    const auto part = parse_block(at.value->text);
    if (!part) {
      in.reading().wrong(at, kBlockExpected);
    } else if (all && (!all->holds(*part) || part->prefix == all->prefix)) {
      in.reading().wrong(at, "a part of " + block.cidr);
    }
  });
  return block;
}

PolicyPeer read_peer(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "NetworkPolicyPeer"};
  PolicyPeer peer;
  in.object("podSelector", "LabelSelector",
            [&](ObjectReader& fields) { read_selector(fields, peer.pod_selector.emplace()); });
  in.object("namespaceSelector", "LabelSelector", [&](ObjectReader& fields) {
    read_selector(fields, peer.namespace_selector.emplace());
  });
  in.object("ipBlock", "IPBlock",
            [&](ObjectReader& fields) { peer.ip_block = read_ip_block(fields); });
  in.finish({});
  if (!in.manifest()) return peer;
  const bool selects = peer.pod_selector || peer.namespace_selector;
  if (selects && peer.ip_block) {
    reading.problem(*in.field("ipBlock"), "no ipBlock beside a selector", "both",
                    "write two items of the list");
  } else if (!selects && !peer.ip_block) {
    reading.problem(at, "podSelector, namespaceSelector or ipBlock", "none of them",
                    "leave the whole list out to mean everybody");
  }
  return peer;
}

PolicyPort read_policy_port(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "NetworkPolicyPort"};
  PolicyPort port;
  in.text("protocol", port.protocol);
  PortReference named = 0;
  if (in.port("port", named)) port.port = named;
  std::int32_t last = 0;
  if (in.integer("endPort", last, 1, 65535)) port.end_port = last;
  in.finish({});
  if (!in.manifest()) return port;
  if (port.protocol != "TCP" && port.protocol != "UDP" && port.protocol != "SCTP") {
    reading.wrong(*in.field("protocol"), "TCP, UDP or SCTP");
  }
  if (!port.end_port) return port;
  const auto* first = port.port ? std::get_if<std::int32_t>(&*port.port) : nullptr;
  if (first == nullptr) {
    reading.problem(*in.field("endPort"), "endPort beside a port that is a number",
                    port.port ? "a port with a name" : "no port");
  } else if (*port.end_port < *first) {
    reading.wrong(*in.field("endPort"), "a number of at least that of the port");
  }
  return port;
}

/// `peers`: "from" or "to".
void read_rules(ObjectReader& in, const char* name, const char* peers,
                std::vector<PolicyRule>& rules) {
  in.list(name, rules, [&](const Cursor& at) {
    ObjectReader fields{in.reading(), at, "NetworkPolicyRule"};
    PolicyRule rule;
    fields.list(peers, rule.peers,
                [&](const Cursor& peer) { return read_peer(in.reading(), peer); });
    fields.list("ports", rule.ports,
                [&](const Cursor& port) { return read_policy_port(in.reading(), port); });
    fields.finish({});
    return rule;
  });
}

void read_policy_types(ObjectReader& in, NetworkPolicySpec& spec) {
  std::vector<std::string> types;
  in.texts("policyTypes", types);
  // Source: networking/v1 SetDefaults_NetworkPolicy.
  spec.isolates_ingress = types.empty();
  spec.isolates_egress = types.empty() && !spec.egress.empty();
  in.each("policyTypes", [&](const Cursor& at) {
    if (at.value->text == "Ingress") {
      spec.isolates_ingress = true;
    } else if (at.value->text == "Egress") {
      spec.isolates_egress = true;
    } else {
      in.reading().wrong(at, "Ingress or Egress");
    }
  });
  // With a misspelt one alone, too: no policy is about neither.
  if (!spec.isolates_egress) spec.isolates_ingress = true;
}

void write_rules(JsonWriter& out, const char* name, const char* peers,
                 const std::vector<PolicyRule>& rules) {
  write_list(out, name, rules, [&](JsonWriter& o, const PolicyRule& rule) {
    write_list(o, peers, rule.peers, [](JsonWriter& fields, const PolicyPeer& peer) {
      if (peer.pod_selector) write_selector(fields, "podSelector", *peer.pod_selector);
      if (peer.namespace_selector) {
        write_selector(fields, "namespaceSelector", *peer.namespace_selector);
      }
      if (!peer.ip_block) return;
      fields.begin_object("ipBlock");
      fields.text("cidr", peer.ip_block->cidr);
      write_texts(fields, "except", peer.ip_block->except);
      fields.end_object();
    });
    write_list(o, "ports", rule.ports, [](JsonWriter& fields, const PolicyPort& port) {
      fields.text("protocol", port.protocol, "TCP");
      if (port.port) write_port(fields, "port", *port.port);
      if (port.end_port) fields.number_in_full("endPort", *port.end_port);
    });
  });
}

}  // namespace

void read_body(ObjectReader& root, NetworkPolicy& policy) {
  root.require("spec", "a spec with a podSelector");
  root.object("spec", "NetworkPolicySpec", [&](ObjectReader& in) {
    NetworkPolicySpec& spec = policy.spec;
    in.object("podSelector", "LabelSelector",
              [&](ObjectReader& fields) { read_selector(fields, spec.pod_selector); });
    read_rules(in, "ingress", "from", spec.ingress);
    read_rules(in, "egress", "to", spec.egress);
    read_policy_types(in, spec);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const NetworkPolicy& policy) {
  const NetworkPolicySpec& spec = policy.spec;
  out.begin_object("spec");
  write_selector(out, "podSelector", spec.pod_selector);
  write_rules(out, "ingress", "from", spec.ingress);
  write_rules(out, "egress", "to", spec.egress);
  out.begin_list("policyTypes");
  if (spec.isolates_ingress) out.element("Ingress");
  if (spec.isolates_egress) out.element("Egress");
  out.end_list();
  out.end_object();
}

}  // namespace orrery::api
