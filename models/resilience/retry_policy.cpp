#include "models/resilience/retry_policy.h"

namespace orrery::resilience {
namespace {

bool names_grpc_code(const RetryConditions& on, GrpcCode code) {
  switch (code) {
    case GrpcCode::Cancelled:
      return on.has(RetryOn::GrpcCancelled);
    case GrpcCode::DeadlineExceeded:
      return on.has(RetryOn::GrpcDeadlineExceeded);
    case GrpcCode::Internal:
      return on.has(RetryOn::GrpcInternal);
    case GrpcCode::ResourceExhausted:
      return on.has(RetryOn::GrpcResourceExhausted);
    case GrpcCode::Unavailable:
      return on.has(RetryOn::GrpcUnavailable);
    case GrpcCode::Ok:
    case GrpcCode::Unknown:
    case GrpcCode::Aborted:
      return false;
  }
  return false;
}

bool answer_is_retriable(const RetryPolicy& policy, const TryResult& result) {
  const RetryConditions& on = policy.on;
  const std::uint16_t status = result.status;
  if (result.rate_limited) return on.has(RetryOn::EnvoyRateLimited);
  if (on.has(RetryOn::Status5xx) && status >= 500 && status < 600) return true;
  if (on.has(RetryOn::GatewayError) && status >= 502 && status <= 504) return true;
  if (on.has(RetryOn::Retriable4xx) && status == 409) return true;
  if (on.has(RetryOn::RetriableStatusCodes) && policy.retriable_codes.has(status)) return true;
  if (on.has(RetryOn::RetriableHeaders) && result.retriable_header) return true;
  return result.grpc && names_grpc_code(on, *result.grpc);
}

}  // namespace

bool is_retriable(const RetryPolicy& policy, const TryResult& result) {
  using End = TryResult::End;
  const RetryConditions& on = policy.on;
  if (result.end == End::Answer) return answer_is_retriable(policy, result);
  if (result.end == End::Overflow) return false;
  // A reset counts as the 5xx that the caller would see.
  if (on.has(RetryOn::Reset) || on.has(RetryOn::Status5xx) || on.has(RetryOn::GatewayError)) {
    return true;
  }
  if (on.has(RetryOn::ResetBeforeRequest) && !result.request_started) return true;
  if (result.end == End::ConnectFailure) return on.has(RetryOn::ConnectFailure);
  return result.end == End::RefusedStream && on.has(RetryOn::RefusedStream);
}

RetryPolicy istio_default_retry_policy(std::uint32_t minor, bool consistent_hashing) {
  RetryPolicy policy;
  policy.on = {RetryOn::ConnectFailure, RetryOn::RefusedStream, RetryOn::GrpcUnavailable,
               RetryOn::GrpcCancelled, RetryOn::RetriableStatusCodes};
  policy.retries = 2;
  if (minor < 24) policy.retriable_codes.add(503);
  policy.host_reselection_max = 5;
  policy.avoids_previous_hosts = !consistent_hashing;
  return policy;
}

RetryPolicy istio_inbound_retry_policy() {
  RetryPolicy policy;
  policy.on = {RetryOn::ResetBeforeRequest};
  policy.retries = 2;
  return policy;
}

RetryPolicy resilience4j_default_retry_policy() {
  RetryPolicy policy;
  policy.on = {RetryOn::Status5xx};
  policy.retries = 2;
  return policy;
}

RetryPolicy aws_standard_retry_policy() {
  RetryPolicy policy;
  policy.on = {RetryOn::Reset, RetryOn::RetriableStatusCodes};
  policy.retries = 2;
  policy.retriable_codes = {429, 500, 502, 503, 504};
  return policy;
}

}  // namespace orrery::resilience
